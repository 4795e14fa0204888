// The columns that tables of changes share: what a change saves, the peak it leads to, whether that is proved to be the
// least, and the work it costs.

import type { ExecutedPlan, WhatIf } from '../../engine/report/what-if/types.ts';
import { formatBytes } from '../format/units.ts';
import type { Column } from '../tables/column.ts';
import { ShareBar } from '../tables/share-bar.tsx';
import { extraText } from './extra-text.ts';
import { ProofBadge } from './proof-badge.tsx';

type Change = Pick<WhatIf & ExecutedPlan, 'title' | 'savedBytes' | 'peakBytes' | 'optimal' | 'extra'>;

/** `ofBytes`: the peak that the change saves from; `none`: said where it saves nothing. */
export const savedColumn = (ofBytes: number, none: string, hint: string): Column<Change> => ({
  id: 'saved',
  title: 'Saves',
  unit: 'bytes',
  min: 112,
  align: 'right',
  hint,
  value: ({ savedBytes }) => savedBytes,
  render: ({ savedBytes }) => (
    <ShareBar share={savedBytes / Math.max(ofBytes, 1)}>
      {savedBytes === 0 ? none : formatBytes(savedBytes)}
    </ShareBar>
  ),
});

export const titleColumn = (title: string): Column<Change> => ({
  id: 'title',
  title,
  min: 256,
  grow: 1,
  value: change => change.title,
});

export const PEAK_THEN: Column<Change> = {
  id: 'peak',
  title: 'Peak then',
  unit: 'bytes',
  min: 80,
  align: 'right',
  value: ({ peakBytes }) => peakBytes,
  render: ({ peakBytes }) => formatBytes(peakBytes),
};

export const PROOF: Column<Change> = {
  id: 'proof',
  title: 'Proof',
  min: 92,
  value: ({ optimal }) => (optimal ? 'optimal' : 'open'),
  render: ({ optimal }) => <ProofBadge proof={optimal ? 'optimal' : 'open'} />,
};

/** `multiplyAdds`: of one inference */
export const extraColumn = (multiplyAdds: number, hint: string): Column<Change> => {
  const text = ({ extra }: Change): string => extraText(extra, multiplyAdds);
  return {
    id: 'extra',
    title: 'Extra work',
    unit: 'multiply-adds',
    min: 144,
    hint,
    value: ({ extra }) => extra.multiplyAdds,
    text,
    render: text,
  };
};
