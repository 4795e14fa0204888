// How several workers go through one program together: every worker walks the same list of stages, runs its share
// of each, and meets the others at a barrier wherever work of one could be read by another.

import type { Control } from './control.ts';
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
  /** wait for all before the next stage */
  readonly barrier: boolean;
  readonly endsStep: boolean;
  /** no work of the step: worker 0 looks at the memory it left behind, while nobody else runs */
  readonly inspects?: boolean;
}

/** About 50 ms of scalar code: the longest a worker should go without looking at the cancel flag. */
const PIECE_FLOPS = 1e8;

/** Operations and elements of a step, about a microsecond's worth, that meeting the others for is worth. */
const LEAST_SHARED = 16384;

const workOf = ({ flops, bytesRead, bytesWritten }: ProgramStep): number =>
  flops + (bytesRead + bytesWritten) / 4;

/**
 * The program's stages for so many workers. Consecutive stages of worker 0 alone need no barrier between them.
 * `inspected`: every step is followed by a stage in which worker 0 alone looks at memory.
 */
export function stagesOf(steps: readonly ProgramStep[], threads: number, inspected = false): Stage[] {
  const stages: Omit<Stage, 'barrier'>[] = [];
  for (const step of steps) {
    const phases =
      step.kind === 'kernel' && step.phases.length > 0 ? step.phases : [{ function: undefined, units: 1 }];
    phases.forEach((phase, index) => {
      stages.push({
        step: step.index,
        ...(phase.function !== undefined && { function: phase.function }),
        units: phase.units,
        pieces: Math.max(1, Math.min(phase.units, Math.ceil(step.flops / PIECE_FLOPS / threads))),
        shared: threads > 1 && phase.units > 1 && workOf(step) >= LEAST_SHARED,
        endsStep: !inspected && index === phases.length - 1,
      });
    });
    if (inspected) {
      stages.push({ step: step.index, units: 1, pieces: 1, shared: false, endsStep: true, inspects: true });
    }
  }
  return stages.map((stage, index) => {
    const next = stages[index + 1];
    const last = next === undefined;
    return { ...stage, barrier: threads > 1 && (last || stage.shared || next.shared) };
  });
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
 * Walks the stages once. True when the run is complete, false when it was cancelled (memory then holds garbage).
 * Only worker 0 decides to stop, and all stop at the same barrier; the others merely skip work once cancelled.
 */
export function walk(stages: readonly Stage[], ports: WorkerPorts): boolean {
  const { worker, threads, control, cancel } = ports;
  for (const stage of stages) {
    if (worker === 0 && Atomics.load(cancel, 0) !== 0) {
      if (threads > 1) control.barrier(true);
      return false;
    }
    if (stage.shared || worker === 0) runShare(stage, ports);
    if (stage.barrier && control.barrier()) return false;
    if (worker === 0 && stage.endsStep) ports.stepped?.(stage.step);
  }
  return Atomics.load(cancel, 0) === 0;
}

function runShare(stage: Stage, ports: WorkerPorts): void {
  const workers = stage.shared ? ports.threads : 1;
  const begin = Math.floor((stage.units * ports.worker) / workers);
  const units = Math.floor((stage.units * (ports.worker + 1)) / workers) - begin;
  for (let piece = 0; piece < stage.pieces; piece++) {
    if (piece > 0 && Atomics.load(ports.cancel, 0) !== 0) return;
    const from = begin + Math.floor((units * piece) / stage.pieces);
    const to = begin + Math.floor((units * (piece + 1)) / stage.pieces);
    if (from < to) ports.execute(stage, from, to);
  }
}
