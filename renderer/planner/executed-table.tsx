// The program as it runs, with other settings of its memory: what each would save, and what it asks for. A click sets
// it, so that the next run uses it.

import { type CSSProperties, useMemo } from 'react';
import type { ExecutedPlan, WhatIfReport } from '../../engine/report/what-if/types.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import { plansOf, withKnownBound } from '../state/derived/proofs.ts';
import type { Column } from '../tables/column.ts';
import { DataTable } from '../tables/data-table.tsx';
import { extraColumn, PEAK_THEN, PROOF, savedColumn, titleColumn } from './change-columns.tsx';
import styles from './planner.module.css';

export function ExecutedTable({ report }: { readonly report: WhatIfReport }) {
  const actions = useActions();
  const { reports } = useModel();
  const columns = useMemo(() => columnsOf(report), [report]);
  const executed = useMemo(() => {
    const floors = [...plansOf(reports), ...report.executed];
    return report.executed.map(plan => withKnownBound(plan, floors));
  }, [report, reports]);
  if (executed.length === 0) return null;
  return (
    <>
      <p className={styles.text}>
        The program as it runs, with other settings of its memory. A click sets them.
      </p>
      <div className={styles.strategies} style={{ '--rows': executed.length } as CSSProperties}>
        <DataTable
          label="As executed"
          rows={executed}
          columns={columns}
          rowKey={plan => plan.id}
          isMarked={plan => Object.keys(plan.settings).length === 0}
          onSelect={({ settings }) => actions.set(settings)}
        />
      </div>
    </>
  );
}

const columnsOf = ({ executed, multiplyAdds }: WhatIfReport): readonly Column<ExecutedPlan>[] => [
  savedColumn(executed[0]?.peakBytes ?? 0, '–', 'Of the peak as it is set'),
  titleColumn('Settings'),
  PEAK_THEN,
  PROOF,
  extraColumn(
    multiplyAdds,
    'Multiply-adds that are computed again, as a share of one inference; time where a run tells it',
  ),
];
