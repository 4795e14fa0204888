// The laid-out scene of a model: drafted here, laid out in a worker, the newest request wins. A layout that takes long
// can be cancelled: what was drawn before stays.

import { useEffect, useMemo, useState } from 'react';
import { useActions } from '../app/app-context.ts';
import type { GraphLook, OpenModel, OpenScopes } from '../state/app-state.ts';
import type { NestedInput, NestedLayout } from './nested.ts';
import { type PackedLayout, unpacked } from './packed-layout.ts';
import { draftScene, type Execution, layoutInputOf, type Scene, sceneOf } from './scene.ts';
import { openScopesOf, type ScopeTree, scopeTreeOf } from './scopes.ts';

export interface SceneState {
  /** undefined until the first layout is there; then the newest finished one */
  readonly scene: Scene | undefined;
  readonly tree: ScopeTree;
  readonly open: ReadonlySet<string>;
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
  readonly scopes: OpenScopes;
}

export function useScene(
  { summary, index, scopes }: OpenModel,
  execution: Execution,
  { direction, wrap }: Pick<GraphLook, 'direction' | 'wrap'>,
): SceneState {
  const actions = useActions();
  const [drawn, setDrawn] = useState<Drawn>();
  const [pending, setPending] = useState<PendingLayout>();
  const tree = useMemo(() => scopeTreeOf(summary.graph, execution.groups), [summary, execution.groups]);
  const open = useMemo(() => openScopesOf(tree, scopes), [tree, scopes]);
  // Where a cancelled layout goes back to.
  const before = drawn?.of === summary ? drawn.scopes : undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was drawn before starts no layout
  useEffect(() => {
    const draft = draftScene(summary.graph, index, execution, tree, open);
    const abort = new AbortController();
    const cancel = (): void => {
      abort.abort();
      setPending(undefined);
      actions.setScopes(before ?? { start: 'none', toggled: new Set() });
    };
    setPending({ nodes: draft.nodes.length, cancel });
    layOut(layoutInputOf(draft, direction, wrap), abort.signal).then(layout => {
      setPending(undefined);
      setDrawn({ of: summary, scene: sceneOf(draft, layout, direction), scopes });
    });
    return () => abort.abort();
  }, [summary, index, execution, tree, open, direction, wrap, actions]);
  // The scene of another graph is no scene of this one.
  const scene = drawn?.of === summary ? drawn.scene : undefined;
  return { scene, tree, open, ...(pending && { pending }) };
}

/** Lays out in a worker of its own. Aborting ends the worker; the promise stays pending then. */
export function layOut(input: NestedInput, signal?: AbortSignal): Promise<NestedLayout> {
  const { promise, resolve, reject } = Promise.withResolvers<NestedLayout>();
  const worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = (event: MessageEvent<PackedLayout>) => {
    resolve(unpacked(event.data));
    worker.terminate();
  };
  worker.onerror = event => reject(new Error(`graph layout: ${event.message}`));
  worker.postMessage(input);
  signal?.addEventListener('abort', () => worker.terminate());
  return promise;
}
