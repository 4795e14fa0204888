// The operators of two models, matched: what was added, removed or changed, in the order of the newer one.

import { useMemo } from 'react';
import type { ModelDifference } from '../../../engine/report/compare-models.ts';
import type { NodeSummary } from '../../../engine/report/types.ts';
import { useActions, useModel } from '../../app/app-context.ts';
import { formatInteger, formatNs } from '../../format/units.ts';
import { type OpenModel, runOf } from '../../state/app-state.ts';
import type { Change } from '../../state/versions.ts';
import { type Column, DataTable } from '../../tables/data-table.tsx';
import { NamedCell } from '../../tables/named-cell.tsx';
import { familyOf } from '../../theme/families.ts';
import { MiddleText } from '../../widgets/middle-text.tsx';

interface Row {
  readonly key: string;
  readonly status: Change | 'same';
  readonly before?: NodeSummary;
  readonly after?: NodeSummary;
  readonly changes: string;
  /** of the step that the node is part of */
  readonly beforeNs?: number;
  readonly afterNs?: number;
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
  const times = [before, after].map(stepTimes);
  const side = (id: number | undefined, model: OpenModel, at: 0 | 1) => {
    const node = id === undefined ? undefined : model.index.nodes.get(id);
    const ns = id === undefined ? undefined : times[at]?.get(id);
    const names = at === 0 ? (['before', 'beforeNs'] as const) : (['after', 'afterNs'] as const);
    return { ...(node && { [names[0]]: node }), ...(ns !== undefined && { [names[1]]: ns }) };
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

function stepTimes(model: OpenModel): ReadonlyMap<number, number> {
  const steps = runOf(model)?.report.steps ?? [];
  return new Map(steps.flatMap(({ nodes, medianNs }) => nodes.map(node => [node, medianNs] as const)));
}

const SIGNS: Readonly<Record<Row['status'], string>> = {
  added: '+ added',
  removed: '− removed',
  changed: '~ changed',
  same: 'same',
};

const time = (id: 'beforeNs' | 'afterNs', title: string): Column<Row> => ({
  id,
  title,
  hint: 'Median of the step this operator is part of',
  unit: 'ns',
  min: 80,
  align: 'right',
  spare: 1,
  value: row => row[id],
  render: row => {
    const ns = row[id];
    return ns === undefined ? '–' : formatNs(ns);
  },
});

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
  time('beforeNs', 'Before'),
  time('afterNs', 'After'),
];
