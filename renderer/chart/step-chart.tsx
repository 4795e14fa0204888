// The frame that timeline and memory map share: figures and tools on top, the charts, who owns the peak beneath.

import { Maximize2 } from 'lucide-react';
import type { ReactNode } from 'react';
import type { PlanView } from '../../engine/report/types/plan.ts';
import { useActions, useApp } from '../hooks/app-context.ts';
import { IconButton } from '../widgets/button.tsx';
import { SelectField } from '../widgets/fields.tsx';
import styles from './chart.module.css';
import { PeakOwners, PeakOwnersButton } from './peak-owners.tsx';
import { PlanFigures } from './plan-figures.tsx';

const AXES = [
  { value: 'step', label: 'Steps' },
  { value: 'time', label: 'Measured time' },
] as const;

export function StepChart(props: {
  readonly plan: PlanView;
  /** whether the plan shown was run, so that steps have times */
  readonly timed: boolean;
  readonly tools: ReactNode;
  /** in the place of the families' legend */
  readonly legend?: ReactNode;
  readonly onFit: () => void;
  readonly children: ReactNode;
}) {
  const { plan, timed } = props;
  const actions = useActions();
  const axis = useApp(state => state.timeline.axis);
  return (
    <div className={styles.view}>
      <div className={styles.bar}>
        <PlanFigures plan={plan} legend={props.legend} />
        <span className={styles.tools}>
          <SelectField
            label="Axis"
            value={timed ? axis : 'step'}
            items={AXES}
            disabled={!timed}
            onChange={chosen => actions.setTimelineLook({ axis: chosen })}
          />
          {props.tools}
          <PeakOwnersButton />
          <IconButton label="Fit what is selected, then everything" shortcut="F" onClick={props.onFit}>
            <Maximize2 size={14} aria-hidden />
          </IconButton>
        </span>
      </div>
      {props.children}
      <PeakOwners plan={plan} />
    </div>
  );
}
