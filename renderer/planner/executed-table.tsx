// The program as it runs, with other settings of its memory: what each would save, and what it asks for. A click sets
// it, so that the next run uses it.

import { useMemo } from 'react';
import type { ExecutedPlan, WhatIfReport } from '../../engine/report/types.ts';
import { useActions } from '../app/app-context.ts';
import { formatBytes, formatMs, formatShare } from '../format/units.ts';
import { type Column, DataTable } from '../tables/data-table.tsx';
import { ShareBar } from '../tables/share-bar.tsx';
import { extraText } from './extra-text.ts';
import styles from './planner.module.css';
import { ProofBadge } from './strategies-table.tsx';

export function ExecutedTable({ report }: { readonly report: WhatIfReport }) {
  const actions = useActions();
  const columns = useMemo(() => columnsOf(report), [report]);
  const { executed } = report;
  if (executed.length === 0) return null;
  return (
    <>
      <p className={styles.text}>
        The program as it runs, with other settings of its memory. A click sets them.
      </p>
      <div className={styles.strategies}>
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
  {
    id: 'saved',
    title: 'Saves',
    unit: 'bytes',
    min: 112,
    hint: 'Of the peak as it is set',
    value: plan => plan.savedBytes,
    render: plan => (
      <ShareBar share={plan.savedBytes / Math.max(executed[0]?.peakBytes ?? 0, 1)}>
        {plan.savedBytes === 0 ? '–' : formatBytes(plan.savedBytes)}
      </ShareBar>
    ),
  },
  { id: 'title', title: 'Settings', min: 160, grow: 3, value: plan => plan.title },
  {
    id: 'peak',
    title: 'Peak then',
    unit: 'bytes',
    min: 80,
    align: 'right',
    value: plan => plan.peakBytes,
    render: plan => formatBytes(plan.peakBytes),
  },
  {
    id: 'proof',
    title: 'Proof',
    min: 92,
    value: plan => (plan.optimal ? 'optimal' : 'open'),
    render: plan => <ProofBadge proof={plan.optimal ? 'optimal' : 'open'} />,
  },
  {
    id: 'extra',
    title: 'Extra work',
    unit: 'multiply-adds',
    min: 128,
    grow: 1,
    hint: 'Multiply-adds that are computed again, as a share of one inference; time where a run tells it',
    value: plan => plan.extra.multiplyAdds,
    render: plan => extraText(plan.extra, multiplyAdds, { formatShare, formatBytes, formatMs }),
  },
];
