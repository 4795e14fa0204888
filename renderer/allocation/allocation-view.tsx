// Two tables: on the left what is live at the step chosen, on the right where every tensor lies for the whole run.

import { useMemo } from 'react';
import { Group, Panel, Separator } from 'react-resizable-panels';
import type { PlanTensor, PlanView } from '../../engine/report/types/plan.ts';
import { formatBytes, formatInteger, formatOffset } from '../format/units.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import { useHighlight } from '../hooks/use-highlight.ts';
import { planOf, runOf, stepOf } from '../state/app-state.ts';
import { selectionOfRow } from '../state/selection.ts';
import { type BufferRow, bufferColumns, whereShared } from '../tables/buffer-columns.tsx';
import type { Column } from '../tables/column.ts';
import { DataTable } from '../tables/data-table.tsx';
import { familyOf } from '../theme/families.ts';
import { useSize } from '../widgets/canvas.tsx';
import { FamilyMark } from '../widgets/family-mark.tsx';
import { PlayBar } from '../widgets/play-bar.tsx';
import styles from './allocation.module.css';
import { type Allocation, type AllocationRow, allocationAt, shapeOfRow } from './allocation-table.ts';
import { ArenaBar } from './arena-bar.tsx';

const PLAY_MS = 500;
/** Two tables side by side leave room for names from here on; narrower, one stands above the other. */
const WIDE_PX = 960;

export function AllocationView() {
  const model = useModel();
  const plan = planOf(model);
  const step = stepOf(model);
  const [sizeRef, { width }] = useSize();
  const allocation = useMemo(() => plan && allocationAt(plan, step), [plan, step]);
  if (!plan || !allocation) return null;
  return (
    <div className={styles.view}>
      <StepBar plan={plan} step={step} />
      <StepLine plan={plan} step={step} allocation={allocation} />
      <ArenaBar plan={plan} allocation={allocation} />
      <div ref={sizeRef} className={styles.tables}>
        {width > 0 && <Tables plan={plan} step={step} allocation={allocation} wide={width >= WIDE_PX} />}
      </div>
    </div>
  );
}

function Tables(props: {
  readonly plan: PlanView;
  readonly step: number;
  readonly allocation: Allocation;
  readonly wide: boolean;
}) {
  const { plan, step, allocation, wide } = props;
  const orientation = wide ? 'horizontal' : 'vertical';
  return (
    <Group key={orientation} orientation={orientation}>
      <Panel id="allocation" minSize={wide ? 280 : 96} defaultSize={wide ? '50%' : '45%'}>
        <AllocationTable plan={plan} allocation={allocation} />
      </Panel>
      <Separator
        className={styles.separator}
        data-across={!wide || undefined}
        aria-label="Resize the tables"
      />
      <Panel id="plan" minSize={wide ? 240 : 96}>
        <PlanTable plan={plan} step={step} />
      </Panel>
    </Group>
  );
}

function StepBar({ plan, step }: { readonly plan: PlanView; readonly step: number }) {
  const actions = useActions();
  const last = plan.steps.length - 1;
  return (
    <PlayBar
      label="Step"
      names={{ play: 'Play the steps', previous: 'Previous step', next: 'Next step', keys: [',', '.'] }}
      value={step}
      first={0}
      last={last}
      text={`step ${step}, ${plan.steps[step]?.title ?? ''}`}
      count={`step ${formatInteger(step)}, ${formatInteger(step + 1)} of ${formatInteger(last + 1)}`}
      paceMs={PLAY_MS}
      onChange={actions.setStep}
    />
  );
}

function StepLine(props: {
  readonly plan: PlanView;
  readonly step: number;
  readonly allocation: Allocation;
}) {
  const { plan, step, allocation } = props;
  const current = plan.steps[step];
  const holes = allocation.holes.reduce((sum, hole) => sum + hole.bytes, 0);
  if (!current) return null;
  return (
    <p className={styles.stepLine} aria-live="polite">
      <FamilyMark family={familyOf(current.op)} />
      <b>{current.title}</b>
      <span className={`mono ${styles.stepName}`}>{current.name}</span>
      <span>{formatBytes(allocation.liveBytes)} live</span>
      {holes > 0 && <span className={styles.muted}>{formatBytes(holes)} in holes</span>}
      <span className={styles.muted}>peak {formatBytes(plan.peakBytes)}</span>
      {step === plan.peakStep && <span className={styles.peak}>most is live here</span>}
    </p>
  );
}

