// The fusion inspector: which operators became one kernel, what it computes, what that saved, and why.
// Groups are switched off one by one; a group switched off stays listed so that it can come back.

import { useMemo } from 'react';
import { Group, Panel, Separator } from 'react-resizable-panels';
import { counted } from '../../engine/report/counted.ts';
import type { CompileReport, FusedGroup } from '../../engine/report/types/compile.ts';
import { vanishedOf } from '../../engine/report/vanished.ts';
import { operatorsText } from '../format/operators-text.ts';
import { formatBytes, formatCount, formatInteger } from '../format/units.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import { useHighlight } from '../hooks/use-highlight.ts';
import { type OpenModel, optionsOf, reportOf } from '../state/app-state.ts';
import { type GraphIndex, isOfBody } from '../state/derived/graph-index.ts';
import type { Column } from '../tables/column.ts';
import { DataTable } from '../tables/data-table.tsx';
import { NamedCell } from '../tables/named-cell.tsx';
import { familyOf } from '../theme/families.ts';
import { Button } from '../widgets/button.tsx';
import { useSize } from '../widgets/canvas.tsx';
import { EmptyState } from '../widgets/empty-state.tsx';
import { FamilyMark } from '../widgets/family-mark.tsx';
import { MiddleText } from '../widgets/middle-text.tsx';
import styles from './fusion.module.css';
import { GroupInspector } from './group-inspector.tsx';
import { REACHABLE } from './reachable.ts';
import { WholeModel } from './whole-model.tsx';

/** Room for the list and a group side by side; narrower, one stands above the other. */
const WIDE_PX = 544;

export function FusionView() {
  const model = useModel();
  const actions = useActions();
  const report = reportOf(model);
  if (!report) return null;
  if (!optionsOf(model).fusion) {
    return (
      <EmptyState
        title="Fusion is off"
        action={
          <Button emphasis="primary" onClick={() => actions.set({ fusion: true })}>
            Switch fusion on
          </Button>
        }
      >
        Each operator runs alone and writes its result to memory. Switched on, operators that follow each
        other become one kernel, and what lies between them never leaves the registers.
      </EmptyState>
    );
  }
  return <Inspector model={model} report={report} />;
}

/** A group as compiled; one that was switched off as it was compiled before, if it was. */
interface Row {
  readonly id: string;
  readonly on: boolean;
  readonly group?: FusedGroup;
  /** of the node at its heart */
  readonly name: string;
  /** its operators in the file */
  readonly ops: string;
  /** its steps run row by row */
  readonly depthFirst: boolean;
}

function Inspector({ model, report }: { readonly model: OpenModel; readonly report: CompileReport }) {
  const actions = useActions();
  const highlight = useHighlight();
  const { disabledGroups } = optionsOf(model);
  const { reports, index } = model;
  const rows = useMemo((): readonly Row[] => {
    const stepNames = new Map(report.asExecuted.steps.map(({ group, name }) => [group, name]));
    const rowOf = (id: string, on: boolean, group: FusedGroup | undefined): Row => ({
      ...{ id, on, ...(group && { group }) },
      name: group ? (nameOf(group, index) ?? stepNames.get(id) ?? id) : id,
      ops: group?.title ?? id,
      depthFirst: [...reports.values()].some(({ chains = [] }) => chains.some(chain => chain.id === id)),
    });
    const seen = new Map(
      [...reports.values()].flatMap(({ groups }) => groups.map(group => [group.id, group])),
    );
    const off = disabledGroups
      .filter(id => report.groups.every(group => group.id !== id))
      .map(id => rowOf(id, false, seen.get(id)));
    const order = (row: Row): number => row.group?.nodes[0] ?? Number.POSITIVE_INFINITY;
    return [...report.groups.map(group => rowOf(group.id, true, group)), ...off].toSorted(
      (a, b) => order(a) - order(b),
    );
  }, [report, reports, index, disabledGroups]);
  const [sizeRef, { width }] = useSize();
  const wide = width >= WIDE_PX;
  const orientation = wide ? 'horizontal' : 'vertical';
  const { selection } = model;
  const shown =
    selection?.kind === 'group' ? selection.id : rows.find(row => highlight.groups.has(row.id))?.id;
  const current = rows.find(row => row.id === shown);
  if (rows.length === 0) {
    return (
      <EmptyState title="Nothing was fused">
        No operators of this model follow each other in a way that one kernel could compute them together.
      </EmptyState>
    );
  }
  return (
    <div className={styles.view}>
      <Totals report={report} index={index} />
      <div ref={sizeRef} className={styles.columns}>
        {width > 0 && (
          <Group key={orientation} orientation={orientation}>
            <Panel id="groups" minSize={wide ? 240 : 96} defaultSize={wide ? '54%' : '45%'}>
              <DataTable
                label="Fused groups"
                title={`Groups: ${formatInteger(rows.length)}`}
                rows={rows}
                columns={COLUMNS}
                rowKey={row => row.id}
                isMarked={row => row.id === shown}
                isFaint={row => !row.on}
                onSelect={row => actions.select({ kind: 'group', id: row.id })}
              />
            </Panel>
            <Separator
              className={styles.separator}
              data-across={!wide || undefined}
              aria-label="Resize the list of groups"
            />
            <Panel id="group" minSize={wide ? 304 : 96}>
              {current ? (
                <GroupInspector key={current.id} id={current.id} on={current.on} group={current.group} />
              ) : (
                <NoGroup report={report} nodes={highlight.nodes} />
              )}
            </Panel>
          </Group>
        )}
      </div>
    </div>
  );
}

