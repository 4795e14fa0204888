// The parts of the report below its head: memory, runs, two runs compared, steps, fused groups, model, environment.
// A part without anything to show is left out.

import { compareRuns, type TimeRow } from '../compare.ts';
import { counted } from '../counted.ts';
import { boundedTensors, extentsOf } from '../extents.ts';
import { peakOwnersOf } from '../peak-owners.ts';
import { allSettingsText } from '../settings-text.ts';
import { shapeText, tensorShapeText, typeText } from '../shape-text.ts';
import { shareText } from '../share-text.ts';
import type { CompileReport, FusedGroup } from '../types/compile.ts';
import type { ModelSummary } from '../types/model.ts';
import type { PlanView } from '../types/plan.ts';
import type { RunReport } from '../types/run.ts';
import { vanishedOf } from '../vanished.ts';
import { memoryChart, runsChart } from './charts.ts';
import { bytesText, countText, ratioText, shortCountText, signed, timeText } from './format.ts';
import { html, type Markup } from './markup.ts';

/** Rows of a table at most; what is left out is said. */
const MOST_ROWS = 25;

interface Column<Row> {
  readonly title: string;
  readonly numeric?: true;
  readonly cell: (row: Row) => Markup | string | number;
}

function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  {
    rowClass = () => '',
    beneath,
  }: {
    readonly rowClass?: (row: Row) => string;
    /** under a row, as wide as the table */
    readonly beneath?: (row: Row) => Markup;
  } = {},
): Markup {
  const under = (row: Row): Markup | undefined =>
    beneath && html`<tr class="beneath"><td colspan="${columns.length}">${beneath(row)}</td></tr>\n`;
  const kind = ({ numeric }: Column<Row>): string => (numeric ? 'n' : '');
  const head = columns.map(column => html`<th scope="col" class="${kind(column)}">${column.title}</th>`);
  const body = rows
    .slice(0, MOST_ROWS)
    .map(
      row =>
        html`<tr class="${rowClass(row)}">${columns.map(column => html`<td class="${kind(column)}">${column.cell(row)}</td>`)}</tr>\n${under(row)}`,
    );
  const more =
    rows.length > MOST_ROWS ? html`<p class="soft">and ${rows.length - MOST_ROWS} more</p>` : undefined;
  return html`<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>
${body}</tbody></table></div>${more}`;
}

const section = (title: string, body: Markup): Markup => html`<section><h2>${title}</h2>
${body}</section>
`;

const mono = (text: string): Markup => html`<span class="mono">${text}</span>`;

/** Before and after on one scale: the graph as given, every tensor apart; as executed. */
export function memorySection({ asGiven, asExecuted }: CompileReport): Markup {
  const most = Math.max(asGiven.peakBytes, asExecuted.peakBytes);
  const columns: readonly Column<readonly [string, (plan: PlanView) => string]>[] = [
    { title: '', cell: ([name]) => name },
    { title: 'As given', numeric: true, cell: ([, text]) => text(asGiven) },
    { title: 'As executed', numeric: true, cell: ([, text]) => text(asExecuted) },
  ];
  const saved = ({ peakBytes, unplannedBytes }: PlanView): string =>
    unplannedBytes === 0 ? '–' : shareText(1 - peakBytes / unplannedBytes);
  return section(
    'Memory',
    html`<p class="soft">As given: constants folded, nothing fused. As executed: what the engine runs. Solid line: arena; dashed: lower bound.</p>
${memoryChart(asGiven, most, 'Before: as given')}
${memoryChart(asExecuted, most, 'After: as executed')}
${table(
  [
    ['Arena peak', plan => bytesText(plan.peakBytes)],
    ['Lower bound', plan => `${bytesText(plan.lowerBoundBytes)}${plan.optimal ? ' (met)' : ''}`],
    ['Every tensor apart', plan => bytesText(plan.unplannedBytes)],
    ['Saved', saved],
    ['Steps', plan => countText(plan.steps.length)],
    ...(asGiven.uncounted || asExecuted.uncounted ? [UNCOUNTED] : []),
  ],
  columns,
)}
${ownersTable(asExecuted)}`,
  );
}

/** If, Loop and Scan hold what they compute inside while they run. */
const UNCOUNTED = [
  'Steps with subgraphs, whose insides are not counted',
  ({ uncounted = 0 }: PlanView) => countText(uncounted),
] as const;

