// Elements on their way to React Flow, some per frame: a screen full of them mounted at once would block the page.
// Invariant: what has arrived stays while it is wanted, and nothing else is given.

import { useEffect, useMemo, useState } from 'react';
import { nextFrame } from '../../page/in-slices.ts';
import type { Bounds } from '../viewport/bounds.ts';
import { arrivals, type FlowElements, withOnly } from './flow-window.ts';

interface Arrived {
  /** ids of nodes */
  readonly nodes: ReadonlySet<string>;
  /** whether others on the screen follow */
  readonly more: boolean;
}

const NOTHING_YET: Arrived = { nodes: new Set(), more: false };

/** What is there of `wanted`, and whether some of the screen is not. `screen` is asked when `wanted` changes. */
export function useArriving(
  wanted: FlowElements,
  screen: () => Bounds,
): { readonly given: FlowElements; readonly arriving: boolean } {
  const [arrived, setArrived] = useState(NOTHING_YET);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the screen and what is there are those of that moment
  useEffect(() => {
    const abort = new AbortController();
    const arrive = async (): Promise<void> => {
      const coming = arrivals(arrived.nodes, wanted, screen());
      for (const [place, nodes] of coming.entries()) {
        await nextFrame();
        if (abort.signal.aborted) return;
        setArrived({ nodes, more: place + 1 < coming.length });
      }
    };
    void arrive();
    return () => abort.abort();
  }, [wanted]);
  const given = useMemo(() => withOnly(wanted, arrived.nodes), [wanted, arrived]);
  return { given, arriving: wanted.nodes.length > 0 && (given.nodes.length === 0 || arrived.more) };
}
