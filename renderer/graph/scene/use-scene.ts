// The laid-out scene of a model: drafted here, in tasks of their own so that no single one blocks the page for long,
// and laid out in a worker; the newest request wins. A layout that takes long can be cancelled: what was drawn before
// stays.

import { useEffect, useMemo, useState } from 'react';
import type { FusedGroup } from '../../../engine/report/types/compile.ts';
import type { GraphSummary } from '../../../engine/report/types/model.ts';
import { useActions } from '../../hooks/app-context.ts';
import { inSlices, nextTask } from '../../page/in-slices.ts';
import type { GraphLook, OpenModel, OpenScopes } from '../../state/app-state.ts';
import type { NestedInput, NestedLayout } from '../layout/nested.ts';
import { type PackedLayout, unpacked } from '../layout/packed-layout.ts';
import { draftScene, type Execution, layoutInputOf, type Scene, sceneOf } from './scene.ts';
import { openScopesOf, type ScopeTree, scopeTreeOf } from './scopes.ts';

export interface SceneState {
  /** undefined until the first layout is there; then the newest finished one */
  readonly shown:
    | { readonly scene: Scene; readonly tree: ScopeTree; readonly open: ReadonlySet<string> }
    | undefined;
  /** set while a layout is on its way */
  readonly pending?: PendingLayout;
}

export interface PendingLayout {
  readonly nodes: number;
  readonly cancel: () => void;
}

interface Drawn {
  readonly of: unknown;
  readonly scene: Scene;
  readonly tree: ScopeTree;
  readonly scopes: OpenScopes;
}

/** By the graph, then by its groups. */
const TREES = new WeakMap<GraphSummary, WeakMap<readonly FusedGroup[], ScopeTree>>();

function knownTree(graph: GraphSummary, groups: readonly FusedGroup[]): ScopeTree {
  const ofGraph = TREES.get(graph) ?? new WeakMap<readonly FusedGroup[], ScopeTree>();
  TREES.set(graph, ofGraph);
  const tree = ofGraph.get(groups) ?? scopeTreeOf(graph, groups);
  ofGraph.set(groups, tree);
  return tree;
}

export function useScene(
  { summary, index, scopes }: OpenModel,
  execution: Execution,
  { direction, wrap }: Pick<GraphLook, 'direction' | 'wrap'>,
): SceneState {
  const actions = useActions();
  const [drawn, setDrawn] = useState<Drawn>();
  const [pending, setPending] = useState<PendingLayout>();
  // Where a cancelled layout goes back to.
  const before = drawn?.of === summary ? drawn.scopes : undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was drawn before starts no layout
  useEffect(() => {
    const abort = new AbortController();
    const cancel = (): void => {
      abort.abort();
      setPending(undefined);
      actions.setScopes(before ?? { start: 'none', toggled: new Set() });
    };
    const draw = async (): Promise<void> => {
      await nextTask();
      if (abort.signal.aborted) return;
      const tree = knownTree(summary.graph, execution.groups);
      await nextTask();
      if (abort.signal.aborted) return;
      const open = openScopesOf(tree, scopes);
      const draft = await inSlices(draftScene(summary.graph, index, execution, tree, open), abort.signal);
      if (!draft) return;
      setPending({ nodes: draft.nodes.length, cancel });
      const layout = await layOut(layoutInputOf(draft, direction, wrap), abort.signal);
      const scene = await inSlices(sceneOf(draft, layout, direction), abort.signal);
      if (!scene) return;
      setPending(undefined);
      setDrawn({ of: summary, scene, tree, scopes });
    };
    void draw();
    return () => abort.abort();
  }, [summary, index, execution, scopes, direction, wrap, actions]);
  // The scene of another graph is no scene of this one.
  const current = drawn?.of === summary ? drawn : undefined;
  const shown = useMemo(
    () => current && { scene: current.scene, tree: current.tree, open: openScopesOf(current.tree, scopes) },
    [current, scopes],
  );
  return { shown, ...(pending && { pending }) };
}

/** A worker without work: starting one takes longer than most layouts. */
let idle: Worker | undefined;

const startWorker = (): Worker =>
  new Worker(new URL('../layout/layout.worker.ts', import.meta.url), { type: 'module' });

/** Has a worker ready for the first layout. */
export function prepareLayout(): void {
  idle ??= startWorker();
}

/** Lays out in a worker of its own. Aborting ends the worker; the promise stays pending then. */
export function layOut(input: NestedInput, signal?: AbortSignal): Promise<NestedLayout> {
  const { promise, resolve, reject } = Promise.withResolvers<NestedLayout>();
  const worker = idle ?? startWorker();
  idle = undefined;
  const end = (): void => worker.terminate();
  worker.onmessage = (event: MessageEvent<PackedLayout>) => {
    signal?.removeEventListener('abort', end);
    resolve(unpacked(event.data));
    if (idle) end();
    else idle = worker;
  };
  worker.onerror = event => reject(new Error(`graph layout: ${event.message}`));
  worker.postMessage(input);
  signal?.addEventListener('abort', end);
  return promise;
}
