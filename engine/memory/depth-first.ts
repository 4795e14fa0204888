// Which steps run depth-first: a partition of the program's steps into chains, by what is live while each runs and by
// the time it takes. Invariant: without chains the steps are those that came in.

import { chainNeeds } from '../codegen/emit.ts';
import type { Graph, ValueId } from '../ir/types.ts';
import type { CompileOptions } from '../options.ts';
import { type Liveness, livenessOf } from '../planner/liveness.ts';
import { leastBytes, partition, type Segment, type SegmentCost } from '../planner/order/segments.ts';
import { type ChainContext, chainOf, type RowStep, rowStepOf } from '../select/chain.ts';
import { chainTime, stepsTime } from '../select/chain-cost.ts';
import { type Candidate, type ChainSummary, chainId, chainStep, summaryOf } from '../select/chain-step.ts';
import { valueBytes } from '../select/cost.ts';
import type { StepDraft } from '../select/step.ts';
import type { Storages } from '../select/storage.ts';
import { livenessPorts, liveSteps, scratchOf } from './arena.ts';

/** Most steps in one chain. */
const LONGEST = 12;
/** Pixels that a stage computes at a time: enough to fill register tiles, or a row. */
const UNIT_PIXELS = [96, 1] as const;
/** What a smaller arena may cost where nobody asked for one: a share of the chain's time. */
const MOST_SLOWDOWN = 0.01;

export interface ChainParts {
  readonly graph: Graph;
  readonly storages: Storages;
  readonly drafts: readonly StepDraft[];
  readonly options: CompileOptions;
}

export interface DepthFirst {
  readonly drafts: readonly StepDraft[];
  readonly chains: readonly ChainSummary[];
}

/** The steps with the smallest peak, in the least time for that; with 'auto' of chains that cost no time. */
export function formChains(parts: ChainParts): DepthFirst {
  const { drafts, options } = parts;
  if (!options.fusion || options.depthFirst === 'off') return { drafts, chains: [] };
  const former = new ChainFormer(parts);
  // What chains save in time is a guess: without being asked for the least memory they are made only where they save any.
  const problem = { steps: drafts.length, longest: LONGEST, onlyNeeded: options.depthFirst === 'auto' };
  const least = leastBytes({ ...problem, costs: (from, to) => former.leastCosts(from, to) });
  const segments = partition({ ...problem, costs: (from, to) => former.costs(from, to, least) }, 0);
  return former.made(segments);
}

class ChainFormer {
  readonly #parts: ChainParts;
  readonly #context: ChainContext;
  readonly #rowSteps: readonly (RowStep | undefined)[];
  readonly #liveness: Liveness<ValueId>;
  readonly #alone: SegmentCost[] = [];
  readonly #candidates = new Map<string, readonly Candidate[]>();

  constructor(parts: ChainParts) {
    const { graph, storages, drafts, options } = parts;
    this.#parts = parts;
    this.#context = { graph, storages, ...usesOf(graph, storages, drafts) };
    this.#rowSteps = drafts.map((draft, at) => rowStepOf(graph, draft, at));
    this.#liveness = livenessOf(liveSteps(drafts, options), livenessPorts(graph, storages));
  }

