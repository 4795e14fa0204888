// What a chain of kernels computes when, and which rows it keeps meanwhile: the same rule as the generated code,
// played through with numbers. A stage runs when rows of it are asked for, after asking for the rows it reads, so a
// ring never holds more than what the stages behind it are about to read.

import type { ChainSpec, ChainStage, RowsRead } from '../../../select/spec/chain.ts';
import type { KernelNeeds } from '../../../select/spec/kernel.ts';
import { wholeLines } from '../work/scratch.ts';

/** Rows of a stage's input that output rows from `y` on need: the first of them. */
function firstRead({ multiplier, shift, divisor }: RowsRead, y: number, rows: number): number {
  return clamp(Math.floor((multiplier * y + shift) / divisor), rows);
}

/** One after the last row that output rows before `y` need. */
function endOfReads(read: RowsRead, y: number, rows: number): number {
  if (y === 0) return 0;
  const { multiplier, shift, divisor, span } = read;
  return clamp(Math.floor((multiplier * (y - 1) + shift) / divisor) + span, rows);
}

const clamp = (row: number, rows: number): number => Math.max(0, Math.min(row, rows));

/** A stage's rows as one of the others reads them. */
export interface Reader {
  readonly stage: number;
  readonly read: RowsRead;
}

/** Everybody in the chain who reads a stage's rows. */
export function readersOf({ stages }: ChainSpec, stage: number): Reader[] {
  return stages.flatMap((other, at) =>
    other.reads.flatMap(read => (read.stage === stage ? [{ stage: at, read }] : [])),
  );
}

/** Work units that one image gives a stage, in each of its groups. */
export const stripsOf = ({ rows, unitRows }: ChainStage): number => Math.ceil(rows / unitRows);

/** Per stage, where it begins so that unit `strip` of the last one finds all it reads; stages read only earlier ones. */
function startRows(spec: ChainSpec, readers: readonly (readonly Reader[])[], strip: number): number[] {
  const { stages } = spec;
  const starts = stages.map(({ unitRows }, at) => (at === stages.length - 1 ? strip * unitRows : 0));
  for (let at = stages.length - 2; at >= 0; at--) {
    const stage = stageAt(spec, at);
    const wanted = (readers[at] ?? []).map(({ stage: reader, read }) => {
      const start = starts[reader] ?? 0;
      // Where windows leave out rows between them, so that no worker does.
      return Math.min(firstRead(read, start, stage.rows), endOfReads(read, start, stage.rows));
    });
    const least = Math.min(stage.rows, ...wanted);
    starts[at] = least - (least % stage.unitRows);
  }
  return starts;
}

/** Throws where there is none: our bug. */
export function stageAt({ stages }: ChainSpec, at: number): ChainStage {
  const stage = stages[at];
  if (!stage) throw new Error(`a chain of ${stages.length} stages has no stage ${at}`);
  return stage;
}

/** The rule played through for a part of one image. */
class Trace {
  /** per stage: the most rows that are kept at once, those being written included */
  readonly kept: number[];
  /** per stage: rows computed */
  readonly computed: number[];
  readonly #stages: readonly ChainStage[];
  readonly #readers: readonly (readonly Reader[])[];
  readonly #done: number[];

  constructor(spec: ChainSpec, readers: readonly (readonly Reader[])[], from: number) {
    this.#stages = spec.stages;
    this.#readers = readers;
    this.#done = startRows(spec, readers, from);
    this.kept = spec.stages.map(() => 0);
    this.computed = spec.stages.map(() => 0);
  }