/** Selected operators that are in no group say why; without any, the model is told of. */
function NoGroup(props: { readonly report: CompileReport; readonly nodes: ReadonlySet<number> }) {
  const alone = props.report.apart?.filter(({ nodes }) => nodes.some(node => props.nodes.has(node))) ?? [];
  if (alone.length === 0) {
    return <WholeModel report={props.report} />;
  }
  return (
    <article className={styles.inspector} aria-label="Operators that stay alone" {...REACHABLE}>
      {alone.map(({ name, title, op, reasons }) => (
        <section key={name}>
          <h2 className={styles.title}>
            <FamilyMark family={familyOf(op)} /> {title}
          </h2>
          <p className={`mono ${styles.faint}`}>{name}</p>
          <h3 className={styles.heading}>Why alone</h3>
          <ul className={styles.reasons}>
            {reasons.map(reason => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </section>
      ))}
    </article>
  );
}

function Totals({ report, index }: { readonly report: CompileReport; readonly index: GraphIndex }) {
  // Steps of a chain are groups too: an operator may be in both.
  const members = new Set(report.groups.flatMap(group => group.nodes)).size;
  const ofBodies = report.groups.some(group => isOfBody(group.nodes, index));
  const { unwrittenBytes, rowsOnlyBytes } = vanishedOf(report);
  return (
    <p className={styles.totals}>
      {!ofBodies && `${formatInteger(members)} of ${operatorsText(report.operators, index.nodes.size)} in `}
      {counted(report.groups.length, 'group')}
      {ofBodies && ', some of them in bodies of the file’s operators'} · {formatBytes(unwrittenBytes)} of
      tensors never written to memory
      {rowsOnlyBytes > 0 && ` · ${formatBytes(rowsOnlyBytes)} less where only rows are kept`}
    </p>
  );
}

/** The name of the anchor; of the first node where there is none; in a body only its step has one. */
function nameOf({ nodes, anchorOp }: FusedGroup, index: GraphIndex): string | undefined {
  if (isOfBody(nodes, index)) return undefined;
  const members = nodes.map(node => index.nodes.get(node)).filter(node => node !== undefined);
  const anchor = members.find(({ op }) => op === anchorOp) ?? members[0];
  return anchor?.name ?? '';
}

const opsOf = ({ ops, depthFirst }: Row): string => (depthFirst ? `Depth-first: ${ops}` : ops);

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'ops',
    title: 'Group',
    min: 144,
    grow: 1,
    marked: true,
    value: opsOf,
    render: row => (
      <NamedCell
        family={familyOf(row.group?.anchorOp ?? row.group?.ops[0] ?? '')}
        name={opsOf(row)}
        after={row.on ? '' : 'off'}
      />
    ),
  },
  {
    id: 'name',
    title: 'Name',
    hint: 'Of the operator the kernel is built around',
    min: 144,
    grow: 1,
    mono: true,
    value: row => row.name,
    render: (row, room) => <MiddleText text={row.name} room={room} mono />,
  },
  { id: 'kernel', title: 'Kernel', min: 96, spare: 2, value: row => row.group?.kernel },
  {
    id: 'members',
    title: 'Nodes',
    min: 52,
    spare: 1,
    align: 'right',
    value: row => row.group?.nodes.length,
  },
  {
    id: 'vanished',
    title: 'Vanished',
    hint: 'Bytes of tensors between the members that are never written to memory',
    min: 80,
    align: 'right',
    value: row => row.group?.vanishedBytes,
    render: row => (row.group ? formatBytes(row.group.vanishedBytes) : '–'),
  },
  {
    id: 'accesses',
    title: 'Accesses',
    hint: 'Element reads and writes: together, as a share of apart',
    min: 80,
    spare: 3,
    align: 'right',
    value: row => row.group && accessShare(row.group),
    render: row => (row.group ? `${formatCount(Math.round(accessShare(row.group) * 100))} %` : '–'),
  },
];

const accessShare = ({ before, after }: FusedGroup): number =>
  (after.reads + after.writes) / Math.max(before.reads + before.writes, 1);
