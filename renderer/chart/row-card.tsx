// What a chart says about a plan row under the pointer.

import { typeText } from '../../engine/report/shape-text.ts';
import type { PlanTensor, PlanView } from '../../engine/report/types/plan.ts';
import { formatBytes } from '../format/units.ts';
import type { GraphIndex } from '../state/derived/graph-index.ts';
import { familyOfRow } from '../theme/families.ts';
import { FamilyMark } from '../widgets/family-mark.tsx';
import styles from './chart.module.css';

export function RowCard(props: {
  readonly plan: PlanView;
  readonly row: PlanTensor;
  readonly index: GraphIndex;
}) {
  const { plan, row, index } = props;
  const [first] = row.tensors;
  const tensor = first === undefined ? undefined : index.tensors.get(first);
  return (
    <>
      <p className={`mono ${styles.cardName}`}>{row.name}</p>
      <p>
        <FamilyMark family={familyOfRow(row)} /> {plan.steps[row.writer ?? -1]?.title ?? row.kind}
        {tensor && ` · ${typeText(tensor)}`}
      </p>
      <p>
        {formatBytes(row.bytes)} at {formatBytes(row.offset)} · steps {row.lower} to {row.upper - 1} ·{' '}
        {row.readers.length} {row.readers.length === 1 ? 'reader' : 'readers'}
      </p>
    </>
  );
}
