// A group of nodes whose names share a scope: what it holds, and its part of the time.

import { useActions, useModel } from '../app/app-context.ts';
import { formatBytes, formatCount, formatNs, formatShare } from '../format/units.ts';
import { runOf } from '../state/app-state.ts';
import { present } from '../state/graph-index.ts';
import { Button } from '../widgets/button.tsx';
import styles from './details.module.css';
import { Facts, Head, Section } from './parts.tsx';
import { Nodes } from './plan-details.tsx';

const SHOWN = 100;

export function ScopeDetails({ id, nodes }: { readonly id: string; readonly nodes: readonly number[] }) {
  const actions = useActions();
  const model = useModel();
  const inside = new Set(nodes);
  const run = runOf(model)?.report;
  // A step that reaches beyond the group counts where it starts.
  const steps = run?.steps.filter(({ nodes: [first] }) => first !== undefined && inside.has(first)) ?? [];
  const time = steps.reduce((sum, step) => sum + step.medianNs, 0);
  const total = run?.steps.reduce((sum, step) => sum + step.medianNs, 0) ?? 0;
  const weights = new Set(
    nodes
      .flatMap(node => present(model.index.nodes.get(node)?.inputs ?? []))
      .filter(tensor => model.index.tensors.get(tensor)?.kind === 'constant'),
  );
  const weightBytes = [...weights].reduce(
    (sum, tensor) => sum + (model.index.tensors.get(tensor)?.bytes ?? 0),
    0,
  );
  return (
    <>
      <Head kind="Group by name" title={id} />
      <Section title="Contents">
        <Facts
          rows={[
            ['Operators', formatCount(nodes.length)],
            ['Weights', formatBytes(weightBytes)],
            ['Time', run && `${formatNs(time)}, ${formatShare(time / Math.max(total, 1))}`],
          ]}
        />
        <Button title="Also by double click, or Enter, in the graph" onClick={() => actions.toggleScope(id)}>
          Expand or collapse
        </Button>
      </Section>
      <Nodes ids={nodes.slice(0, SHOWN)} />
      {nodes.length > SHOWN && <p className={styles.faint}>and {nodes.length - SHOWN} more</p>}
    </>
  );
}
