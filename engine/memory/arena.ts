// The memory of a program's steps: their order, who lives when, who may lie over whom, and where the planner puts
// everything. Invariant: an order other than the graph's is taken only where the arena becomes smaller.

import { kernelNeeds } from '../codegen/emit.ts';
import { inPlaceOf } from '../codegen/in-place.ts';
import { bandsOf, type Trailing, trailingInBands, trailingOf } from '../codegen/overlap.ts';
import { canShare, mostBands } from '../codegen/sharing.ts';
import { isHost } from '../ir/dynamic.ts';
import { valueOf } from '../ir/graph.ts';
import type { Graph, ValueId } from '../ir/types.ts';
import type { CompileOptions } from '../options.ts';
import { lowerBound } from '../planner/bounds/max-live.ts';
import { type Liveness, type LivenessPorts, type LiveStep, livenessOf } from '../planner/liveness.ts';
import type { Dependency } from '../planner/order/graph.ts';
import { ownersInPlace } from '../planner/order/in-place.ts';
import { orderSteps } from '../planner/order/order.ts';
import { type PlanControl, plan } from '../planner/plan.ts';
import type { PlanResult } from '../planner/types.ts';
import { valueBytes } from '../select/cost.ts';
import type { StepDraft } from '../select/step.ts';
import type { Storages } from '../select/storage.ts';

/** bytes; buffers start on a cache line */
const ALIGNMENT = 64;

/**
 * Of the search for an order, the same everywhere: some 10 ms in code that V8 has not seen yet. Ten times as much finds
 * no smaller arena of any model we know.
 */
const ORDER_WORK = 1e5;

/**
 * Steps whose workers may wait for one another so that results lie over operands, and the most bands that their units
 * may be cut into for it; 1, as of steps that are left out: they don't.
 */
export type Waiting = ReadonlyMap<StepDraft, number>;

/** What a plan of steps depends on besides them. */
interface Setting {
  readonly ports: LivenessPorts<ValueId>;
  readonly options: CompileOptions;
  readonly control: PlanControl;
  /** left out: every step, as often as pays */
  readonly waiting?: Waiting;
}

/** Steps in the order in which they run, and a plan for their buffers. */
export class Arena {
  readonly drafts: readonly StepDraft[];
  readonly liveness: Liveness<ValueId>;
  #result: PlanResult | undefined;
  #floor: number | undefined;
  /** by owner: every buffer of values has one */
  readonly #buffers = new Map<ValueId, number>();
  readonly #scratch = new Map<string, number>();
  readonly #setting: Setting;

  constructor(drafts: readonly StepDraft[], setting: Setting) {
    const { ports, options, waiting } = setting;
    this.drafts = drafts;
    this.#setting = setting;
    this.liveness = livenessOf(liveSteps(drafts, options, waiting), ports);
    this.liveness.buffers.forEach(({ values, kind }, b) => {
      for (const id of values) this.#buffers.set(ports.owner?.(id) ?? id, b);
      if (kind === 'scratch') this.#scratch.set(this.liveness.problem.buffers[b]?.id ?? '', b);
    });
  }

  /** bytes from the start of the arena */
  readonly offsetOf = (owner: ValueId): number => this.#offset(this.#buffers.get(owner));

  scratchOffset(step: number): number {
    return this.#offset(this.#scratch.get(scratchName(step)));
  }

  /** Placed when it is first asked for: some arenas are seen to be no use by their bound. */
  get result(): PlanResult {
    const { options, control } = this.#setting;
    this.#result ??= plan(this.liveness.problem, options.planner, control);
    return this.#result;
  }

  /** Whether it is lower than so many bytes: the floor under every placement tells most that cannot at once. */
  isBelow(bytes: number): boolean {
    return this.floor < bytes && this.height < bytes;
  }

  /** Whether it is lower than another one, which is not placed where its floor tells. */
  isLower(than: Arena): boolean {
    return this.isBelow(than.floor) || this.isBelow(than.height);
  }

  /** bytes; no placement is lower */
  get floor(): number {
    this.#floor ??= lowerBound(this.liveness.problem).bytes;
    return this.#floor;
  }

  get height(): number {
    return this.result.solution.height;
  }

  /** Per step: how far up its buffers reach, in bytes. */
  reaches(): Float64Array {
    const { buffers } = this.liveness.problem;
    const { offsets } = this.result.solution;
    const reaches = new Float64Array(this.drafts.length);
    buffers.forEach(({ lower, upper, size }, b) => {
      const end = (offsets[b] ?? 0) + size;
      for (let step = lower; step < Math.min(upper, reaches.length); step++) {
        reaches[step] = Math.max(reaches[step] ?? 0, end);
      }
    });
    return reaches;
  }

