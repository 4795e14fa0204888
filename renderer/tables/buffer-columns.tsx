// What a row of a plan says of its memory in every table: the tensor, its own bytes, the buffer they are in, and which
// other tensors are in it too, or lie over it.

import type { PlanTensor, PlanView } from '../../engine/report/types/plan.ts';
import { fittedName } from '../format/short-path.ts';
import { formatBytes } from '../format/units.ts';
import type { GraphIndex } from '../state/derived/graph-index.ts';
import { type Selection, selectionOfRow } from '../state/selection.ts';
import { familyOfRow } from '../theme/families.ts';
import type { Column } from './column.ts';
import { MONO_CHARACTER } from './column-widths.ts';
import { NamedCell } from './named-cell.tsx';
import { overlappingRows } from './overlapping.ts';
import styles from './tables.module.css';

export interface BufferRow {
  readonly tensor: PlanTensor;
}

/** The tensor a row is called by is its first; scratch, and what passes made, is all there is in its buffer. */
export const ownBytes = ({ tensors, bytes }: PlanTensor, { tensors: known }: GraphIndex): number =>
  known.get(tensors[0] ?? -1)?.bytes ?? bytes;

/** The others in its buffer. */
const inBuffer = ({ tensors }: PlanTensor, { tensors: known }: GraphIndex) =>
  tensors.slice(1).flatMap(id => known.get(id) ?? []);

interface Sharer {
  readonly name: string;
  readonly to: Selection;
}

/** The others in its buffer, and those that lie over bytes of it. */
export const sharersOf = (tensor: PlanTensor, plan: PlanView, index: GraphIndex): readonly Sharer[] => [
  ...inBuffer(tensor, index).map(({ id, name }): Sharer => ({ name, to: { kind: 'tensor', id } })),
  ...(overlappingRows(plan).get(tensor.id) ?? []).map(
    (row): Sharer => ({ name: row.name, to: selectionOfRow(row) }),
  ),
];

/** `columns`, without the one of sharers where nobody shares. */
export const whereShared = <Row extends BufferRow>(
  columns: readonly Column<Row>[],
  plan: PlanView,
  rows: readonly BufferRow[],
): readonly Column<Row>[] =>
  rows.some(({ tensor }) => tensor.tensors.length > 1 || overlappingRows(plan).has(tensor.id))
    ? columns
    : columns.filter(({ id }) => id !== SHARERS);

const SHARERS = 'sharers';

interface BufferColumns {
  readonly name: Column<BufferRow>;
  readonly size: Column<BufferRow>;
  readonly buffer: Column<BufferRow>;
  readonly sharers: Column<BufferRow>;
}

/** Columns that every table of a plan's buffers is put together from; `select` follows links in cells. */
export function bufferColumns(
  plan: PlanView,
  index: GraphIndex,
  select: (to: Selection) => void,
): BufferColumns {
  const othersIn = ({ tensor }: BufferRow) => inBuffer(tensor, index).map(({ name }) => name);
  return {
    name: {
      id: 'name',
      title: 'Tensor',
      min: 128,
      grow: 2,
      mono: true,
      marked: true,
      value: ({ tensor }) => tensor.name,
      text: row => `${row.tensor.name} ${moreText(othersIn(row).length)}`.trimEnd(),
      render: (row, room) => (
        <NamedCell
          family={familyOfRow(row.tensor)}
          name={row.tensor.name}
          whole={[row.tensor.name, ...othersIn(row)].join('\n')}
          after={moreText(othersIn(row).length)}
          room={room}
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
      text: ({ tensor }) => formatBytes(ownBytes(tensor, index)),
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
      text: ({ tensor }) => formatBytes(tensor.bytes),
      render: ({ tensor }) => formatBytes(tensor.bytes),
    },
    sharers: {
      id: SHARERS,
      title: 'Shares it with',
      hint: 'Other tensors in the same bytes: views and parts of one buffer, and results that are written over operands while these are read for the last time',
      min: 104,
      grow: 1,
      spare: 1,
      mono: true,
      value: ({ tensor }) =>
        sharersOf(tensor, plan, index)
          .map(({ name }) => name)
          .join(', '),
      render: ({ tensor }, room) => (
        <Sharers sharers={sharersOf(tensor, plan, index)} room={room} onSelect={select} />
      ),
    },
  };
}

const moreText = (more: number): string => (more > 0 ? `+${more}` : '');

/** As many as there is room for, the first one however little that is; then how many more. */
function Sharers(props: {
  readonly sharers: readonly Sharer[];
  readonly room: number;
  readonly onSelect: (to: Selection) => void;
}) {
  const { sharers, room } = props;
  const characters = Math.floor(room / MONO_CHARACTER);
  const shown = fittingNames(
    sharers.map(({ name }) => name),
    characters,
  );
  const more = sharers.slice(shown.length).map(({ name }) => name);
  return (
    <>
      {sharers.slice(0, shown.length).map(({ name, to }, place) => (
        <button
          key={`${to.kind} ${to.id}`}
          type="button"
          className={styles.link}
          title={name}
          onClick={event => {
            event.stopPropagation();
            props.onSelect(to);
          }}
        >
          {shown[place]}
        </button>
      ))}
      {more.length > 0 && (
        <span className={styles.after} title={more.join('\n')}>
          {moreText(more.length)}
        </span>
      )}
    </>
  );
}

/** Characters for '+12' and the gap before it, and for the gap after a name. */
const [MORE, GAP] = [4, 1];

/** The names that fit into so many characters, beside how many more there are; the first is cut if it has to be. */
export function fittingNames(names: readonly string[], characters: number): readonly string[] {
  const [first, ...others] = names;
  if (first === undefined) return [];
  const shown = [fittedName(first, characters - (others.length > 0 ? MORE : GAP))];
  let left = characters - (shown[0]?.length ?? 0) - GAP;
  for (const [place, name] of others.entries()) {
    const isLast = place === others.length - 1;
    if (name.length + GAP + (isLast ? 0 : MORE) > left) break;
    shown.push(name);
    left -= name.length + GAP;
  }
  return shown;
}
