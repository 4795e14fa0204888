// The numbers of a plan in one line, above its charts, with the colours of its tensors.

import { type ReactNode, useMemo } from 'react';
import { counted } from '../../engine/report/counted.ts';
import type { PlanView } from '../../engine/report/types/plan.ts';
import { formatBytes, formatMs, formatShare } from '../format/units.ts';
import { useModel } from '../hooks/app-context.ts';
import { savedShare } from '../state/app-state.ts';
import { leftOutText } from '../state/derived/left-out.ts';
import { STRATEGY_NAMES } from '../state/settings.ts';
import { familiesOf } from '../theme/families.ts';
import { FamilyLegend } from '../widgets/family-mark.tsx';
import styles from './chart.module.css';
import { livesAboveBound, mostLive } from './peak-labels.ts';

export function PlanFigures({ plan, legend }: { readonly plan: PlanView; readonly legend?: ReactNode }) {
  const families = useMemo(() => familiesOf(plan.tensors), [plan]);
  const leftOut = leftOutText(useModel().summary);
  const apart = livesAboveBound(plan);
  const gap = plan.peakBytes - plan.lowerBoundBytes;
  return (
    <>
      <p className={styles.figure} title={`Planned in ${formatMs(plan.ms)}`}>
        <span>{plan.strategy === 'off' ? 'Planner' : 'Planned'}</span>{' '}
        {STRATEGY_NAMES[plan.strategy].toLowerCase()}
      </p>
      <p className={styles.figure} title={leftOut}>
        <span>Peak</span> {formatBytes(plan.peakBytes)}
        {leftOut !== undefined
          ? ', sizes unknown'
          : plan.optimal
            ? ', optimal'
            : `, ${formatBytes(gap)} above the lower bound`}
      </p>
      {apart > 0 && (
        <p
          className={styles.figure}
          title="The lower bound lets results lie over operands that are read ahead of them, so that both take the same bytes. Where a plan keeps them apart, more lives at once than would have to; without a planner, all are apart."
        >
          <span>Live</span> up to {formatBytes(mostLive(plan))}, {formatBytes(apart)} kept apart
        </p>
      )}
      <p
        className={styles.figure}
        title="Against every buffer of this plan in memory of its own; views share the buffer they look at. Without a planner views are copies, which takes more"
      >
        <span>Saved</span> {formatShare(savedShare(plan))} of {formatBytes(plan.unplannedBytes)}
      </p>
      {plan.uncounted !== undefined && (
        <p
          className={styles.figure}
          title="If, Loop and Scan hold what they compute inside while they run: it is in no buffer of this plan, so its peak and its savings leave it out"
        >
          <span>Without what {counted(plan.uncounted, 'step')} with subgraphs</span> hold inside
        </p>
      )}
      {legend ?? <FamilyLegend families={families} />}
    </>
  );
}
