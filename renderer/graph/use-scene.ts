// The laid-out scene of a model: drafted here, laid out in a worker, the newest request wins.

import { useEffect, useState } from 'react';
import type { FusedGroup } from '../../engine/report/types.ts';
import type { OpenModel } from '../state/app-state.ts';
import type { NestedLayout } from './nested.ts';
import { draftScene, layoutInputOf, type Scene, sceneOf } from './scene.ts';

/** Undefined until the first layout is there; then the newest finished one. */
export function useScene(model: OpenModel, groups: readonly FusedGroup[]): Scene | undefined {
  const [scene, setScene] = useState<Scene>();
  const { summary, index } = model;
  useEffect(() => {
    const draft = draftScene(summary.graph, index, groups);
    const worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = (event: MessageEvent<NestedLayout>) => {
      setScene(sceneOf(draft, event.data));
      worker.terminate();
    };
    worker.onerror = event => {
      throw new Error(`graph layout: ${event.message}`);
    };
    worker.postMessage(layoutInputOf(draft));
    return () => worker.terminate();
  }, [summary, index, groups]);
  return scene;
}
