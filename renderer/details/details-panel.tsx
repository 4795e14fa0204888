// The right panel: everything known about what is selected, with links to what it is connected to.

import { ModelContext, useModel } from '../hooks/app-context.ts';
import { planOf } from '../state/app-state.ts';
import { insideOf } from '../state/derived/bodies.ts';
import { EmptyState } from '../widgets/empty-state.tsx';
import styles from './details.module.css';
import { NodeDetails } from './node-details.tsx';
import { BufferDetails, GroupDetails, StepDetails, StepsDetails } from './plan-details.tsx';
import { NodesDetails, ScopeDetails } from './scope-details.tsx';
import { spokenSelection } from './spoken.ts';
import { TensorDetails } from './tensor-details.tsx';

export function DetailsPanel() {
  const model = useModel();
  const { selection } = model;
  const shown = selection?.body === undefined ? model : insideOf(model);
  return (
    <aside className={styles.panel} aria-label="Details">
      <p className="visually-hidden" role="status" aria-label="Selection">
        {spokenSelection(selection, shown.index, planOf(shown))}
      </p>
      <ModelContext value={shown}>
        <Selected selection={selection} />
      </ModelContext>
    </aside>
  );
}

function Selected({ selection }: { readonly selection: ReturnType<typeof useModel>['selection'] }) {
  switch (selection?.kind) {
    case 'node':
      return <NodeDetails id={selection.id} />;
    case 'tensor':
      return <TensorDetails id={selection.id} />;
    case 'group':
      return <GroupDetails id={selection.id} />;
    case 'scope':
      return <ScopeDetails id={selection.id} nodes={selection.nodes} />;
    case 'nodes':
      return <NodesDetails id={selection.id} nodes={selection.nodes} />;
    case 'step':
      return <StepDetails index={selection.id} />;
    case 'steps':
      return <StepsDetails from={selection.from} to={selection.to} />;
    case 'buffer':
      return <BufferDetails id={selection.id} />;
    case undefined:
      return (
        <EmptyState title="Nothing selected">
          Click a node, a tensor or a bar in any view, or find one with Ctrl+F. All views show the same
          selection.
        </EmptyState>
      );
  }
}
