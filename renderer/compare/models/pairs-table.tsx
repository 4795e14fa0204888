// The operators of two models, matched: what was added, removed or changed, in the order of the newer one.

import { useMemo } from 'react';
import type { ModelDifference } from '../../../engine/report/compare-models.ts';
import type { NodeSummary } from '../../../engine/report/types/model.ts';
import { fittedName } from '../../format/short-path.ts';
import { formatInteger, formatNs } from '../../format/units.ts';
import { useActions, useModel } from '../../hooks/app-context.ts';
import { type OpenModel, runOf } from '../../state/app-state.ts';
import type { Change } from '../../state/derived/versions.ts';
import type { Column } from '../../tables/column.ts';
import { MONO_CHARACTER } from '../../tables/column-widths.ts';
import { DataTable } from '../../tables/data-table.tsx';
import { NamedCell } from '../../tables/named-cell.tsx';
import { familyOf } from '../../theme/families.ts';
import { MiddleText } from '../../widgets/middle-text.tsx';
import { nsOf, type StepTime, stepTimes } from './step-times.ts';

interface Row {
  readonly key: string;
  readonly status: Change | 'same';
  readonly before?: NodeSummary;
  readonly after?: NodeSummary;
  readonly changes: string;
  readonly beforeTime?: StepTime;
  readonly afterTime?: StepTime;
}

export function PairsTable(props: {
  readonly before: OpenModel;
  readonly after: OpenModel;
  readonly difference: ModelDifference;
  readonly all: boolean;
}) {
  const { before, after, difference, all } = props;
  const actions = useActions();
  const { selection } = useModel();
  const rows = useMemo(() => rowsOf(before, after, difference), [before, after, difference]);
  const shown = all ? rows : rows.filter(({ status }) => status !== 'same');
  return (
    <DataTable
      label="Operators of both models"
      title={`Operators: ${formatInteger(shown.length)}`}
      rows={shown}
      columns={COLUMNS}
      rowKey={row => row.key}
      isMarked={row => selection?.kind === 'node' && selection.id === row.after?.id}
      isFaint={row => row.status === 'same'}
      onSelect={row => {
        if (row.after) actions.select({ kind: 'node', id: row.after.id });
      }}
    />
  );
}

function rowsOf(
  before: OpenModel,
  after: OpenModel,
  { pairs, added, removed }: ModelDifference,
): readonly Row[] {
  const times = [before, after].map(model =>
    stepTimes(runOf(model)?.report.steps ?? [], node => model.index.nodes.get(node)?.name ?? ''),
  );
  const side = (id: number | undefined, model: OpenModel, at: 0 | 1) => {
    const node = id === undefined ? undefined : model.index.nodes.get(id);
    const time = id === undefined ? undefined : times[at]?.get(id);
    const names = at === 0 ? (['before', 'beforeTime'] as const) : (['after', 'afterTime'] as const);
    return { ...(node && { [names[0]]: node }), ...(time && { [names[1]]: time }) };
  };
  const row = (status: Row['status'], a: number | undefined, b: number | undefined, changes = ''): Row => ({
    key: `${a ?? ''}:${b ?? ''}`,
    status,
    changes,
    ...side(a, before, 0),
    ...side(b, after, 1),
  });
  const ofAfter = [
    ...pairs.map(({ a, b, changes }) =>
      row(changes.length > 0 ? 'changed' : 'same', a, b, changes.join('; ')),
    ),
    ...added.map(b => row('added', undefined, b)),
  ].toSorted((m, n) => (m.after?.id ?? 0) - (n.after?.id ?? 0));
  return [...removed.map(a => row('removed', a, undefined)), ...ofAfter];
}

const SIGNS: Readonly<Record<Row['status'], string>> = {
  added: '+ added',
  removed: '− removed',
  changed: '~ changed',
  same: 'same',
};

const time = (id: 'beforeTime' | 'afterTime', title: string): Column<Row> => ({
  id,
  title,
  hint: 'Median of the step this operator is part of, at the first operator of the step',
  unit: 'ns',
  min: 104,
  align: 'right',
  spare: 1,
  value: row => nsOf(row[id]),
  text: row => timeText(row[id]),
  render: (row, room) => (
    <span title={timeText(row[id])}>{timeText(row[id], Math.floor(room / MONO_CHARACTER))}</span>
  ),
});

/** `most`: characters there is room for. */
function timeText(time: StepTime | undefined, most = Number.POSITIVE_INFINITY): string {
  if (!time) return '–';
  return 'ns' in time ? formatNs(time.ns) : `in ${fittedName(time.within, most - 3)}`;
}

const COLUMNS: readonly Column<Row>[] = [
  { id: 'status', title: 'Change', min: 84, value: row => SIGNS[row.status] },
  {
    id: 'op',
    title: 'Operator',
    min: 144,
    grow: 1,
    marked: true,
    value: row => (row.after ?? row.before)?.op,
    render: row => {
      const op = (row.after ?? row.before)?.op ?? '';
      return <NamedCell family={familyOf(op)} name={op} />;
    },
  },
  {
    id: 'name',
    title: 'Name',
    min: 120,
    grow: 1,
    mono: true,
    value: row => (row.after ?? row.before)?.name,
    render: (row, room) => <MiddleText text={(row.after ?? row.before)?.name ?? ''} room={room} mono />,
  },
  {
    id: 'changes',
    title: 'What changed',
    min: 160,
    grow: 2,
    value: row => row.changes,
    render: row => <span title={row.changes}>{row.changes}</span>,
  },
  time('beforeTime', 'Before'),
  time('afterTime', 'After'),
];