  /** What segments need at the least, whatever rings and scratch their chains would take. */
  leastCosts(from: number, to: number): SegmentCost[] {
    if (to - from === 1) return [this.#aloneCost(from)];
    if (this.#rowSteps.slice(from, to).includes(undefined)) return [];
    const kept = this.#parts.drafts.slice(from, to).flatMap(({ writes }) => writes);
    const own = kept.filter(id => this.#isTouchedWithin(id, from, to));
    return [{ bytes: this.#liveBytes(from, to, own), time: 0 }];
  }

  /**
   * Time in multiply-adds. Chains are not looked at that hold none of the steps that need more than `least` bytes, or would
   * need no less than their steps: they lower no peak.
   */
  costs(from: number, to: number, least: number): SegmentCost[] {
    if (to - from === 1) return [this.#aloneCost(from)];
    const alone = Array.from({ length: to - from }, (_, k) => this.#aloneCost(from + k));
    const highest = Math.max(...alone.map(({ bytes }) => bytes));
    if (highest <= least || this.leastCosts(from, to).every(({ bytes }) => bytes >= highest)) return [];
    const time = alone.reduce((sum, cost) => sum + cost.time, 0);
    return this.#candidatesOf(from, to).map(({ chain, scratchBytes, time: { added, saved } }) => ({
      bytes: this.#liveBytes(from, to, chain.kept) + scratchBytes,
      time: time + added - saved,
    }));
  }

  #aloneCost(at: number): SegmentCost {
    const { drafts, options } = this.#parts;
    const step = drafts[at];
    const known = this.#alone[at];
    if (known || !step) return known ?? { bytes: 0, time: 0 };
    const scratch = scratchOf(step, at, options).reduce((sum, { bytes }) => sum + bytes, 0);
    const bytes = this.#liveBytes(at, at + 1, []) + scratch;
    const cost = { bytes, time: stepsTime([step]) / options.threads };
    this.#alone[at] = cost;
    return cost;
  }

  #isTouchedWithin(id: ValueId, from: number, to: number): boolean {
    const { storages } = this.#parts;
    const touching = this.#context.touching.get(storages.get(id)?.owner ?? id);
    return [...(touching ?? [])].every(step => step >= from && step < to);
  }

  /** Of a chain that was switched off the steps run one by one, and all other chains stay as they are. */
  made(segments: readonly Segment[]): DepthFirst {
    const off = new Set(this.#parts.options.disabledGroups);
    const drafts: StepDraft[] = [];
    const chains: ChainSummary[] = [];
    for (const { from, to, way } of segments) {
      const members = this.#parts.drafts.slice(from, to);
      const [first] = members;
      const candidate = to - from > 1 ? this.#candidatesOf(from, to)[way] : undefined;
      if (!candidate || !first || off.has(chainId(first))) {
        drafts.push(...members);
        continue;
      }
      drafts.push(chainStep(this.#parts.graph, members, candidate));
      chains.push(summaryOf(this.#parts.graph, members, candidate, this.#parts.options.threads));
    }
    return { drafts, chains };
  }

  /** What other steps and this segment keep meanwhile, but for tensors that are no longer there as a whole. */
  #liveBytes(from: number, to: number, kept: readonly ValueId[]): number {
    const { problem, buffers } = this.#liveness;
    const gone = new Set(kept);
    return problem.buffers.reduce((sum, { lower, upper, size }, b) => {
      const { kind, values } = buffers[b] ?? { kind: 'scratch', values: [] };
      const counts = kind !== 'scratch' && lower < to && upper > from && !values.some(id => gone.has(id));
      return counts ? sum + size : sum;
    }, 0);
  }

  #candidatesOf(from: number, to: number): readonly Candidate[] {
    const key = `${from} ${to}`;
    const known = this.#candidates.get(key) ?? this.#tryAll(from, to);
    this.#candidates.set(key, known);
    return known;
  }

  #tryAll(from: number, to: number): Candidate[] {
    const steps = this.#rowSteps.slice(from, to);
    const rowSteps = steps.filter(step => step !== undefined);
    if (rowSteps.length === 0 || rowSteps.length < steps.length) return [];
    const found: Candidate[] = [];
    for (const unitPixels of UNIT_PIXELS) {
      const candidate = this.#try(rowSteps, unitPixels);
      if (!candidate) return [];
      const { ringBytes, chain } = candidate;
      const tensorBytes = chain.kept.reduce((sum, id) => sum + valueBytes(this.#parts.graph, id), 0);
      if (ringBytes < tensorBytes && this.#pays(candidate, rowSteps)) found.push(candidate);
    }
    return found;
  }

  #try(steps: readonly RowStep[], unitPixels: number): Candidate | undefined {
    const { graph, options } = this.#parts;
    const { threads, simd } = options;
    const chain = chainOf(this.#context, steps, unitPixels);
    if (!chain) return undefined;
    const { scratchBytes, ringBytes, computedRows, capacities } = chainNeeds(chain.spec, simd, threads);
    const multiplyAdds = steps.map(({ draft }) => draft.flops / 2);
    const keptBytes = chain.kept.map(id => valueBytes(graph, id));
    const work = { simd, threads, multiplyAdds, computedRows, capacities, keptBytes };
    const time = chainTime(chain.spec, work);
    return { chain, time, scratchBytes: scratchBytes * threads, ringBytes: ringBytes * threads };
  }

  /** For whoever did not ask for the smallest arena. */
  #pays({ time: { added, saved } }: Candidate, steps: readonly RowStep[]): boolean {
    const { depthFirst, threads } = this.#parts.options;
    if (depthFirst === 'memory') return true;
    return added - saved <= (MOST_SLOWDOWN * stepsTime(steps.map(({ draft }) => draft))) / threads;
  }
}

/** Which steps touch a buffer, and which values live in it. The caller is a step of its own. */
function usesOf(
  graph: Graph,
  storages: Storages,
  drafts: readonly StepDraft[],
): Pick<ChainContext, 'touching' | 'residents'> {
  const touching = new Map<ValueId, Set<number>>();
  const residents = new Map<ValueId, ValueId[]>();
  const ownerOf = (id: ValueId): ValueId => storages.get(id)?.owner ?? id;
  const touch = (id: ValueId, step: number): void => {
    touching.set(ownerOf(id), (touching.get(ownerOf(id)) ?? new Set()).add(step));
  };
  for (const id of [...graph.inputs, ...graph.outputs]) touch(id, -1);
  drafts.forEach(({ reads, writes }, at) => {
    for (const id of [...reads, ...writes]) touch(id, at);
  });
  for (const [id, { owner }] of storages) residents.set(owner, [...(residents.get(owner) ?? []), id]);
  return { touching, residents };
}
