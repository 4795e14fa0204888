// How several workers go through one program together: worker 0 walks the list of stages and opens those whose work
// is shared; whoever is there computes a share. A stage begins when the one before it is complete.

import type { Control, OpenStage } from './control.ts';
import type { ProgramStep } from './program.ts';

/** One phase of one step. Plain data: it is sent to the workers. */
export interface Stage {
  readonly step: number;
  /** exported function; undefined where the step is for the reference interpreter (worker 0 runs it) */
  readonly function?: string;
  readonly units: number;
  /** pieces a worker cuts its share into, so that it can look at the cancel flag in between */
  readonly pieces: number;
  /** all workers share the units; otherwise worker 0 runs them alone */
  readonly shared: boolean;
  readonly endsStep: boolean;
  /** no work of the step: worker 0 looks at the memory it left behind, while nobody else runs */
  readonly inspects?: boolean;
}

/** About 50 ms of scalar code: the longest a worker should go without looking at the cancel flag. */
const PIECE_FLOPS = 1e8;

/** Rough speeds of one thread, for steps of which no time is known: operations, and bytes of operands, per ns. */
const FLOPS_PER_NS = 40;
const BYTES_PER_NS = 20;
/** Opening a stage and waiting for the others at its end. */
const MEETING_NS = 1500;
/** Waking the others for a run, whatever they do in it. */
const WAKING_NS = 40_000;

/** What sharing a step among so many saves. */
function gainNs({ flops, bytesRead, bytesWritten }: ProgramStep, threads: number): number {
  const aloneNs = flops / FLOPS_PER_NS + (bytesRead + bytesWritten) / BYTES_PER_NS;
  return aloneNs * (1 - 1 / threads) - MEETING_NS;
}

/** Steps whose work is shared: those that gain from it, if together they gain enough to wake the others at all. */
function sharedSteps(steps: readonly ProgramStep[], threads: number): ReadonlySet<number> {
  const divisible = steps.filter(
    step => step.kind === 'kernel' && step.phases.some(({ units }) => units > 1),
  );
  const gaining = divisible.filter(step => gainNs(step, threads) > 0);
  const allNs = gaining.reduce((sum, step) => sum + gainNs(step, threads), 0);
  return new Set(allNs > WAKING_NS ? gaining.map(({ index }) => index) : []);
}

/** Whether any but the first worker has something to do. */
export const sharesWork = (stages: readonly Stage[]): boolean => stages.some(({ shared }) => shared);

/**
 * The program's stages for so many workers; small programs share none.
 * `inspected`: every step is followed by a stage in which worker 0 alone looks at memory.
 */
export function stagesOf(steps: readonly ProgramStep[], threads: number, inspected = false): Stage[] {
  const sharing = sharedSteps(steps, threads);
  const stages: Stage[] = [];
  for (const step of steps) {
    const phases =
      step.kind === 'kernel' && step.phases.length > 0 ? step.phases : [{ function: undefined, units: 1 }];
    phases.forEach((phase, index) => {
      stages.push({
        step: step.index,
        ...(phase.function !== undefined && { function: phase.function }),
        units: phase.units,
        pieces: Math.max(1, Math.min(phase.units, Math.ceil(step.flops / PIECE_FLOPS / threads))),
        shared: phase.units > 1 && sharing.has(step.index),
        endsStep: !inspected && index === phases.length - 1,
      });
    });
    if (inspected) {
      stages.push({ step: step.index, units: 1, pieces: 1, shared: false, endsStep: true, inspects: true });
    }
  }
  return stages;
}

export interface WorkerPorts {
  readonly worker: number;
  readonly threads: number;
  readonly control: Control;
  /** word 0 is not 0 when the run is to end */
  readonly cancel: Int32Array;
  /** runs units [begin, end) of a stage on this worker */
  readonly execute: (stage: Stage, begin: number, end: number) => void;
  /** worker 0: called when a step has ended */
  readonly stepped?: (step: number) => void;
}

/**
 * Worker 0: walks the stages once. True when the run is complete, false when it was cancelled (memory then holds
 * garbage).
 */
export function walk(stages: readonly Stage[], ports: WorkerPorts): boolean {
  const { control, cancel, stepped } = ports;
  for (const [index, stage] of stages.entries()) {
    if (Atomics.load(cancel, 0) !== 0) return false;
    if (stage.shared) {
      const open = control.open(index);
      computeShares(stage, open, ports);
      control.complete(open);
    } else computeShare(stage, 0, 1, ports);
    if (stage.endsStep) stepped?.(stage.step);
  }
  return Atomics.load(cancel, 0) === 0;
}

/** Computes the worker's own share of an open stage, and those of others that have not come to it yet. */
export function computeShares(stage: Stage, open: OpenStage, ports: WorkerPorts): void {
  const { worker, threads, control } = ports;
  for (let other = 0; other < threads; other++) {
    const share = (worker + other) % threads;
    if (!control.claim(share, open)) continue;
    computeShare(stage, share, threads, ports);
    control.finish(share, open);
  }
}

/** Once cancelled, the rest is skipped. */
function computeShare(stage: Stage, share: number, shares: number, { cancel, execute }: WorkerPorts): void {
  const begin = Math.floor((stage.units * share) / shares);
  const units = Math.floor((stage.units * (share + 1)) / shares) - begin;
  for (let piece = 0; piece < stage.pieces; piece++) {
    if (piece > 0 && Atomics.load(cancel, 0) !== 0) return;
    const from = begin + Math.floor((units * piece) / stage.pieces);
    const to = begin + Math.floor((units * (piece + 1)) / stage.pieces);
    if (from < to) execute(stage, from, to);
  }
}
