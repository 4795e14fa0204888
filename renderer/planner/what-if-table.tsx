// Changes of the plan, ranked by what each saves. Selecting one marks the operators it concerns in every view.

import { useMemo } from 'react';
import type { WhatIf, WhatIfKind, WhatIfReport } from '../../engine/report/types.ts';
import { useActions, useModel } from '../app/app-context.ts';
import { formatBytes, formatMs, formatShare } from '../format/units.ts';
import { type Column, DataTable } from '../tables/data-table.tsx';
import { ShareBar } from '../tables/share-bar.tsx';
import { extraText } from './extra-text.ts';
import styles from './planner.module.css';
import { ProofBadge } from './strategies-table.tsx';

const KINDS: Readonly<Record<WhatIfKind, string>> = {
  order: 'Order',
  'in-place': 'In place',
  view: 'View',
  slices: 'Slices',
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
    return (
      <p className={styles.text}>Nothing was found that saves memory: the plan is as small as it gets.</p>
    );
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
  {
    id: 'saved',
    title: 'Saves',
    unit: 'bytes',
    min: 112,
    hint: 'By itself, of the peak as given',
    value: item => item.savedBytes,
    render: item => (
      <ShareBar share={item.savedBytes / Math.max(base.peakBytes, 1)}>
        {item.savedBytes === 0 ? 'with others' : formatBytes(item.savedBytes)}
      </ShareBar>
    ),
  },
  { id: 'title', title: 'Change', min: 160, grow: 3, value: item => item.title },
  { id: 'kind', title: 'Kind', min: 96, value: item => KINDS[item.kind] },
  {
    id: 'peak',
    title: 'Peak then',
    unit: 'bytes',
    min: 80,
    align: 'right',
    value: item => item.peakBytes,
    render: item => formatBytes(item.peakBytes),
  },
  {
    id: 'proof',
    title: 'Proof',
    min: 92,
    spare: 1,
    value: item => (item.optimal ? 'optimal' : 'open'),
    render: item => <ProofBadge proof={item.optimal ? 'optimal' : 'open'} />,
  },
  {
    id: 'extra',
    title: 'Extra work',
    unit: 'multiply-adds',
    min: 128,
    grow: 1,
    hint: 'Multiply-adds as a share of one inference; bytes to a slower memory; time where a run tells it',
    value: item => item.extra.multiplyAdds,
    render: item => extraText(item.extra, multiplyAdds, { formatShare, formatBytes, formatMs }),
  },
];
