// Runs with times: one configuration, or two in turns (A B A B), each in the process of its SIMD class.

import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { CompileOptions } from '../../options.ts';
import type { RunReport } from '../../report/types/run.ts';
import type { CallControl, EngineChild } from './engine-child.ts';
import type { EngineRequestOf, InputSource, MeasuredRuns, PreparedSession } from './engine-requests.ts';
import { askedAgain, type Engines, type Lease } from './engines.ts';
import { runReport } from './run-report.ts';

export interface MeasureRequest {
  readonly model: string;
  /** one, or several to be measured in turns */
  readonly variants: readonly CompileOptions[];
  /** timed runs of each, after warm-up */
  readonly iterations: number;
  readonly check: 'none' | 'unfused' | 'reference';
  /** with a check: the largest error of every fused group too */
  readonly groupErrors?: boolean;
  readonly inputs: InputSource;
  /** repeat each variant's last run under the sanitizer */
  readonly sanitize?: boolean;
  /** measure what the machine reaches at best too, in the same process */
  readonly peak?: boolean;
  /** compile, whatever was compiled before */
  readonly noCache?: boolean;
  /** called with every session after its runs */
  readonly inspect?: (child: EngineChild, session: string) => Promise<void>;
}

/** A variant that is ready to run, and the runs it has made. */
interface Contender extends OpenSession {
  readonly runs: { totalsNs: number[]; stepsNs: (readonly number[])[] };
}

/** Runs made by one message when nothing alternates; progress is told in between. */
const BATCHES = 20;

/** Compiles, warms up and measures; one report per variant. Nothing else runs in the engines meanwhile. */
export function measure(
  engines: Engines,
  request: MeasureRequest,
  control: CallControl = {},
): Promise<RunReport[]> {
  return engines.exclusively(
    lease => measureWith(engines, lease, request, control),
    control.signal,
    control.onProgress,
  );
}

async function measureWith(
  engines: Engines,
  lease: Lease,
  request: MeasureRequest,
  control: CallControl,
): Promise<RunReport[]> {
  const contenders: Contender[] = [];
  try {
    for (const options of request.variants) {
      const { model, inputs } = request;
      const cache = request.noCache !== true;
      const opened = await prepare(lease, { model, options, inputs, warmUp: true, cache }, control);
      contenders.push({ ...opened, runs: { totalsNs: [], stepsNs: [] } });
    }
    await takeTurns(contenders, request.iterations, control);
    const together = contenders.length > 1 ? `together-${randomUUID()}` : undefined;
    const reports: RunReport[] = [];
    for (const contender of contenders) {
      reports.push(await report(engines, request, contender, together, control));
    }
    return reports;
  } finally {
    await Promise.allSettled(contenders.map(({ child, session }) => child.call('release', { session })));
  }
}

/** Compiles and runs once, without times, and lets `use` ask about the outputs. */
export function withSession<T>(
  engines: Engines,
  request: { readonly model: string; readonly options: CompileOptions; readonly inputs: InputSource },
  control: CallControl,
  use: (child: EngineChild, session: string, prepared: PreparedSession) => Promise<T>,
): Promise<T> {
  return engines.exclusively(async lease => {
    const { child, session, prepared } = await prepare(lease, { ...request, warmUp: false }, control);
    try {
      return await use(child, session, prepared);
    } finally {
      await child.call('release', { session }).catch(() => {});
    }
  }, control.signal);
}

/** A session in the process of its SIMD class; whoever asked for it releases it. */
export interface OpenSession {
  readonly child: EngineChild;
  readonly session: string;
  readonly prepared: PreparedSession;
}

/** Compiles, loads and runs once, and warms up if asked to. */
export async function prepare(
  lease: Lease,
  request: Omit<EngineRequestOf<'prepare'>, 'session'>,
  control: CallControl,
): Promise<OpenSession> {
  const { model, options, inputs, warmUp, cache } = request;
  // Files may lie in folders that no model was opened from.
  const files = inputs.kind === 'files' ? inputs.files.filter(({ npy }) => npy === undefined) : [];
  for (const file of files) lease.reading(options.simd, path.dirname(file.path));
  const child = await lease.child(options.simd, model, control);
  const session = `session-${randomUUID()}`;
  const body = { model, session, options, inputs, warmUp, ...(cache && { cache }) };
  const ask = async (): Promise<OpenSession> => {
    const prepared = await child.call('prepare', body, control);
    return { child, session, prepared };
  };
  try {
    return await askedAgain(child, ask, () => prepare(lease, request, control));
  } catch (error) {
    // It may have been ready just when it was cancelled.
    child.call('release', { session }).catch(() => {});
    throw error;
  }
}

/** Progress is told in runs of all contenders, also from within one that takes long: `done` lies between two then. */
async function takeTurns(
  contenders: readonly Contender[],
  iterations: number,
  control: CallControl,
): Promise<void> {
  const batch = contenders.length > 1 ? 1 : Math.ceil(iterations / BATCHES);
  const all = iterations * contenders.length;
  let done = 0;
  for (let turn = 0; turn < iterations; turn += batch) {
    const runs = Math.min(batch, iterations - turn);
    for (const { child, session, runs: made } of contenders) {
      const before = done;
      const tell = (part: number): void => control.onProgress?.('measure', before + part * runs, all);
      tell(0);
      const measured: MeasuredRuns = await child.call(
        'measure',
        { session, runs, copyOutputs: false },
        { ...control, onProgress: (_, steps, of) => tell(steps / of) },
      );
      made.totalsNs.push(...measured.totalsNs);
      made.stepsNs.push(...measured.stepsNs);
      done += runs;
    }
  }
}

async function report(
  engines: Engines,
  request: MeasureRequest,
  contender: Contender,
  together: string | undefined,
  control: CallControl,
): Promise<RunReport> {
  const { child, session, prepared } = contender;
  const outputs = await child.call('outputs', { session }, control);
  await request.inspect?.(child, session);
  if (prepared.probe) engines.probed(request.model, prepared.compile.options.simd);
  const check =
    request.check === 'none'
      ? undefined
      : await child.call(
          'check',
          { session, against: request.check, groups: request.groupErrors ?? false },
          control,
        );
  const peak = request.peak
    ? await child.call('peak', { simd: prepared.compile.options.simd }, control)
    : undefined;
  const sanitizer = request.sanitize ? await child.call('sanitize', { session }, control) : undefined;
  return runReport({
    id: `run-${randomUUID()}`,
    model: engines.summaryOf(request.model),
    prepared,
    measured: contender.runs,
    outputs,
    facts: await child.facts,
    ...(peak && { peak }),
    ...(check && { check }),
    ...(sanitizer && { sanitizer }),
    ...(together !== undefined && { interleavedWith: together }),
  });
}