  /** All rows of a stage before this one. */
  produce(at: number, target: number): void {
    const { rows = 0, unitRows = 1, reads = [] } = this.#stages[at] ?? {};
    for (let row = this.#done[at] ?? 0; row < target; ) {
      const end = Math.min(row + unitRows, rows);
      for (const read of reads) this.produce(read.stage, endOfReads(read, end, this.#rowsOf(read.stage)));
      let needed = row;
      for (const { stage, read } of this.#readers[at] ?? []) {
        needed = Math.min(needed, firstRead(read, this.#done[stage] ?? 0, rows));
      }
      this.kept[at] = Math.max(this.kept[at] ?? 0, end - needed);
      this.computed[at] = (this.computed[at] ?? 0) + end - row;
      this.#done[at] = end;
      row = end;
    }
  }

  /** Rows that nobody in the chain reads, where somebody else wants them; readers first, who so need no old rows. */
  finish(): void {
    for (const [at, { complete, rows }] of [...this.#stages.entries()].reverse()) {
      if (complete) this.produce(at, rows);
    }
  }

  #rowsOf(at: number): number {
    return this.#stages[at]?.rows ?? 0;
  }
}

/** Units [from, to) of the last stage, within one image. */
function traced(spec: ChainSpec, readers: readonly (readonly Reader[])[], from: number, to: number): Trace {
  const trace = new Trace(spec, readers, from);
  const last = spec.stages.length - 1;
  const { rows, unitRows } = stageAt(spec, last);
  trace.produce(last, Math.min(rows, to * unitRows));
  if (to * unitRows >= rows) trace.finish();
  return trace;
}

/** What stages need and keep, and where that lies. */
export interface ChainPlan {
  /** per stage */
  readonly needs: readonly KernelNeeds[];
  /** per stage: work units of its kernel in one strip */
  readonly blocks: readonly number[];
  /** per stage: rows that its rings hold */
  readonly capacities: readonly number[];
  /** per stage: rows computed by all workers together */
  readonly computedRows: readonly number[];
  /** per ring: bytes from the worker's scratch */
  readonly ringOffsets: readonly number[];
  /** bytes of all rings, behind which the stages' own scratch lies */
  readonly ringBytes: number;
  readonly units: number;
  /** of each worker */
  readonly scratchBytes: number;
}

/** Throws where a stage's kernel is not cut into units by rows alone: our bug. */
export function chainPlan(
  spec: ChainSpec,
  needsOf: (stage: ChainStage) => KernelNeeds,
  threads: number,
): ChainPlan {
  const { stages, rings, batch } = spec;
  const needs = stages.map(needsOf);
  const blocks = stages.map((stage, at) => {
    const { units = 0, phases = [], scratchShared = 0 } = needs[at] ?? {};
    const perStrip = units / (batch * stage.groups * stripsOf(stage));
    if (!Number.isInteger(perStrip) || phases.length !== 1 || scratchShared > 0) {
      throw new Error(`a ${stage.kernel.kind} kernel of ${units} units cannot run row by row`);
    }
    return perStrip;
  });
  const units = batch * stripsOf(stageAt(spec, stages.length - 1));
  const readers = stages.map((_, at) => readersOf(spec, at));
  const traces = shares(units, stripsOf(stageAt(spec, stages.length - 1)), threads).map(([from, to]) =>
    traced(spec, readers, from, to),
  );
  const capacities = stages.map((_, at) => Math.max(...traces.map(({ kept }) => kept[at] ?? 0)));
  const computedRows = stages.map((_, at) =>
    traces.reduce((sum, { computed }) => sum + (computed[at] ?? 0), 0),
  );
  let ringBytes = 0;
  const ringOffsets = rings.map(({ stage, rowBytes }) => {
    const offset = ringBytes;
    ringBytes += wholeLines((capacities[stage] ?? 0) * rowBytes);
    return offset;
  });
  const own = Math.max(
    0,
    ...needs.map(({ scratchPerWorker, scratchSpare = 0 }) => scratchPerWorker - scratchSpare),
  );
  const plan = { needs, blocks, capacities, computedRows, ringOffsets, ringBytes, units };
  return { ...plan, scratchBytes: ringBytes + own };
}

/** Strips of one image that one worker runs in one go, for every worker and image. */
function shares(units: number, strips: number, threads: number): [from: number, to: number][] {
  const found: [number, number][] = [];
  for (let worker = 0; worker < threads; worker++) {
    const end = Math.floor((units * (worker + 1)) / threads);
    for (let unit = Math.floor((units * worker) / threads); unit < end; ) {
      const next = Math.min(end, unit - (unit % strips) + strips);
      found.push([unit % strips, next === end && next % strips !== 0 ? next % strips : strips]);
      unit = next;
    }
  }
  return found;
}
