// What a chart says about the step under the pointer.

import type { PlanView } from '../../engine/report/types/plan.ts';
import { formatBytes, formatNs } from '../format/units.ts';
import { familyOf } from '../theme/families.ts';
import { FamilyMark } from '../widgets/family-mark.tsx';
import styles from './chart.module.css';

export function StepCard(props: {
  readonly plan: PlanView;
  readonly step: number;
  readonly durationsNs: readonly number[] | undefined;
  /** more to say about the very place */
  readonly more?: string;
}) {
  const { plan, step, durationsNs } = props;
  const { op = '', title = '', name = '' } = plan.steps[step] ?? {};
  return (
    <>
      <p>
        <FamilyMark family={familyOf(op)} /> Step {step}: <b>{title}</b>
      </p>
      <p className={`mono ${styles.cardDetail}`}>{name}</p>
      <p>
        {formatBytes(plan.liveBytes[step] ?? 0)} live
        {durationsNs && ` · ${formatNs(durationsNs[step] ?? 0)}`}
        {props.more !== undefined && ` · ${props.more}`}
      </p>
    </>
  );
}
