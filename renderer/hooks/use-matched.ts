// Two open models matched in slices: 10,000 operators of each take longer than a page may stand still.

import { useEffect, useState } from 'react';
import { inSlices } from '../page/in-slices.ts';
import type { OpenModel } from '../state/app-state.ts';
import { isMatched, matching } from '../state/derived/versions.ts';

/** Whether it is known how they differ; false while that is being found out, or there are no two. */
export function useMatched(before: OpenModel | undefined, after: OpenModel | undefined): boolean {
  const [, setFound] = useState(0);
  const known = before !== undefined && after !== undefined && isMatched(before, after);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the graphs are what is matched
  useEffect(() => {
    if (!before || !after || known) return;
    const abort = new AbortController();
    // What is known is not read from here: this only says that there is something to be read.
    void inSlices(matching(before, after), abort.signal).then(
      () => !abort.signal.aborted && setFound(times => times + 1),
    );
    return () => abort.abort();
  }, [before?.summary.graph, after?.summary.graph, known]);
  return known;
}
