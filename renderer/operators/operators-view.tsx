// Operators: what each step takes, measured. Without a run with these settings, what there will be to measure.

import { useMemo } from 'react';
import type { Comparison, TimeRow } from '../../engine/report/compare.ts';
import type { CompileReport } from '../../engine/report/types/compile.ts';
import type { PlanStep } from '../../engine/report/types/plan.ts';
import type { StepReport } from '../../engine/report/types/run.ts';
import { fittedName } from '../format/short-path.ts';
import { sideText } from '../format/side-text.ts';
import {
  formatBytes,
  formatCount,
  formatInteger,
  formatNs,
  formatNumber,
  formatRatio,
  formatShare,
  signed,
} from '../format/units.ts';
import { useActions, useApp, useModel } from '../hooks/app-context.ts';
import { useComparing } from '../hooks/use-comparison.ts';
import { useHighlight } from '../hooks/use-highlight.ts';
import { type KeptRun, reportOf, runOf, shareOf } from '../state/app-state.ts';
import { rowFinder } from '../state/derived/comparing.ts';
import type { Column } from '../tables/column.ts';
import { MONO_CHARACTER } from '../tables/column-widths.ts';
import { DataTable } from '../tables/data-table.tsx';
import { NamedCell } from '../tables/named-cell.tsx';
import { ShareBar } from '../tables/share-bar.tsx';
import { familyOf, familyVariable } from '../theme/families.ts';
import { Button } from '../widgets/button.tsx';
import { EmptyState } from '../widgets/empty-state.tsx';
import { MiddleText } from '../widgets/middle-text.tsx';
import { operatorFacts } from './operator-facts.ts';
import styles from './operators.module.css';
import { computedFlops, peakOf } from './roofline.ts';
import { RooflinePlot } from './roofline-plot.tsx';

/** A step of the plan with its measurement, if there is one. */
interface Row {
  readonly step: PlanStep;
  readonly timed?: StepReport;
  /** of the sum of all steps */
  readonly share?: number;
  /** of the slowest step */
  readonly bar?: number;
  /** FLOP/s as a share of what the machine reaches at best, with the threads of the run */
  readonly ofPeak?: number;
  /** what the runs A and B take for these operators, while they are compared in every view */
  readonly compared?: TimeRow;
  /** the step whose row holds the comparison, where a run does several steps as one */
  readonly within?: string;
}

export function OperatorsView() {
  const actions = useActions();
  const model = useModel();
  const report = reportOf(model);
  const run = runOf(model);
  const roofline = useApp(state => state.roofline);
  const select = useStepSelect(report);
  if (!report) return null;
  return (
    <div className={styles.view}>
      <div className={styles.summary}>
        <Summary report={report} run={run} />
        <Button
          aria-pressed={roofline}
          title="FLOP per byte against GFLOP/s, step by step (R)"
          onClick={() => actions.setRoofline(!roofline)}
        >
          Roofline
        </Button>
      </div>
      {roofline &&
        (run ? (
          <RooflinePlot run={run.report} onSelect={select} />
        ) : (
          <p className={styles.hint}>The roofline plot needs times: press Run.</p>
        ))}
      <div className={styles.table}>
        {report.asExecuted.steps.length === 0 ? (
          <EmptyState title="No steps">
            Nothing of this model is left to compute: its operators are folded away, or pass on what they are
            given.
          </EmptyState>
        ) : (
          <StepTable report={report} run={run} />
        )}
      </div>
    </div>
  );
}

function Summary({ report, run }: { readonly report: CompileReport; readonly run: KeptRun | undefined }) {
  const facts = operatorFacts(report, run?.report, useModel().summary.graph.nodes.length);
  return (
    <ul className={styles.facts}>
      {facts.map(({ strong, text, whole }) => (
        <li key={text} title={whole}>
          {strong !== undefined && <b>{strong} </b>}
          {text}
          {whole !== undefined && <span className="visually-hidden"> ({whole})</span>}
        </li>
      ))}
    </ul>
  );
}

