// Trained models against the outputs of another runtime, with every toggle. Normally a few combinations per model, so
// that over the models every two values of different toggles meet; with ARENASCOPE_TEST=all every combination.

import { afterAll, expect, test } from 'vitest';
import { formatBytes, formatTable } from '../../engine/host/commands/terminal.ts';
import { verify } from '../../engine/host/commands/verify.ts';
import { Engines } from '../../engine/host/engines/engines.ts';
import { Failure } from '../../engine/host/failure.ts';
import { compileOptions, DEPTH_FIRST, LAYOUTS, LEANNESS, STRATEGIES } from '../../engine/options.ts';
import type { CompileReport } from '../../engine/report/types/compile.ts';
import { interpretedSteps, planFaults, type TrainedModel, trainedModels } from '../support/models.ts';
import { shared } from '../support/shared.ts';
import { type Combination, pairsOf, pairwise, product } from './covering.ts';

const EVERYTHING = process.env.ARENASCOPE_TEST === 'all';

/** Models that must run; each gets more combinations than the others, which may hold what cannot be run yet. */
const MUST_RUN = [
  'speech-commands-squeezenet',
  'mnist-cntk',
  'ultraface-rfb-320',
  'facemesh',
  'selfie-seg',
  'bodypix-mnv1-050',
  'blazepalm',
  'waifu2x-upconv7',
  'unitree-g1-policy',
  'fastestdet',
];

const engines = new Engines();
// All folders at once, so that no engine has to be replaced by one that may read another.
engines.allow(shared('models'));

const TOGGLES = { fusion: [true, false], planner: STRATEGIES, simd: engines.simd, threads: [1, 2] } as const;
type Toggles = Combination<typeof TOGGLES> &
  Partial<Record<'layout' | 'fma' | 'overlap' | 'lean' | 'depthFirst', unknown>>;

const COVERING: readonly Toggles[] = pairwise({
  ...TOGGLES,
  layout: LAYOUTS,
  fma: [true, false],
  overlap: [true, false],
  lean: LEANNESS,
  depthFirst: DEPTH_FIRST,
});

interface Case extends TrainedModel {
  readonly combinations: readonly Toggles[];
}

/** Combinations dealt out in turn, the models that must run first: they alone see the whole covering array. */
function deal(models: readonly TrainedModel[]): Case[] {
  const must = models.filter(({ name }) => MUST_RUN.includes(name));
  const ordered = [...must, ...models.filter(model => !must.includes(model))];
  let dealt = 0;
  return ordered.map(model => {
    if (EVERYTHING) return { ...model, combinations: [...product(TOGGLES), ...COVERING] };
    const first = dealt;
    dealt += must.includes(model) ? 6 : 4;
    const places = Array.from({ length: dealt - first }, (_, i) => (first + i) % COVERING.length);
    return { ...model, combinations: places.flatMap(place => COVERING[place] ?? []) };
  });
}

/** A line of the table at the end. */
interface Line {
  runs: number;
  passed: number;
  maxAbsError: number;
  slowestMs: number;
  report?: CompileReport;
  note: string;
}
const lines = new Map<string, Line>();

afterAll(() => {
  engines.stop();
  const head = [
    'model',
    'passed',
    'steps',
    'planned',
    'unplanned',
    'largest error',
    'slowest',
    'interpreted',
  ];
  const rows = [...lines].map(([name, { runs, passed, maxAbsError, slowestMs, report, note }]) => [
    name,
    `${passed}/${runs}`,
    String(report?.asExecuted.steps.length ?? ''),
    report ? formatBytes(report.asExecuted.peakBytes) : '',
    report ? formatBytes(report.asExecuted.unplannedBytes) : '',
    maxAbsError.toExponential(1),
    `${Math.round(slowestMs)} ms`,
    note || (report && interpretedSteps(report)) || '-',
  ]);
  if (rows.length > 0) process.stdout.write(`\n${formatTable([head, ...rows])}\n\n`);
});

/** Verifies one combination; the sentence that says what is wrong, if anything. */
async function verifyWith(opened: string, { data }: TrainedModel, toggles: Toggles, line: Line) {
  const options = compileOptions.parse(toggles);
  const start = performance.now();
  const faults: string[] = [];
  const inspect = ({ compile, memory }: { compile: CompileReport; memory: { arenaBytes: number } }): void => {
    faults.push(...planFaults(compile));
    const { peakBytes } = compile.asExecuted;
    if (memory.arenaBytes < peakBytes) faults.push(`an arena of ${memory.arenaBytes} bytes for ${peakBytes}`);
    if (options.planner !== 'off' && (options.fusion || !line.report)) line.report = compile;
  };
  const request = { model: opened, options, folder: data, inspect };
  const result = await verify(engines, request, {});
  for (const output of result.outputs) {
    const { mismatch, mismatched, compared, maxAbsError } = output;
    const found = mismatch ?? `${mismatched} of ${compared} differ, by up to ${maxAbsError}`;
    if (mismatched > 0 || mismatch !== undefined) faults.push(`${output.name}: ${found}`);
  }
  expect(result.ok || faults.length > 0).toBe(true);
  if (faults.length === 0) line.passed++;
  line.maxAbsError = Math.max(line.maxAbsError, result.maxAbsError);
  line.slowestMs = Math.max(line.slowestMs, performance.now() - start);
  return faults.slice(0, 3).map(fault => `${JSON.stringify(toggles)}: ${fault}`);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Said before anything ran: this model cannot be run yet. */
const cannotRun = (error: unknown, { name }: TrainedModel, line: Line): boolean =>
  error instanceof Failure && error.id === 'unsupported' && line.runs === 0 && !MUST_RUN.includes(name);

const cases = deal(trainedModels());

test.for(cases)('$name computes what it should', { timeout: 1_800_000 }, async (model, { skip }) => {
  const line: Line = { runs: 0, passed: 0, maxAbsError: 0, slowestMs: 0, note: '' };
  lines.set(model.name, line);
  const opened = await engines.open({ kind: 'path', path: model.file }, {});
  const faults: string[] = [];
  try {
    for (const toggles of model.combinations) {
      try {
        faults.push(...(await verifyWith(opened.model, model, toggles, line)));
      } catch (error) {
        line.note = messageOf(error);
        if (cannotRun(error, model, line)) skip(line.note);
        faults.push(`${JSON.stringify(toggles)}: ${line.note}`);
      }
      line.runs++;
    }
  } finally {
    await engines.close(opened.model);
  }
  expect(faults).toEqual([]);
});

test.runIf(cases.length > 0)('the models that must run are here, and see every pair of toggles', () => {
  const names = cases.map(({ name }) => name);
  expect(MUST_RUN.filter(name => !names.includes(name))).toEqual([]);
  const met = new Set(
    cases.flatMap(({ name, combinations }) => (MUST_RUN.includes(name) ? combinations.flatMap(pairsOf) : [])),
  );
  expect(COVERING.flatMap(pairsOf).filter(pair => !met.has(pair))).toEqual([]);
});
