// Changes of the plan, ranked by what each saves. Selecting one marks the operators it concerns in every view.

import { useMemo } from 'react';
import type { WhatIf, WhatIfKind, WhatIfReport } from '../../engine/report/what-if/types.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import type { Column } from '../tables/column.ts';
import { DataTable } from '../tables/data-table.tsx';
import { extraColumn, PEAK_THEN, PROOF, savedColumn, titleColumn } from './change-columns.tsx';
import styles from './planner.module.css';
import { nothingFoundText } from './tried-text.ts';

const KINDS: Readonly<Record<WhatIfKind, string>> = {
  order: 'Order',
  'in-place': 'In place',
  view: 'View',
  slices: 'Slices',
  unread: 'Unread',
  'depth-first': 'Depth-first',
  patches: 'Patches',
  recompute: 'Recompute',
  pool: 'Other memory',
};

export function WhatIfTable({ report }: { readonly report: WhatIfReport }) {
  const actions = useActions();
  const { selection } = useModel();
  const columns = useMemo(() => columnsOf(report), [report]);
  const rows = useMemo(() => report.items.filter(({ beaten }) => !beaten), [report]);
  if (report.items.length === 0) {
    return <p className={styles.text}>{nothingFoundText(report)}</p>;
  }
  return (
    <div className={styles.whatIf}>
      <DataTable
        label="What if"
        title={titleOf(rows.length, report.items.length)}
        rows={rows}
        columns={columns}
        rowKey={item => item.id}
        isMarked={item => selection?.kind === 'nodes' && selection.id === item.title}
        onSelect={item => actions.select({ kind: 'nodes', id: item.title, nodes: item.nodes })}
      />
    </div>
  );
}

const titleOf = (shown: number, found: number): string =>
  shown === found ? `Changes: ${shown}` : `Changes: ${shown}, which beat ${found - shown} others`;

const columnsOf = ({ base, multiplyAdds }: WhatIfReport): readonly Column<WhatIf>[] => [
  savedColumn(base.peakBytes, 'with others', 'By itself, of the peak as given'),
  titleColumn('Change'),
  {
    id: 'kind',
    title: 'Kind',
    min: 112,
    spare: 2,
    value: item => KINDS[item.kind],
    text: item => KINDS[item.kind],
  },
  {
    id: 'executed',
    title: 'As executed',
    min: 128,
    hint: 'How the program that runs comes to it: by itself, by the setting below, or not at all',
    value: item => item.executed,
    text: item => item.executed,
  },
  PEAK_THEN,
  { ...PROOF, spare: 1 },
  extraColumn(
    multiplyAdds,
    'Multiply-adds as a share of one inference; bytes to a slower memory; time where a run tells it',
  ),
];
