// The graph of the model shown, or of a body that was entered: laid out, coloured, drawn.

import { ReactFlowProvider } from '@xyflow/react';
import { useMemo } from 'react';
import { ModelContext, useApp, useModel } from '../hooks/app-context.ts';
import { useChanges } from '../hooks/use-changes.ts';
import { useComparison } from '../hooks/use-comparison.ts';
import { type OpenModel, reportOf, runOf } from '../state/app-state.ts';
import { insideOf } from '../state/derived/bodies.ts';
import { colourOf } from '../state/derived/graph-colour.ts';
import { EmptyState } from '../widgets/empty-state.tsx';
import { BodyPath } from './body-path.tsx';
import { changeHeat } from './colour/change-heat.ts';
import { type HeatMap, heatOf, stepValues } from './colour/heat.ts';
import { HeatContext } from './draw/flow-elements.tsx';
import styles from './graph.module.css';
import { LayoutProgress } from './layout-progress.tsx';
import { executionOf } from './scene/scene.ts';
import { useScene } from './scene/use-scene.ts';
import { SceneView } from './scene-view.tsx';

const NO_HEAT: HeatMap = new Map();

export function GraphView() {
  const outer = useModel();
  const model = insideOf(outer);
  return (
    <ModelContext value={model}>
      <div className={styles.body}>
        <BodyPath model={outer} />
        <GraphOf key={model.body ?? ''} model={model} whole={outer} />
      </div>
    </ModelContext>
  );
}

function GraphOf({ model, whole }: { readonly model: OpenModel; readonly whole: OpenModel }) {
  const report = reportOf(model);
  const { direction, wrap, fusion } = useApp(state => state.graph);
  const colour = useApp(colourOf);
  const execution = useMemo(() => executionOf(report, fusion), [report, fusion]);
  const { shown, pending } = useScene(model, execution, { direction, wrap });
  const plan = model.body === undefined ? reportOf(whole)?.asExecuted : undefined;
  const run = model.body === undefined ? runOf(whole)?.report : undefined;
  const compared = useComparison();
  const comparison = model.body === undefined ? compared?.comparison : undefined;
  const values = useMemo(() => stepValues(colour, plan, run, comparison), [colour, plan, run, comparison]);
  const changes = useChanges(whole);
  const scene = shown?.scene;
  const heat = useMemo(() => {
    if (!scene) return NO_HEAT;
    const marked = colour === 'changes' ? changes : undefined;
    return marked ? changeHeat(scene, marked) : heatOf(scene, values);
  }, [scene, values, changes, colour]);
  if (model.summary.graph.nodes.length === 0) {
    return (
      <EmptyState title="This model has no nodes">
        {model.summary.diagnostics.length > 0
          ? 'The diagnostics on the left say what was found.'
          : 'Its outputs are what it is given, or weights: there is nothing to compute.'}
      </EmptyState>
    );
  }
  return (
    <>
      {shown && (
        <ReactFlowProvider>
          <HeatContext value={heat}>
            <SceneView {...shown} model={model} />
          </HeatContext>
        </ReactFlowProvider>
      )}
      {pending && <LayoutProgress pending={pending} />}
    </>
  );
}
