// One fused group: its expression, its accounting apart and together, and the reasons for its members.

import type { FusedGroup } from '../../engine/report/types/compile.ts';
import type { NodeSummary } from '../../engine/report/types/model.ts';
import { Nodes } from '../details/plan-details.tsx';
import { formatBytes, formatCount, formatNs } from '../format/units.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import { reportOf, runOf } from '../state/app-state.ts';
import type { GraphIndex } from '../state/derived/graph-index.ts';
import { FiguresHead } from '../tables/figures-head.tsx';
import { familyOf } from '../theme/families.ts';
import { FamilyMark } from '../widgets/family-mark.tsx';
import { SwitchField } from '../widgets/fields.tsx';
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
          <Accounting group={group} />
          {group.reasons.length + rewritten.length > 0 && (
            <>
              <h3 className={styles.heading}>Why</h3>
              <ul className={styles.reasons}>
                {rewritten.map(node => (
                  <li key={node.id}>
                    {node.op} {node.name} is not computed by itself: before fusing it became part of other
                    operators, with its constants in their weights or as a part of what one of them means
                  </li>
                ))}
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

function Accounting({ group }: { readonly group: FusedGroup }) {
  const rows = [
    ['Loops', group.before.loops, group.after.loops],
    ['Element reads', group.before.reads, group.after.reads],
    ['Element writes', group.before.writes, group.after.writes],
  ] as const;
  return (
    <table className={styles.accounting}>
      <FiguresHead corner="What is counted" sides={['Apart', 'Together', 'Ratio']} />
      <tbody>
        {rows.map(([name, before, after]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{formatCount(before)}</td>
            <td>{formatCount(after)}</td>
            <td>{before > 0 ? `${Math.round((after / before) * 100)} %` : '–'}</td>
          </tr>
        ))}
        <tr>
          <th scope="row">Between members</th>
          <td>{formatBytes(group.vanishedBytes)}</td>
          <td>0 B</td>
          <td />
        </tr>
      </tbody>
    </table>
  );
}
