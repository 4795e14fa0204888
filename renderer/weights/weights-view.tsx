// The model's initialisers: their size and who reads them. What is in one is read when it is selected.

import { useMemo } from 'react';
import { shapeText } from '../../engine/report/shape-text.ts';
import type { TensorSummary } from '../../engine/report/types/model.ts';
import { formatBytes, formatCount, formatInteger, formatShare } from '../format/units.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import { useHighlight } from '../hooks/use-highlight.ts';
import type { Column } from '../tables/column.ts';
import { DataTable } from '../tables/data-table.tsx';
import { NamedCell } from '../tables/named-cell.tsx';
import { ShareBar } from '../tables/share-bar.tsx';
import { type Family, familyOf, familyVariable } from '../theme/families.ts';
import { EmptyState } from '../widgets/empty-state.tsx';
import styles from './weights.module.css';

interface Row {
  readonly tensor: TensorSummary;
  readonly elements: number;
  /** of the bytes of all weights, 0 to 1 */
  readonly share: number;
  /** operator that reads it first */
  readonly reader: string;
  readonly family: Family;
}

export function WeightsView() {
  const actions = useActions();
  const { summary, index } = useModel();
  const highlight = useHighlight();
  const rows = useMemo(() => {
    const weights = summary.graph.tensors.filter(({ kind }) => kind === 'constant');
    const all = weights.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
    return weights.map((tensor): Row => {
      const reader = index.nodes.get(tensor.consumers[0] ?? -1)?.op ?? '';
      return {
        tensor,
        elements: (tensor.shape ?? []).reduce((product, extent) => product * extent, 1),
        share: (tensor.bytes ?? 0) / Math.max(all, 1),
        reader,
        family: familyOf(reader),
      };
    });
  }, [summary, index]);
  if (rows.length === 0) {
    return (
      <EmptyState title="No weights">
        This model has no initialisers: it computes with its inputs only.
      </EmptyState>
    );
  }
  return (
    <div className={styles.view}>
      <DataTable
        label="Weights"
        title={`Initialisers: ${formatInteger(rows.length)}, ${formatBytes(summary.parameterBytes)}`}
        rows={rows}
        columns={COLUMNS}
        rowKey={row => row.tensor.id}
        isMarked={row => highlight.tensors.has(row.tensor.id)}
        onSelect={row => actions.select({ kind: 'tensor', id: row.tensor.id })}
        sortedBy={{ id: 'bytes', desc: true }}
      />
    </div>
  );
}

const readersOf = ({ reader, tensor: { consumers } }: Row): string =>
  consumers.length > 1 ? `${reader} and ${formatInteger(consumers.length - 1)} more` : reader || 'nobody';

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'name',
    title: 'Weight',
    min: 160,
    grow: 2,
    mono: true,
    marked: true,
    value: row => row.tensor.name,
    render: (row, room) => <NamedCell family={row.family} name={row.tensor.name} room={room} mono />,
  },
  { id: 'type', title: 'Type', min: 66, value: row => row.tensor.dtype },
  {
    id: 'shape',
    title: 'Shape',
    min: 112,
    grow: 1,
    mono: true,
    value: row => shapeText(row.tensor.shape),
    render: row => <span className="mono">{shapeText(row.tensor.shape)}</span>,
  },
  {
    id: 'elements',
    title: 'Elements',
    min: 72,
    spare: 1,
    align: 'right',
    value: row => row.elements,
    render: row => formatCount(row.elements),
  },
  {
    id: 'bytes',
    title: 'Size',
    unit: 'bytes',
    min: 72,
    align: 'right',
    value: row => row.tensor.bytes,
    render: row => formatBytes(row.tensor.bytes ?? 0),
  },
  {
    id: 'share',
    title: 'Share',
    hint: 'Of the bytes of all weights',
    min: 72,
    align: 'right',
    value: row => row.share,
    render: row => (
      <ShareBar share={row.share} color={familyVariable(row.family)}>
        {formatShare(row.share)}
      </ShareBar>
    ),
  },
  {
    id: 'readers',
    title: 'Read by',
    min: 96,
    grow: 1,
    value: row => row.reader,
    text: readersOf,
    render: readersOf,
  },
];