const offsetColumn: Column<BufferRow> = {
  id: 'offset',
  title: 'Offset',
  unit: 'bytes',
  hint: 'Bytes from the start of the arena',
  min: 112,
  align: 'right',
  value: row => row.tensor.offset,
  text: row => formatOffset(row.tensor.offset),
  render: row => formatOffset(row.tensor.offset),
};

const STEP_COLUMNS: readonly Column<AllocationRow>[] = [
  {
    id: 'readers',
    title: 'Readers',
    hint: 'Readers left: steps after this one that still read it. At 0 its memory is free.',
    min: 60,
    align: 'right',
    value: row => row.readersLeft,
  },
  {
    id: 'events',
    title: 'This step',
    hint: 'What this step does with the tensor and its memory. The caller fills inputs before the first step; results and scratch are allocated when the step begins that writes them, “in place” where an operand was that is read for the last time; what is freed can be used by the next step.',
    min: 176,
    grow: 1,
    value: row => row.events,
  },
];

function useBufferColumns(plan: PlanView) {
  const actions = useActions();
  const { index } = useModel();
  return useMemo(() => bufferColumns(plan, index, actions.select), [plan, index, actions]);
}

function AllocationTable(props: { readonly plan: PlanView; readonly allocation: Allocation }) {
  const { plan, allocation } = props;
  const actions = useActions();
  const highlight = useHighlight();
  const { name, size, buffer, sharers } = useBufferColumns(plan);
  // Those of the whole plan: columns that come and go from step to step would make all others jump.
  const columns = useMemo(
    () =>
      whereShared(
        [name, offsetColumn, size, buffer, ...STEP_COLUMNS, sharers],
        plan,
        plan.tensors.map(tensor => ({ tensor })),
      ),
    [plan, name, size, buffer, sharers],
  );
  return (
    <section className={styles.tableBox} aria-label="Allocation table">
      <DataTable
        title={`Live in this step: ${formatInteger(allocation.rows.length)}`}
        label="Allocation table"
        rows={allocation.rows}
        columns={columns}
        rowKey={row => row.tensor.id}
        isMarked={row => highlight.buffers.has(row.tensor.id)}
        onSelect={row => actions.select(selectionOfRow(row.tensor))}
      />
    </section>
  );
}

interface PlanRow {
  readonly tensor: PlanTensor;
  /** '≤100×4': what it is planned for; and the extent in the run shown, where only that told */
  readonly shape: string;
}

const shapeColumn: Column<PlanRow> = {
  id: 'shape',
  title: 'Shape',
  hint: 'Where ≤ stands, the extent is known when the model runs, and memory is planned for the most; in the run shown it was what stands after the arrow',
  min: 104,
  grow: 1,
  mono: true,
  value: row => row.shape,
  render: row => <span className="mono">{row.shape}</span>,
};

const stepsColumn: Column<BufferRow> = {
  id: 'lower',
  title: 'Steps',
  hint: 'First and last step in which it is live',
  min: 112,
  align: 'right',
  value: row => row.tensor.lower,
  text: row => stepsText(row.tensor),
  render: row => stepsText(row.tensor),
};

const stepsText = ({ lower, upper }: PlanTensor): string => `${lower}–${upper - 1}`;

function PlanTable({ plan, step }: { readonly plan: PlanView; readonly step: number }) {
  const actions = useActions();
  const highlight = useHighlight();
  const model = useModel();
  const { index } = model;
  const { name, size, buffer, sharers } = useBufferColumns(plan);
  const report = runOf(model)?.report;
  const rows = useMemo(() => {
    const found = new Map(report?.extents?.map(({ tensor, shape }) => [tensor, shape]));
    return plan.tensors.map(
      (tensor): PlanRow => ({ tensor, shape: shapeOfRow(tensor, index.tensors, found) }),
    );
  }, [plan, index, report]);
  const columns = useMemo(
    () => whereShared([name, shapeColumn, offsetColumn, size, buffer, stepsColumn, sharers], plan, rows),
    [plan, rows, name, size, buffer, sharers],
  );
  return (
    <section className={styles.tableBox} aria-label="Memory plan table">
      <DataTable
        title={`Memory plan: ${formatInteger(rows.length)}`}
        label="Memory plan table"
        rows={rows}
        columns={columns}
        rowKey={row => row.tensor.id}
        isMarked={row => highlight.buffers.has(row.tensor.id)}
        isFaint={row => step < row.tensor.lower || step >= row.tensor.upper}
        onSelect={row => actions.select(selectionOfRow(row.tensor))}
      />
    </section>
  );
}