function ownersTable(plan: PlanView): Markup {
  const owners = peakOwnersOf(plan);
  const live = plan.liveBytes[plan.peakStep] ?? 0;
  const shared = owners.reduce((sum, { tensor }) => sum + tensor.bytes, 0) - live;
  const sharing = shared > 0 ? `, which share ${bytesText(shared)}` : '';
  return html`<p>Live in step ${plan.peakStep}, which needs the most: ${bytesText(live)} in ${counted(owners.length, 'tensor')}${sharing}.</p>
${table(owners, [
  { title: 'Tensor', cell: ({ tensor }) => mono(tensor.name) },
  { title: 'Made by', cell: ({ writer, tensor }) => plan.steps[writer ?? -1]?.title ?? tensor.kind },
  { title: 'Size', numeric: true, cell: ({ tensor }) => bytesText(tensor.bytes) },
  {
    title: shared > 0 ? 'Of their sum' : 'Of the peak',
    numeric: true,
    cell: ({ share }) => shareText(share),
  },
])}`;
}

/** A run, and what it is called. */
export interface NumberedRun {
  readonly run: RunReport;
  readonly number: number;
}

/** All runs side by side; nothing without any. */
export function runsSection(runs: readonly NumberedRun[]): Markup | undefined {
  if (runs.length === 0) return undefined;
  const numbered = runs.map(({ run, number }) => ({ label: `run ${number}`, run }));
  return section(
    'Runs',
    html`${runsChart(numbered)}
${table(numbered, [
  { title: 'Run', cell: row => row.label },
  { title: 'Settings', cell: ({ run }) => allSettingsText(run.options) },
  { title: 'Median', numeric: true, cell: ({ run }) => timeText(run.total.medianNs) },
  {
    title: '95 % interval',
    numeric: true,
    cell: ({ run }) => `${timeText(run.total.lowNs)} – ${timeText(run.total.highNs)}`,
  },
  { title: 'Timed runs', numeric: true, cell: ({ run }) => run.iterations },
  { title: 'Arena', numeric: true, cell: ({ run }) => bytesText(run.memory.arenaBytes) },
  { title: 'Largest error', numeric: true, cell: ({ run }) => errorText(run) },
])}`,
  );
}

const errorText = ({ check }: RunReport): string =>
  check ? `${check.maxAbsError.toExponential(1).replace('-', '−')} (${check.against})` : 'not checked';

/** B against A, what may be noise in grey. */
export function comparisonSection(a: NumberedRun | undefined, b: NumberedRun): Markup | undefined {
  if (!a) return undefined;
  const { total, operators, memory, measuredTogether } = compareRuns(a.run, b.run);
  const rows = operators.toSorted((m, n) => Math.abs(n.deltaNs) - Math.abs(m.deltaNs));
  const ratio = (row: TimeRow): Markup => {
    const kind = row.overlapping || row.ratio === undefined ? '' : row.ratio < 1 ? 'good' : 'bad';
    return html`<span class="${kind}">${ratioText(row.ratio)}</span>`;
  };
  const side = (time: TimeRow['a']): string =>
    time ? `${timeText(time.medianNs)}${time.steps.length > 1 ? ` (sum of ${time.steps.length})` : ''}` : '–';
  const sizes = memory.filter(({ a: before, b: after }) => before !== undefined && after !== undefined);
  return section(
    `Run ${b.number} against run ${a.number}`,
    html`<p>A is run ${a.number}: ${allSettingsText(a.run.options)}.</p>
<p>B is run ${b.number}: ${allSettingsText(b.run.options)}.</p>
<p class="soft">${measuredTogether ? 'Measured together, in turns.' : 'Not measured together: the machine may have changed in between.'} Grey: the intervals meet, so the difference may be noise.</p>
${table(
  [total, ...rows],
  [
    { title: 'Operators', cell: row => (row === total ? 'All' : mono(row.name)) },
    { title: 'A', numeric: true, cell: row => side(row.a) },
    { title: 'B', numeric: true, cell: row => side(row.b) },
    { title: 'B − A', numeric: true, cell: row => signed(row.deltaNs, timeText) },
    { title: 'B / A', numeric: true, cell: ratio },
  ],
  { rowClass: row => (row.overlapping ? 'noise' : '') },
)}
${table(sizes, [
  { title: 'Memory', cell: row => MEMORY_NAMES[row.key] },
  { title: 'A', numeric: true, cell: row => bytesText(row.a ?? 0) },
  { title: 'B', numeric: true, cell: row => bytesText(row.b ?? 0) },
  { title: 'B − A', numeric: true, cell: row => signed(row.deltaBytes ?? 0, bytesText) },
  { title: 'B / A', numeric: true, cell: row => ratioText(row.ratio) },
])}`,
  );
}

