// Several nodes: those whose names share a scope, all of an operator, all that leads to one. What they hold, and their
// part of the time.

import { formatBytes, formatInteger, formatNs, formatShare } from '../format/units.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import { runOf } from '../state/app-state.ts';
import { readBy } from '../state/derived/graph-index.ts';
import { familyOf } from '../theme/families.ts';
import { Button } from '../widgets/button.tsx';
import styles from './details.module.css';
import { OperatorDoc } from './node-details.tsx';
import { Facts, Head, Section } from './parts.tsx';
import { Nodes } from './plan-details.tsx';

const SHOWN = 100;

export function ScopeDetails({ id, nodes }: { readonly id: string; readonly nodes: readonly number[] }) {
  const actions = useActions();
  return (
    <>
      <Head kind="Group by name" title={id} />
      <Contents nodes={nodes} />
      <p className={styles.action}>
        <Button title="Also by double click, or Enter, in the graph" onClick={() => actions.toggleScope(id)}>
          Expand or collapse
        </Button>
      </p>
      <FirstNodes ids={nodes} />
    </>
  );
}

export function NodesDetails({ id, nodes }: { readonly id: string; readonly nodes: readonly number[] }) {
  const { index } = useModel();
  const [op, ...others] = new Set(nodes.map(node => index.nodes.get(node)?.op));
  const single = others.length === 0 && op === id ? op : undefined;
  return (
    <>
      <Head
        kind={`${formatInteger(nodes.length)} ${nodes.length === 1 ? 'operator' : 'operators'}`}
        title={id}
        {...(single !== undefined && { family: familyOf(single) })}
      />
      {single !== undefined && <OperatorDoc op={single} />}
      <Contents nodes={nodes} />
      <FirstNodes ids={nodes} />
    </>
  );
}

function FirstNodes({ ids }: { readonly ids: readonly number[] }) {
  return (
    <>
      <Nodes ids={ids.slice(0, SHOWN)} />
      {ids.length > SHOWN && <p className={styles.faint}>and {ids.length - SHOWN} more</p>}
    </>
  );
}

function Contents({ nodes }: { readonly nodes: readonly number[] }) {
  const model = useModel();
  const inside = new Set(nodes);
  const run = runOf(model)?.report;
  // A step that reaches beyond the group counts where it starts.
  const steps = run?.steps.filter(({ nodes: [first] }) => first !== undefined && inside.has(first)) ?? [];
  const time = steps.reduce((sum, step) => sum + step.medianNs, 0);
  const total = run?.steps.reduce((sum, step) => sum + step.medianNs, 0) ?? 0;
  const weights = new Set(
    nodes
      .flatMap(id => {
        const node = model.index.nodes.get(id);
        return node ? readBy(node) : [];
      })
      .filter(tensor => model.index.tensors.get(tensor)?.kind === 'constant'),
  );
  const weightBytes = [...weights].reduce(
    (sum, tensor) => sum + (model.index.tensors.get(tensor)?.bytes ?? 0),
    0,
  );
  return (
    <Section title="Contents">
      <Facts
        rows={[
          ['Operators', formatInteger(nodes.length)],
          ['Weights', formatBytes(weightBytes)],
          ['Time', run && `${formatNs(time)}, ${formatShare(time / Math.max(total, 1))}`],
        ]}
      />
    </Section>
  );
}
