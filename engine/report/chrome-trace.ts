// Runs as a Chrome trace, for Perfetto and chrome://tracing: a process per run, on one common time axis from 0.
// Steps are X events that nest on one thread, tensor lifetimes async b/e pairs (they overlap, which X may not),
// live bytes a counter. Times are medians, one after the other: a typical run, not one that happened.
// Readers cut µs to whole ns: starts stand a little behind their ns, so that being cut moves none of them.

import type { PlanTensor } from './types/plan.ts';
import type { RunReport } from './types/run.ts';

interface TraceEvent {
  readonly name: string;
  readonly ph: 'X' | 'b' | 'e' | 'C' | 'M';
  readonly pid: number;
  readonly tid: number;
  /** µs, as the format asks */
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  /** of an async pair; unique in the file */
  readonly id?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

const THREAD = 1;

/** The trace's text. Runs appear in the given order, called by their numbers, or else by their place. */
export function chromeTrace(runs: readonly RunReport[], numbers?: ReadonlyMap<string, number>): string {
  const traceEvents = runs.flatMap((run, r) => {
    const starts = stepStarts(run);
    const pid = r + 1;
    return [
      ...nameEvents(run, pid, numbers?.get(run.id) ?? pid),
      ...stepEvents(run, pid, starts),
      ...lifetimeEvents(run, pid, starts),
      ...liveEvents(run, pid, starts),
    ];
  });
  const otherData = {
    formatVersion: 1,
    times: 'the median of each step, one step after the other',
    runs: runs.map(({ id, model, options }) => ({ id, model, options })),
  };
  return `${JSON.stringify({ traceEvents, displayTimeUnit: 'ns', otherData }, null, 1)}\n`;
}

/** ns at which each planned step starts, and after them the end of the last. */
function stepStarts(run: RunReport): readonly number[] {
  const medianNs = new Map(run.steps.map(step => [step.index, step.medianNs]));
  const startsNs = [0];
  for (const { index } of run.compile.asExecuted.steps) {
    startsNs.push((startsNs.at(-1) ?? 0) + (medianNs.get(index) ?? 0));
  }
  return startsNs;
}

/** A quarter of a ns late: 2003 ns as 2.003 µs would be cut to 2002. */
const timestamp = (ns: number): number => (ns + 0.25) / 1000;

function nameEvents(run: RunReport, pid: number, number: number): TraceEvent[] {
  const { fusion, planner, simd, threads } = run.options;
  const label = `fusion ${fusion ? 'on' : 'off'}, planner ${planner}, SIMD ${simd}, threads ${threads}`;
  // Perfetto lists processes by name: two runs with the same settings are told apart.
  const name = `${run.model.name} run ${number} (${label})`;
  return [
    { name: 'process_name', ph: 'M', pid, tid: 0, args: { name } },
    { name: 'process_sort_index', ph: 'M', pid, tid: 0, args: { sort_index: pid } },
    { name: 'thread_name', ph: 'M', pid, tid: THREAD, args: { name: 'steps' } },
  ];
}

/** The whole run, and inside it its steps. Ends are taken from the next start, so that no two overlap. */
function stepEvents(run: RunReport, pid: number, starts: readonly number[]): TraceEvent[] {
  const span = (
    name: string,
    cat: string,
    from: number,
    to: number,
    args: TraceEvent['args'],
  ): TraceEvent => {
    const begin = starts[from] ?? 0;
    const end = starts[to] ?? begin;
    // Being cut can only end a step early; what is around it must not end early.
    const dur = (end - begin + (cat === 'run' ? 0.5 : 0)) / 1000;
    const ts = timestamp(begin);
    return { name, cat, ph: 'X', pid, tid: THREAD, ts, dur, ...(args === undefined ? {} : { args }) };
  };
  const { medianNs, minNs, p95Ns } = run.total;
  const whole = span(run.model.name, 'run', 0, starts.length - 1, {
    medianNs,
    minNs,
    p95Ns,
    iterations: run.iterations,
  });
  const reports = new Map(run.steps.map(step => [step.index, step]));
  const steps = run.compile.asExecuted.steps.map((step, at) => {
    const { title, fusedOps, nodes, group } = step;
    const timed = reports.get(step.index);
    return span(step.name, 'step', at, at + 1, {
      title,
      op: step.op,
      fusedOps,
      nodes,
      ...(group === undefined ? {} : { group }),
      ...(timed === undefined
        ? {}
        : { kind: timed.kind, flops: timed.flops, minNs: timed.minNs, p95Ns: timed.p95Ns }),
    });
  });
  return [whole, ...steps];
}

function lifetimeEvents(run: RunReport, pid: number, starts: readonly number[]): TraceEvent[] {
  return run.compile.asExecuted.tensors.flatMap((tensor: PlanTensor): TraceEvent[] => {
    const { name, kind, bytes, offset } = tensor;
    const common = { name, cat: 'tensor', pid, tid: THREAD, id: `run ${pid} tensor ${tensor.id}` };
    return [
      { ...common, ph: 'b', ts: timestamp(starts[tensor.lower] ?? 0), args: { kind, bytes, offset } },
      { ...common, ph: 'e', ts: timestamp(starts[tensor.upper] ?? starts.at(-1) ?? 0) },
    ];
  });
}

function liveEvents(run: RunReport, pid: number, starts: readonly number[]): TraceEvent[] {
  return run.compile.asExecuted.liveBytes.map((bytes, at) => ({
    name: 'live bytes',
    ph: 'C',
    pid,
    tid: 0,
    ts: timestamp(starts[at] ?? 0),
    args: { bytes },
  }));
}