const MEMORY_NAMES: Readonly<Record<keyof RunReport['memory'], string>> = {
  arenaBytes: 'Arena peak',
  lowerBoundBytes: 'Lower bound',
  unplannedBytes: 'Every tensor apart',
  weightsBytes: 'Packed weights',
  touchedBytes: 'Touched',
};

/** The steps of one run, slowest first; nothing without one. */
export function stepsSection(numbered: NumberedRun | undefined, ofSeveral: boolean): Markup | undefined {
  if (!numbered) return undefined;
  const { run, number } = numbered;
  const all = run.steps.reduce((sum, { medianNs }) => sum + medianNs, 0);
  const rows = run.steps.toSorted((a, b) => b.medianNs - a.medianNs);
  return section(
    ofSeveral ? `Slowest steps of run ${number}` : 'Slowest steps',
    html`<p class="soft">Shares are of the medians of all steps together, ${timeText(all)}; the median run took
      ${timeText(run.total.medianNs)}.</p>
    ${table(rows, [
      { title: 'Step', cell: step => mono(step.name) },
      { title: 'Operators', cell: step => step.title },
      { title: 'Median', numeric: true, cell: step => timeText(step.medianNs) },
      { title: 'Share', numeric: true, cell: step => shareText(step.medianNs / Math.max(all, 1)) },
      {
        title: 'GFLOP/s',
        numeric: true,
        cell: step => (step.medianNs > 0 ? (step.flops / step.medianNs).toFixed(1) : '–'),
      },
    ])}`,
  );
}

/** What fusing the model came to, then the groups, those first that let most bytes vanish; nothing without any. */
export function groupsSection(report: CompileReport): Markup | undefined {
  if (report.groups.length === 0) return undefined;
  const rows = report.groups.toSorted((a, b) => b.vanishedBytes - a.vanishedBytes);
  const change = (of: (account: FusedGroup['before']) => number) => (group: FusedGroup) =>
    `${shortCountText(of(group.before))} → ${shortCountText(of(group.after))}`;
  return section(
    'Fused groups',
    html`${accountTable(report)}
${table(
  rows,
  [
    { title: 'Operators, and what they compute together', cell: ({ title }) => title },
    { title: 'Kernel', cell: group => group.kernel },
    { title: 'Loops', numeric: true, cell: change(({ loops }) => loops) },
    { title: 'Reads', numeric: true, cell: change(({ reads }) => reads) },
    { title: 'Writes', numeric: true, cell: change(({ writes }) => writes) },
    { title: 'Vanished', numeric: true, cell: group => bytesText(group.vanishedBytes) },
  ],
  { beneath: group => code(group.expression) },
)}`,
  );
}

/** The whole model: operators apart, kernels together. Rows that depth-first chains keep are left out. */
function accountTable({ operators, kernels, account, ...report }: CompileReport): Markup {
  const { before, after } = account;
  const { unwrittenBytes, rowsOnlyBytes } = vanishedOf(report);
  const rows = [
    ['Operators, kernels', operators, kernels],
    ['Loops', before.loops, after.loops],
    ['Element reads', before.reads, after.reads],
    ['Element writes', before.writes, after.writes],
  ] as const;
  const chained =
    rowsOnlyBytes > 0
      ? ` Of those between steps that run row by row only rows exist: ${bytesText(rowsOnlyBytes)} less. Reads and writes of these rows count in the model’s, not in the chains’.`
      : '';
  return html`${table(rows, [
    { title: 'The whole model', cell: ([name]) => name },
    { title: 'Apart', numeric: true, cell: ([, count]) => shortCountText(count) },
    { title: 'Together', numeric: true, cell: ([, , count]) => shortCountText(count) },
    { title: 'Ratio', numeric: true, cell: ([, a, b]) => (a > 0 ? shareText(b / a) : '–') },
  ])}
<p class="soft">${bytesText(unwrittenBytes)} of tensors are never written to memory.${chained}</p>`;
}

