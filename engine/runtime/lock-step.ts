// How several workers go through one program together: worker 0 walks the list of stages and opens those whose work
// is shared; whoever is there computes pieces of it. A stage begins when the one before it is complete.

import { aloneNs, canShare, gainNs } from '../codegen/sharing.ts';
import { type Control, MOST_PIECES, type OpenStage } from './control.ts';
import type { Phase, ProgramStep } from './program.ts';

/** Of a phase, how it can be cut; without a function it is for the reference interpreter. */
type PhaseCut = Partial<Phase> & Pick<Phase, 'units'>;

/** One band of one phase of one step. Plain data: it is sent to the workers. */
export interface Stage {
  readonly step: number;
  /** exported function; undefined where the step is for the reference interpreter (worker 0 runs it) */
  readonly function?: string;
  /** units [first, first + units) */
  readonly first: number;
  readonly units: number;
  /** units between which pieces are cut, where that leaves enough of them */
  readonly grain: number;
  /** pieces of a share: others may take them over, and the cancel flag is looked at in between */
  readonly pieces: number;
  /** one worker computes all pieces of a share, in their order */
  readonly ordered: boolean;
  /** all workers share the units; otherwise worker 0 runs them alone */
  readonly shared: boolean;
  readonly endsStep: boolean;
  /** no work of the step: worker 0 looks at the memory it left behind, while nobody else runs */
  readonly inspects?: boolean;
}

/** About 50 ms of scalar code: the longest a worker should go without looking at the cancel flag. */
const PIECE_FLOPS = 1e8;
/** What workers may wait for one another at the end of a stage; less than beginning a piece costs would be in vain. */
const PIECE_NS = 20_000;

/** Waking the others for a run, whatever they do in it. */
const WAKING_NS = 40_000;

/** Pieces of a share of a band, a part of the step's work; all of it is one share where it is not `shared`. */
function piecesOf(
  step: ProgramStep,
  { units, grain = 1, ordered }: PhaseCut,
  part: number,
  threads: number,
  shared: boolean,
) {
  const least = Math.min(units, Math.ceil((step.flops * part) / PIECE_FLOPS / threads));
  const even = shared && !ordered ? Math.min(units / grain, (aloneNs(step) * part) / PIECE_NS) / threads : 1;
  return Math.max(1, Math.min(MOST_PIECES, Math.max(least, Math.floor(even))));
}

/** Steps whose work is shared: those that gain from it, if together they gain enough to wake the others at all. */
function sharedSteps(steps: readonly ProgramStep[], threads: number): ReadonlySet<number> {
  const divisible = steps.filter(
    step => step.kind === 'kernel' && step.phases.some(({ units }) => units > 1),
  );
  const gaining = divisible.filter(step => canShare(step, threads));
  const allNs = gaining.reduce((sum, step) => sum + gainNs(step, threads), 0);
  return new Set(allNs > WAKING_NS ? gaining.map(({ index }) => index) : []);
}

/** Whether any but the first worker has something to do. */
export const sharesWork = (stages: readonly Stage[]): boolean => stages.some(({ shared }) => shared);

/** Units of a phase that may run at once. */
function bandsOf({ units, bands = [] }: PhaseCut): { readonly first: number; readonly units: number }[] {
  const firsts = [0, ...bands];
  return firsts.map((first, band) => ({ first, units: (firsts[band + 1] ?? units) - first }));
}

/**
 * The program's stages for so many workers; small programs share none.
 * `inspected`: every step is followed by a stage in which worker 0 alone looks at memory.
 */
export function stagesOf(steps: readonly ProgramStep[], threads: number, inspected = false): Stage[] {
  const sharing = sharedSteps(steps, threads);
  const stages: Stage[] = [];
  for (const step of steps) {
    const phases: readonly PhaseCut[] =
      step.kind === 'kernel' && step.phases.length > 0 ? step.phases : [{ units: 1 }];
    phases.forEach((phase, index) => {
      const bands = bandsOf(phase);
      for (const [band, { first, units }] of bands.entries()) {
        const shared = units > 1 && sharing.has(step.index);
        const part = units / Math.max(1, phase.units);
        stages.push({
          step: step.index,
          ...(phase.function !== undefined && { function: phase.function }),
          first,
          units,
          grain: phase.grain ?? 1,
          ordered: phase.ordered ?? false,
          pieces: piecesOf(step, { ...phase, units }, part, threads, shared),
          shared,
          endsStep: !inspected && index === phases.length - 1 && band === bands.length - 1,
        });
      }
    });
    if (inspected) {
      const alone = { first: 0, units: 1, grain: 1, pieces: 1, ordered: false, shared: false };
      stages.push({ step: step.index, ...alone, endsStep: true, inspects: true });
    }
  }
  return stages;
}

/** What a worker goes through stages with. */
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
      const open = control.open(index, claimsOf(stage));
      computeShares(stage, open, ports);
      control.complete();
    } else computePieces(stage, 0, 1, { from: 0, to: stage.pieces }, ports);
    if (stage.endsStep) stepped?.(stage.step);
  }
  return Atomics.load(cancel, 0) === 0;
}

/** Times that a share can be claimed from. */
const claimsOf = ({ ordered, pieces }: Stage): number => (ordered ? 1 : pieces);

/** Computes what is left of the worker's own share of an open stage, then of the others'. */
export function computeShares(stage: Stage, open: OpenStage, ports: WorkerPorts): void {
  const { worker, threads, control } = ports;
  const claims = claimsOf(stage);
  let computed = 0;
  for (let other = 0; other < threads; other++) {
    const share = (worker + other) % threads;
    for (;;) {
      const piece = control.claim(share, claims, other === 0 ? 'front' : 'back', open);
      if (piece === undefined) break;
      const pieces = stage.ordered ? { from: 0, to: stage.pieces } : { from: piece, to: piece + 1 };
      computePieces(stage, share, threads, pieces, ports);
      computed++;
    }
  }
  control.finish(computed);
}

interface Pieces {
  readonly from: number;
  readonly to: number;
}

/** Once cancelled, the rest is skipped. */
function computePieces(
  stage: Stage,
  share: number,
  shares: number,
  { from, to }: Pieces,
  { cancel, execute }: WorkerPorts,
): void {
  for (let piece = from; piece < to; piece++) {
    if (Atomics.load(cancel, 0) !== 0) return;
    const begin = pieceStart(stage, share, shares, piece);
    const end = pieceStart(stage, share, shares, piece + 1);
    if (begin < end) execute(stage, stage.first + begin, stage.first + end);
  }
}

/**
 * The first unit of a piece, counted from the stage's: at a multiple of the grain, but for a share's first and where
 * there are too few.
 */
function pieceStart({ units, pieces, grain }: Stage, share: number, shares: number, piece: number): number {
  const first = Math.floor((units * share) / shares);
  const end = Math.floor((units * (share + 1)) / shares);
  if (piece === pieces) return end;
  const start = first + Math.floor(((end - first) * piece) / pieces);
  const whole = piece === 0 || pieces * grain > end - first ? start : start - (start % grain);
  return Math.max(first, whole);
}
