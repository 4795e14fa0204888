// What a row of a plan says of its memory in every table: the tensor, its own bytes, the buffer they are in, and which
// other tensors are in it too.

import type { PlanTensor } from '../../engine/report/types.ts';
import { shortPath } from '../format/short-path.ts';
import { formatBytes } from '../format/units.ts';
import type { GraphIndex } from '../state/graph-index.ts';
import type { Selection } from '../state/selection.ts';
import { familyOfRow } from '../theme/families.ts';
import type { Column } from './data-table.tsx';
import { NamedCell } from './named-cell.tsx';
import styles from './tables.module.css';

/** Characters there is room for in a narrow table. */
const NAME_LENGTH = 14;

export interface BufferRow {
  readonly tensor: PlanTensor;
}

/** The tensor a row is called by is its first; scratch, and what passes made, is all there is in its buffer. */
export const ownBytes = ({ tensors, bytes }: PlanTensor, { tensors: known }: GraphIndex): number =>
  known.get(tensors[0] ?? -1)?.bytes ?? bytes;

/** The others in its buffer. */
export const sharersOf = ({ tensors }: PlanTensor, { tensors: known }: GraphIndex) =>
  tensors.slice(1).flatMap(id => known.get(id) ?? []);

/** `columns`, without the one of sharers where nobody shares. */
export const whereShared = <Row extends BufferRow>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): readonly Column<Row>[] =>
  rows.some(({ tensor }) => tensor.tensors.length > 1) ? columns : columns.filter(({ id }) => id !== SHARERS);

const SHARERS = 'sharers';

interface BufferColumns {
  readonly name: Column<BufferRow>;
  readonly size: Column<BufferRow>;
  readonly buffer: Column<BufferRow>;
  readonly sharers: Column<BufferRow>;
}

export function bufferColumns(index: GraphIndex, select: (to: Selection) => void): BufferColumns {
  const sharerNames = ({ tensor }: BufferRow) => sharersOf(tensor, index).map(({ name }) => name);
  return {
    name: {
      id: 'name',
      title: 'Tensor',
      min: 128,
      grow: 3,
      value: ({ tensor }) => tensor.name,
      render: row => (
        <NamedCell
          family={familyOfRow(row.tensor)}
          name={row.tensor.name}
          whole={[row.tensor.name, ...sharerNames(row)].join('\n')}
          more={sharerNames(row).length}
          mono
        />
      ),
    },
    size: {
      id: 'bytes',
      title: 'Size',
      hint: 'Of the tensor itself',
      unit: 'bytes',
      min: 76,
      align: 'right',
      value: ({ tensor }) => ownBytes(tensor, index),
      render: ({ tensor }) => formatBytes(ownBytes(tensor, index)),
    },
    buffer: {
      id: 'buffer',
      title: 'Buffer',
      hint: 'Of the memory it lies in: as large as the largest of the tensors that share it, in the numbers that are computed with',
      unit: 'bytes',
      min: 76,
      align: 'right',
      value: ({ tensor }) => tensor.bytes,
      render: ({ tensor }) => formatBytes(tensor.bytes),
    },
    sharers: {
      id: SHARERS,
      title: 'Shares it with',
      hint: 'Other tensors in the same buffer: views, and parts of it',
      min: 104,
      grow: 1,
      spare: 1,
      value: row => sharerNames(row).join(', '),
      render: ({ tensor }) => (
        <>
          {sharersOf(tensor, index).map(({ id, name }, place) => (
            <span key={id}>
              {place > 0 && ', '}
              <button
                type="button"
                className={styles.link}
                title={name}
                onClick={event => {
                  event.stopPropagation();
                  select({ kind: 'tensor', id });
                }}
              >
                {shortPath(name, NAME_LENGTH)}
              </button>
            </span>
          ))}
        </>
      ),
    },
  };
}