/** Selects what a step stands for: its node where it has one only, else its fused group. */
function useStepSelect(report: CompileReport | undefined): (index: number) => void {
  const actions = useActions();
  return index => {
    const step = report?.asExecuted.steps[index];
    const [node] = step?.nodes ?? [];
    if (step?.group !== undefined) actions.select({ kind: 'group', id: step.group });
    else if (node !== undefined) actions.select({ kind: 'node', id: node });
  };
}

function StepTable({ report, run }: { readonly report: CompileReport; readonly run: KeptRun | undefined }) {
  const select = useStepSelect(report);
  const highlight = useHighlight();
  const comparing = useComparing();
  const rows = useMemo(() => rowsOf(report, run, comparing?.comparison), [report, run, comparing]);
  return (
    <DataTable
      label="Operators"
      title={`Steps: ${formatInteger(rows.length)}`}
      rows={rows}
      columns={comparing ? COMPARED : run ? MEASURED : PLANNED}
      rowKey={row => row.step.index}
      isMarked={row => highlight.steps.has(row.step.index)}
      isFaint={row =>
        comparing
          ? row.within !== undefined || row.compared?.overlapping === true
          : row.timed?.kind === 'reference'
      }
      onSelect={row => select(row.step.index)}
    />
  );
}

function rowsOf(
  report: CompileReport,
  run: KeptRun | undefined,
  comparison: Comparison | undefined,
): readonly Row[] {
  const find = comparison && rowFinder(comparison);
  // What a run does as one is shown once, in the row of its first step.
  const first = new Map<TimeRow, string>();
  const comparedOf = (step: PlanStep): Pick<Row, 'compared' | 'within'> => {
    const row = find?.(step);
    if (!row) return {};
    const within = first.get(row);
    if (within !== undefined) return { within };
    first.set(row, step.name);
    return { compared: row };
  };
  const timed = new Map(run?.report.steps.map(step => [step.index, step]));
  const slowest = run?.report.steps.reduce((most, step) => Math.max(most, step.medianNs), 1) ?? 1;
  return report.asExecuted.steps.map(step => {
    const time = timed.get(step.index);
    const compared = comparedOf(step);
    if (!run || !time) return { step, ...compared };
    const share = shareOf(run.report, time);
    const peak = peakOf(run.report);
    const ofPeak = peak && { ofPeak: perSecond(computedFlops(time), time) / peak.flopsPerSecond };
    return { step, timed: time, share, bar: time.medianNs / slowest, ...ofPeak, ...compared };
  });
}

const perSecond = (count: number, { medianNs }: StepReport): number =>
  count / Math.max(medianNs * 1e-9, 1e-12);

/** What computes or moves nothing has no rate. */
const formatRate = (rate: number): string =>
  rate === 0 ? '–' : rate < 0.001 ? '< 0.001' : formatNumber(rate);

const measured = (
  id: string,
  title: string,
  min: number,
  value: (step: StepReport) => number,
  format: (value: number) => string,
  more: { readonly hint?: string; readonly unit?: string; readonly spare?: number } = {},
): Column<Row> => ({
  id,
  title,
  min,
  align: 'right',
  ...more,
  value: row => row.timed && value(row.timed),
  render: row => (row.timed ? format(value(row.timed)) : '–'),
});

/** `nameMin`: px the name gets at least. */
const identity = (nameMin: number): readonly Column<Row>[] => [
  { id: 'index', title: 'Step', min: 44, align: 'right', value: row => row.step.index },
  {
    id: 'op',
    title: 'Operator',
    min: 156,
    grow: 2,
    marked: true,
    value: row => row.step.title,
    render: row => (
      <NamedCell
        family={familyOf(row.step.op)}
        name={row.step.title}
        whole={`${row.step.title}, computed as ${row.step.fusedOps.join(' + ')}`}
      />
    ),
  },
  {
    id: 'name',
    title: 'Name',
    min: nameMin,
    grow: 2,
    mono: true,
    value: row => row.step.name,
    render: (row, room) => <MiddleText text={row.step.name} room={room} mono />,
  },
];

