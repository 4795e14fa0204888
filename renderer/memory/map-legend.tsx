// What the memory map is drawn in: the families of its tensors, and what is no tensor, each where it occurs.

import { useMemo } from 'react';
import type { PlanView } from '../../engine/report/types/plan.ts';
import { familiesOf } from '../theme/families.ts';
import { FamilyLegend } from '../widgets/family-mark.tsx';
import widgets from '../widgets/widgets.module.css';
import { holesOf } from './geometry.ts';
import styles from './memory.module.css';

/** One legend for the map and for the one beside it. */
export function MapLegend({ plan, beside }: { readonly plan: PlanView; readonly beside?: PlanView }) {
  const rows = useMemo(() => [...plan.tensors, ...(beside?.tensors ?? [])], [plan, beside]);
  const marks = useMemo(() => {
    const plans = beside ? [plan, beside] : [plan];
    const kinds = new Set(plans.flatMap(holesOf).map(hole => hole.kind));
    const taken = rows.some(row => row.inPlaceOf !== undefined);
    return [
      ...(kinds.has('hole') ? [{ className: styles.hole, text: 'Unused', hint: 'Nothing lives there' }] : []),
      ...(kinds.has('padding')
        ? [{ className: styles.padding, text: 'Padding', hint: 'Up to the next multiple of the alignment' }]
        : []),
      ...(taken
        ? [
            {
              className: styles.takeover,
              text: 'In place',
              hint: 'The result takes the place of its operand',
            },
          ]
        : []),
    ];
  }, [plan, beside, rows]);
  return (
    <FamilyLegend families={familiesOf(rows)}>
      {marks.map(({ className, text, hint }) => (
        <li key={text} className={widgets.legendItem} title={hint}>
          <span className={className} aria-hidden />
          <span>{text}</span>
        </li>
      ))}
    </FamilyLegend>
  );
}