/** Longer expressions are opened by whoever wants to read them. */
const MOST_LINES = 8;

/** Lines as they are; what does not fit into one goes on further in. */
function code(text: string): Markup {
  const lines = text.split('\n');
  const shown = html`<div class="code">${lines.map(line => html`<div>${line}</div>`)}</div>`;
  return lines.length <= MOST_LINES
    ? shown
    : html`<details><summary>${counted(lines.length, 'line')}</summary>${shown}</details>`;
}

/** Kernels that something could have joined. */
export function apartSection({ apart = [] }: CompileReport): Markup | undefined {
  if (apart.length === 0) return undefined;
  return section(
    'Kernels outside groups',
    html`<p class="soft">What is named with a convolution or product, and is no group with it, is part of its weights.</p>
${table(apart, [
  { title: 'Computes', cell: ({ title }) => title },
  { title: 'Name', cell: ({ name }) => mono(name) },
  { title: 'Why alone', cell: ({ reasons }) => reasons.join('; ') },
])}`,
  );
}

/** Tensors planned at a capacity, and what the newest run found. */
export function boundedSection(model: ModelSummary, run: RunReport | undefined): Markup | undefined {
  const tensors = boundedTensors(model);
  if (tensors.length === 0) return undefined;
  const found = extentsOf(run ?? {});
  return section(
    'Sizes known when it runs',
    html`<p class="soft">Memory is planned for the capacity.</p>
${table(tensors, [
  { title: 'Tensor', cell: ({ name }) => mono(name) },
  { title: 'Capacity', cell: tensor => tensorShapeText(tensor) },
  { title: 'In the newest run', cell: ({ id }) => foundText(found.get(id)) },
])}`,
  );
}

const foundText = (shape: readonly number[] | undefined): string => (shape ? shapeText(shape) : '–');

/** What the model is: inputs, outputs, size, what was found wrong with it. */
export function modelSection(model: ModelSummary): Markup {
  const tensors = new Map(model.graph.tensors.map(tensor => [tensor.id, tensor]));
  const types = (ids: readonly number[]): Markup =>
    mono(
      ids
        .flatMap(id => tensors.get(id) ?? [])
        .map(tensor => `${tensor.name}: ${typeText(tensor)}`)
        .join('; '),
    );
  const counts = new Map<string, number>();
  for (const { op } of model.graph.nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
  const operators = [...counts].toSorted((a, b) => b[1] - a[1]).map(([op, count]) => `${op} ${count}`);
  const opsets = Object.entries(model.opsets).map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`);
  const facts: readonly (readonly [string, string | Markup])[] = [
    ['SHA-256', mono(model.sha256)],
    ['Producer', model.producer || '–'],
    ['Opset', opsets.join(', ')],
    ['Parameters', `${countText(model.parameters)} (${bytesText(model.parameterBytes)})`],
    ['Inputs', types(model.graph.inputs)],
    ['Outputs', types(model.graph.outputs)],
    ['Operators', operators.join(', ')],
    ...model.diagnostics
      .filter(({ severity }) => severity !== 'info')
      .map(({ where, message }) => ['Finding', `${where}: ${message}`] as const),
  ];
  return section('Model', factsTable(facts));
}

const factsTable = (facts: readonly (readonly [string, string | Markup])[]): Markup =>
  html`<div class="scroll"><table><tbody>${facts.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>\n`)}</tbody></table></div>`;

/** Where it was measured, and what wrote the report; `run` is any of the runs. */
export function environmentSection(run: RunReport | undefined, generator: string): Markup {
  const { environment } = run ?? {};
  const facts: readonly (readonly [string, string])[] = [
    ...(environment
      ? ([
          ['Processor', `${environment.cpu}, ${environment.cores} cores`],
          ['Engine', `Node ${environment.node}, V8 ${environment.v8}`],
        ] as const)
      : []),
    ...(run?.peak
      ? ([
          ['Multiply-adds, at best', `${(run.peak.flopsPerSecond / 1e9).toFixed(1)} GFLOP/s on one thread`],
          ['Copying, at best', `${bytesText(run.peak.bytesPerSecond)}/s`],
        ] as const)
      : []),
    ['Written by', generator],
  ];
  return section('Environment', factsTable(facts));
}