  /** Other steps on the same terms. */
  with(drafts: readonly StepDraft[]): Arena {
    return new Arena(drafts, this.#setting);
  }

  /** The same steps, of which only those may make workers wait for one another, and no more often. */
  withWaiting(waiting: Waiting): Arena {
    return new Arena(this.drafts, { ...this.#setting, waiting });
  }

  /** Per phase of a step: units that may begin only when all before them are complete, as its buffers lie. */
  bands(step: number): readonly (readonly number[])[] {
    const { options, waiting } = this.#setting;
    const draft = this.drafts[step];
    if (draft?.kind !== 'kernel' || !options.overlap || !isShared(draft, options)) return [];
    const most = bandsAllowed(draft, options, waiting);
    if (most === 1) return [];
    const inPlace = options.inPlace ? inPlaceResults(draft) : [];
    const placed = trailingResults(draft, options, most).flatMap(
      ({ result, operand, distance }): Trailing[] => {
        const [lower, upper] = [this.#buffers.get(result), this.#buffers.get(operand)];
        if (lower === undefined || upper === undefined) return [];
        const found = this.#offset(upper) - this.#offset(lower);
        const bytes = this.liveness.problem.buffers[lower]?.size ?? 0;
        const isExact = inPlace.some(
          place => place.result === result && place.operand === operand && place.distance === found,
        );
        return isExact || found < distance || found >= bytes ? [] : [{ result, operand, distance: found }];
      },
    );
    return placed.length > 0 ? bandsOf(draft.kernels, options, placed) : [];
  }

  /** The same steps, planned fast: to compare choices by. */
  greedily(): Arena {
    const { options } = this.#setting;
    if (options.planner === 'size') return this;
    return new Arena(this.drafts, { ...this.#setting, options: { ...options, planner: 'size' } });
  }

  /** The same steps, every buffer in memory of its own. */
  apart(): Arena {
    const { options } = this.#setting;
    return new Arena(this.drafts, { ...this.#setting, options: { ...options, planner: 'off' } });
  }

  #offset(buffer: number | undefined): number {
    const offset = this.result.solution.offsets[buffer ?? -1];
    if (offset === undefined) throw new Error('a buffer has no place in the plan');
    return offset;
  }
}

/** Arenas of the same steps, in different orders. */
export type Arenas = readonly [Arena, ...Arena[]];

/** The first of the lowest. */
export function lowestOf([first, ...others]: Arenas): Arena {
  return others.reduce((best, other) => (other.isLower(best) ? other : best), first);
}

/**
 * The steps as they come, and in an order with a lower peak if there is one. Nothing is placed yet: which of the two
 * arenas is smaller depends on what else is done about their steps.
 */
export function arenasOf(
  graph: Graph,
  storages: Storages,
  drafts: readonly StepDraft[],
  options: CompileOptions,
  control: PlanControl,
): Arenas {
  const ports = livenessPorts(graph, storages);
  const setting = { ports, options, control };
  const given = new Arena(drafts, setting);
  if (!options.reorder || options.planner === 'off') return [given];
  const steps = liveSteps(drafts, options);
  const { order, peakBytes, givenPeakBytes } = orderSteps(
    steps,
    { ...ports, owner: ownersInPlace(steps, ports) },
    keptOrder(drafts),
    { ...control, workLimit: ORDER_WORK },
  );
  if (peakBytes >= givenPeakBytes) return [given];
  return [given, given.with(order.flatMap(at => drafts[at] ?? []))];
}

/** The values of a program as the planner sees them. */
export function livenessPorts(graph: Graph, storages: Storages): LivenessPorts<ValueId> {
  // Asked again for every arena that is tried.
  const described = new Map(
    [...storages.keys()]
      .filter(id => !isHost(valueOf(graph, id)))
      .map(id => [id, { id: valueOf(graph, id).name, bytes: valueBytes(graph, id) }]),
  );
  return {
    inputs: graph.inputs,
    outputs: graph.outputs,
    describe: id => described.get(id),
    owner: id => storages.get(id)?.owner ?? id,
    alignment: ALIGNMENT,
  };
}

/** Interpreted steps pass on values that have no place in the arena, and draw from one stream of random numbers. */
function keptOrder(drafts: readonly StepDraft[]): Dependency[] {
  const interpreted = drafts.flatMap(({ kind }, at) => (kind === 'reference' ? [at] : []));
  return interpreted.slice(1).map((at, i) => [interpreted[i] ?? at, at]);
}

/** Steps as the planner sees them. */
export function liveSteps(
  drafts: readonly StepDraft[],
  options: CompileOptions,
  waiting?: Waiting,
): LiveStep<ValueId>[] {
  return drafts.map((draft, index) => ({
    reads: draft.reads,
    writes: draft.writes,
    scratch: scratchOf(draft, index, options),
    inPlace: sharedPlaces(draft, options, bandsAllowed(draft, options, waiting)),
  }));
}

/** Bands that the units of a step may be cut into; undefined where one worker runs it, who waits for nobody. */
function bandsAllowed(draft: StepDraft, options: CompileOptions, waiting?: Waiting): number | undefined {
  if (!isShared(draft, options)) return undefined;
  return waiting ? (waiting.get(draft) ?? 1) : mostBands(draft, options.threads);
}

/** Whether several workers may be at the step at once. */
function isShared(draft: StepDraft, { simd, threads }: CompileOptions): boolean {
  if (draft.kind !== 'kernel' || threads === 1 || !canShare(draft, threads)) return false;
  return draft.kernels.some(spec => kernelNeeds(spec, simd, threads).phases.some(units => units > 1));
}

/** The same steps are planned several times: where their results may lie is worked out once for all settings alike. */
function sharedPlaces(draft: StepDraft, options: CompileOptions, bands: number | undefined): InPlaceResults {
  const { inPlace, overlap, simd, threads } = options;
  return knownOf(places, draft, `${inPlace} ${overlap} ${simd} ${threads} ${bands}`, () => [
    ...(inPlace ? inPlaceResults(draft) : []),
    ...(overlap && bands !== 1 ? trailingResults(draft, options, bands) : []),
  ]);
}

const places: Known<InPlaceResults> = new WeakMap();

/** What was worked out of steps, by what it depends on of their options. */
type Known<T> = WeakMap<StepDraft, Map<string, T>>;

function knownOf<T>(known: Known<T>, draft: StepDraft, key: string, work: () => T): T {
  const own = known.get(draft) ?? new Map<string, T>();
  known.set(draft, own);
  const found = own.get(key) ?? work();
  own.set(key, found);
  return found;
}

type InPlaceResults = NonNullable<LiveStep<ValueId>['inPlace']>;

/** With several kernels in a step, a later one might read what an earlier one wrote over. */
function inPlaceResults(draft: StepDraft): InPlaceResults {
  const [spec, ...others] = draft.kind === 'kernel' ? draft.kernels : [];
  if (!spec || others.length > 0) return [];
  return inPlaceOf(spec).map(({ result, operand, distance }) => ({
    result: result as ValueId,
    operand: operand as ValueId,
    distance,
  }));
}

/** Of one worker it is known what it has read when it writes; several wait for one another. */
function trailingResults(
  draft: StepDraft,
  options: CompileOptions,
  bands: number | undefined,
): InPlaceResults {
  if (draft.kind !== 'kernel') return [];
  const found =
    bands === undefined ? trailingOf(draft.kernels, options) : trailingInBands(draft.kernels, options, bands);
  return found.map(({ result, operand, distance }) => ({
    result: result as ValueId,
    operand: operand as ValueId,
    distance,
    trailing: true,
  }));
}

const scratchName = (step: number): string => `scratch of step ${step}`;

/** Kernels of a step run one after the other, so the largest need serves all. */
export function scratchOf(
  draft: StepDraft,
  index: number,
  options: CompileOptions,
): { readonly id: string; readonly bytes: number }[] {
  const { simd, threads } = options;
  const bytes = knownOf(scratchBytes, draft, `${simd} ${threads}`, () => scratchBytesOf(draft, options));
  return bytes > 0 ? [{ id: scratchName(index), bytes }] : [];
}

const scratchBytes: Known<number> = new WeakMap();

function scratchBytesOf(draft: StepDraft, { simd, threads }: CompileOptions): number {
  if (draft.kind !== 'kernel') return 0;
  const needs = draft.kernels.map(spec => {
    const { scratchShared, scratchPerWorker, scratchSpare = 0 } = kernelNeeds(spec, simd, threads);
    return scratchShared + scratchPerWorker * threads - scratchSpare;
  });
  return Math.max(0, ...needs);
}