const PLANNED: readonly Column<Row>[] = [
  ...identity(152),
  {
    id: 'nodes',
    title: 'Nodes',
    min: 72,
    align: 'right',
    hint: 'Operators of the model this step stands for',
    value: row => row.step.nodes.length,
  },
];

const withinText = (name: string): string => `in ${name}`;

const side = (id: 'a' | 'b'): Column<Row> => ({
  id,
  title: id.toUpperCase(),
  min: 136,
  align: 'right',
  unit: 'ns',
  value: row => row.compared?.[id]?.medianNs,
  text: row => (row.within === undefined ? sideText(row.compared?.[id]) : withinText(row.within)),
  render: (row, room) =>
    row.within === undefined ? (
      sideText(row.compared?.[id])
    ) : (
      <span title={`In the row of ${row.within}`}>
        {withinText(fittedName(row.within, Math.floor(room / MONO_CHARACTER) - 3))}
      </span>
    ),
});

/** Both runs beside each other: a fused step against the sum of what it stands for. */
const COMPARED: readonly Column<Row>[] = [
  ...identity(104),
  side('a'),
  side('b'),
  {
    id: 'delta',
    title: 'B − A',
    min: 76,
    align: 'right',
    unit: 'ns',
    value: row => row.compared?.deltaNs,
    render: row =>
      row.compared ? signed(row.compared.deltaNs, formatNs) : row.within === undefined ? '–' : '',
  },
  {
    id: 'ratio',
    title: 'B / A',
    hint: 'Grey rows: the intervals of the medians meet, so the difference may be noise',
    min: 76,
    align: 'right',
    value: row => row.compared?.ratio,
    render: row => (row.within === undefined ? formatRatio(row.compared?.ratio) : ''),
  },
];

const MEASURED: readonly Column<Row>[] = [
  ...identity(152),
  measured('median', 'Median', 72, step => step.medianNs, formatNs, { unit: 'ns' }),
  {
    id: 'share',
    title: 'Share',
    hint: 'Of the medians of all steps together',
    min: 72,
    align: 'right',
    value: row => row.share,
    render: row =>
      row.share === undefined ? (
        '–'
      ) : (
        <ShareBar share={row.bar ?? 0} color={familyVariable(familyOf(row.step.op))}>
          {formatShare(row.share)}
        </ShareBar>
      ),
  },
  measured('min', 'Min', 72, step => step.minNs, formatNs, { unit: 'ns', spare: 5 }),
  measured('p95', 'p95', 72, step => step.p95Ns, formatNs, {
    hint: '95 % of the runs took at most this long',
    unit: 'ns',
    spare: 4,
  }),
  measured(
    'flops',
    'FLOP',
    64,
    step => step.flops,
    flops => (flops === 0 ? '–' : formatCount(flops)),
    { hint: 'As the operators define them; of a loop or scan, of all turns that its body made in a run' },
  ),
  measured('rate', 'GFLOP/s', 68, step => perSecond(step.flops, step) / 1e9, formatRate, {
    hint: 'Of the FLOP that operators define: minimal filtering (Winograd) computes fewer and can be above the peak',
  }),
  {
    id: 'peak',
    title: '% of peak',
    hint: 'Of multiply-adds that never leave the registers, measured with the run, times its threads; FLOP that minimal filtering (Winograd) does without are not counted here',
    min: 72,
    align: 'right',
    value: row => row.ofPeak && row.ofPeak * 100,
    render: row => (row.ofPeak ? formatShare(row.ofPeak) : '–'),
  },
  measured('read', 'Read', 72, step => step.bytesRead, formatBytes, { unit: 'bytes', spare: 2 }),
  measured('written', 'Written', 72, step => step.bytesWritten, formatBytes, { unit: 'bytes', spare: 1 }),
  measured(
    'bandwidth',
    'GiB/s',
    64,
    step => perSecond(step.bytesRead + step.bytesWritten, step) / 2 ** 30,
    formatRate,
    { hint: 'Bytes read and written per second', spare: 3 },
  ),
];
