// One fused group: its expression, its accounting apart and together, and the reasons for its members.

import type { FusedGroup } from '../../engine/report/types/compile.ts';
import type { NodeSummary } from '../../engine/report/types/model.ts';
import { Nodes } from '../details/plan-details.tsx';
import { formatNs } from '../format/units.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import { reportOf, runOf } from '../state/app-state.ts';
import type { GraphIndex } from '../state/derived/graph-index.ts';
import { familyOf } from '../theme/families.ts';
import { FamilyMark } from '../widgets/family-mark.tsx';
import { SwitchField } from '../widgets/fields.tsx';
import { Accounting } from './accounting.tsx';
import { ChainFacts } from './chain-facts.tsx';
import { CodePanel } from './code-panel.tsx';
import styles from './fusion.module.css';
import { Gain } from './gain.tsx';

export function GroupInspector(props: {
  readonly id: string;
  readonly on: boolean;
  readonly group: FusedGroup | undefined;
}) {
  const { id, on, group } = props;
  const model = useModel();
  const actions = useActions();
  const chain = reportOf(model)?.chains?.find(candidate => candidate.id === id);
  const rewritten = group ? rewrittenMembers(group, model.index) : [];
  const computed = group?.ops.join(' + ');
  const timed = runOf(model)?.report.steps.find(step => step.group === id);
  return (
    <article className={styles.inspector} aria-label="Fused group">
      <header className={styles.inspectorHead}>
        <h2 className={styles.title}>
          {group && <FamilyMark family={familyOf(group.anchorOp ?? group.ops[0] ?? '')} />}
          <span>{group?.title ?? id}</span>
        </h2>
        <SwitchField label="Fused" checked={on} onChange={() => actions.toggleGroup(id)} />
      </header>
      <p className={`mono ${styles.faint}`}>{id}</p>
      {!on && <p className={styles.off}>Switched off: its members run one by one with these settings.</p>}
      {group && (
        <>
          <h3 className={styles.heading}>Computes</h3>
          <pre className={styles.code}>{group.expression}</pre>
          <p className={styles.faint}>
            Kernel {group.kernel}
            {computed !== group.title && `, as ${computed}`}
            {timed && ` · ${formatNs(timed.medianNs)} median`}
          </p>
          <h3 className={styles.heading}>Accounting</h3>
          <Accounting
            account={group}
            bytes={[
              chain
                ? ['Between steps', chain.tensorBytes, chain.ringBytes]
                : ['Between members', group.vanishedBytes, 0],
            ]}
          />
          {chain && (
            <p className={styles.faint}>
              Reads and writes of the rows that are kept between its steps are not counted together.
            </p>
          )}
          {group.reasons.length + rewritten.length > 0 && (
            <>
              <h3 className={styles.heading}>Why</h3>
              <ul className={styles.reasons}>
                {rewritten.length > 0 && <li>{rewrittenText(rewritten)}</li>}
                {group.reasons.map(reason => (
                  <li key={reason}>{reason}</li>
                ))}
              </ul>
            </>
          )}
          {chain && <ChainFacts chain={chain} />}
          <Gain group={group} />
          {on && <CodePanel group={id} />}
          <Nodes ids={group.nodes} />
        </>
      )}
    </article>
  );
}

/** One sentence for all of them, however many there are. */
const rewrittenText = (nodes: readonly NodeSummary[]): string => {
  const names = nodes.map(({ op, name }) => `${op} ${name}`).join(', ');
  return nodes.length === 1
    ? `${names} is not computed by itself: before fusing it became part of other operators, with its constants in their weights or as a part of what one of them means`
    : `${names} are not computed by themselves: before fusing they became part of other operators, with their constants in their weights or as parts of what one of them means`;
};

/** Nodes of the file that the kernel has no operator for; of bodies nothing is known. */
function rewrittenMembers({ nodes, ops }: FusedGroup, index: GraphIndex): NodeSummary[] {
  const left = [...ops];
  return nodes.flatMap(id => {
    const node = index.nodes.get(id);
    if (node && node.subgraphs.length > 0) return [];
    const place = node ? left.indexOf(node.op) : -1;
    if (place >= 0) left.splice(place, 1);
    return node && place < 0 ? [node] : [];
  });
}
