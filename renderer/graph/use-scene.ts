// The laid-out scene of a model: drafted here, laid out in a worker, the newest request wins.

import { useEffect, useMemo, useState } from 'react';
import type { FusedGroup } from '../../engine/report/types.ts';
import type { OpenModel } from '../state/app-state.ts';
import type { Direction, NestedInput, NestedLayout } from './nested.ts';
import { draftScene, layoutInputOf, type Scene, sceneOf } from './scene.ts';
import { openScopesOf, type ScopeTree, scopeTreeOf } from './scopes.ts';

export interface SceneState {
  /** undefined until the first layout is there; then the newest finished one */
  readonly scene: Scene | undefined;
  readonly tree: ScopeTree;
  readonly open: ReadonlySet<string>;
}

export function useScene(
  { summary, index, scopes }: OpenModel,
  groups: readonly FusedGroup[],
  direction: Direction,
): SceneState {
  const [scene, setScene] = useState<{ readonly of: unknown; readonly scene: Scene }>();
  const tree = useMemo(() => scopeTreeOf(summary.graph, groups), [summary, groups]);
  const open = useMemo(() => openScopesOf(tree, scopes), [tree, scopes]);
  useEffect(() => {
    const draft = draftScene(summary.graph, index, groups, tree, open);
    const abort = new AbortController();
    layOut(layoutInputOf(draft, direction), abort.signal).then(layout =>
      setScene({ of: summary, scene: sceneOf(draft, layout, direction) }),
    );
    return () => abort.abort();
  }, [summary, index, groups, tree, open, direction]);
  // The scene of another graph is no scene of this one.
  return { scene: scene?.of === summary ? scene.scene : undefined, tree, open };
}

/** Lays out in a worker of its own. Aborting ends the worker; the promise stays pending then. */
export function layOut(input: NestedInput, signal?: AbortSignal): Promise<NestedLayout> {
  const { promise, resolve, reject } = Promise.withResolvers<NestedLayout>();
  const worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = (event: MessageEvent<NestedLayout>) => {
    resolve(event.data);
    worker.terminate();
  };
  worker.onerror = event => reject(new Error(`graph layout: ${event.message}`));
  worker.postMessage(input);
  signal?.addEventListener('abort', () => worker.terminate());
  return promise;
}
