// The program as it runs, with other settings of its memory: all of a kind together, and the chains of steps one by
// one. Each can be had by setting it. Invariant: every peak is that of a plan of the program's own steps that was
// checked.

import type { CompileOptions } from '../../options.ts';
import type { PlanResult, Problem } from '../../planner/types.ts';
import { validate } from '../../planner/validate.ts';
import { problemKey } from '../problem-key.ts';
import type { ExecutedPlan, ExtraWork } from './types.ts';

/** A program's memory, planned. */
export interface PlannedProgram {
  readonly problem: Problem;
  readonly result: PlanResult;
  readonly chains: readonly PlannedChain[];
}

export interface PlannedChain {
  readonly id: string;
  /** names of its steps */
  readonly members: readonly string[];
  /** node indices of the imported graph */
  readonly nodes: readonly number[];
  readonly multiplyAdds: number;
  readonly extraMultiplyAdds: number;
}

type Settings = ExecutedPlan['settings'];

export interface ExecutedRequest {
  readonly options: CompileOptions;
  readonly plan: (settings: Settings) => PlannedProgram;
  /** milliseconds of nodes of the imported graph, where a run tells */
  readonly timeOf: (nodes: readonly number[]) => number | undefined;
  readonly cancelled: () => boolean;
  readonly progress: (what: string, done: number, of: number) => void;
}

/** Chains that are planned one by one, those first that compute the least again. */
const MOST_CHAINS = 8;

/** The program as it is set, then what needs less, the lowest first; of equals the one with fewer settings. */
export function executedPlans(request: ExecutedRequest): ExecutedPlan[] {
  const search = new SettingsSearch(request);
  const single = singleSettings(request.options);
  // After each setting alone come all that are needed, with and without the threads.
  const tries = single.length + 2;
  for (const [at, setting] of single.entries()) {
    request.progress('settings', at, tries);
    search.try([setting]);
    if (setting.settings.depthFirst !== undefined)
      for (const chain of search.chainsOf(setting)) search.try([chain]);
  }
  request.progress('settings', single.length, tries);
  search.try(search.needed(single));
  request.progress('settings', single.length + 1, tries);
  search.try(search.needed(single.filter(({ settings }) => settings.threads === undefined)));
  const [first, ...others] = search.found;
  const better = others
    .filter(({ savedBytes }) => savedBytes > 0)
    .toSorted((a, b) => a.peakBytes - b.peakBytes || sizeOf(a) - sizeOf(b));
  return first
    ? [first, ...better.filter((one, at) => !better.slice(0, at).some(other => beats(other, one)))]
    : [];
}

class SettingsSearch {
  readonly found: ExecutedPlan[];
  readonly #request: ExecutedRequest;
  readonly #base: PlannedProgram;
  readonly #known = new Map<string, PlannedProgram>();

  constructor(request: ExecutedRequest) {
    this.#request = request;
    this.#base = request.plan({});
    this.found = [executedPlan('executed', 'as set', {}, this.#base, this.#base, request)];
  }

  try(together: readonly Setting[]): void {
    if (this.#request.cancelled() || together.length === 0) return;
    const id = `executed:${together.map(one => one.id).join('+')}`;
    if (this.found.some(other => other.id === id)) return;
    const title = together.map(one => one.title).join(', ');
    const planned = this.#plan(together);
    this.found.push(executedPlan(id, title, merged(together), planned, this.#base, this.#request));
  }

  /** Those without which the others together would need more: one after the other is left out. */
  needed(together: readonly Setting[]): readonly Setting[] {
    return together.reduce((kept, setting) => {
      const without = kept.filter(other => other !== setting);
      if (without.length === 0 || this.#request.cancelled()) return kept;
      const isNeeded = heightOf(this.#plan(without)) > heightOf(this.#plan(kept));
      return isNeeded ? kept : without;
    }, together);
  }

  /** Each chain of the plan alone, those first that compute the least again; none where there is only one. */
  chainsOf(setting: Setting): readonly Setting[] {
    if (this.#request.cancelled()) return [];
    const { chains } = this.#plan([setting]);
    if (chains.length < 2) return [];
    const byWork = chains.toSorted((a, b) => a.extraMultiplyAdds - b.extraMultiplyAdds);
    return byWork.slice(0, MOST_CHAINS).map(chain => ({
      id: chain.id,
      title: `${chain.members.join(', ')} row by row`,
      settings: {
        ...setting.settings,
        disabledGroups: [
          ...this.#request.options.disabledGroups,
          ...chains.flatMap(other => (other === chain ? [] : [other.id])),
        ],
      },
    }));
  }

  #plan(together: readonly Setting[]): PlannedProgram {
    const settings = merged(together);
    const key = JSON.stringify(settings);
    const planned = this.#known.get(key) ?? this.#request.plan(settings);
    this.#known.set(key, planned);
    return planned;
  }
}

const merged = (together: readonly Setting[]): Settings =>
  Object.assign({}, ...together.map(({ settings }) => settings));

const heightOf = ({ result }: PlannedProgram): number => result.solution.height;

const sizeOf = ({ settings }: ExecutedPlan): number => Object.keys(settings).length;

/** Whether one needs as little, for as little work and with no other settings but some of the same. */
function beats(one: ExecutedPlan, other: ExecutedPlan): boolean {
  const keys = Object.keys(one.settings);
  const isPart = keys.every(key => key in other.settings);
  return isPart && one.peakBytes <= other.peakBytes && one.extra.multiplyAdds <= other.extra.multiplyAdds;
}

interface Setting {
  readonly id: string;
  readonly title: string;
  readonly settings: Settings;
}

/** What may save memory and is not set yet. */
function singleSettings(options: CompileOptions): Setting[] {
  const { planner, inPlace, overlap, reorder, lean, threads, depthFirst, fusion, reference } = options;
  const all: (Setting & { readonly isOpen: boolean })[] = [
    {
      id: 'exact',
      title: 'planned exactly',
      settings: { planner: 'exact' },
      isOpen: planner !== 'exact',
    },
    { id: 'in-place', title: 'results in place', settings: { inPlace: true }, isOpen: !inPlace },
    { id: 'overlap', title: 'results over operands', settings: { overlap: true }, isOpen: !overlap },
    { id: 'order', title: 'steps in another order', settings: { reorder: true }, isOpen: !reorder },
    {
      id: 'lean',
      title: 'steps on the least scratch',
      settings: { lean: 'full' },
      isOpen: lean !== 'full',
    },
    { id: 'one-thread', title: 'one thread', settings: { threads: 1 }, isOpen: threads > 1 },
    {
      id: 'depth-first',
      title: 'layers row by row',
      settings: { depthFirst: 'memory' },
      isOpen: fusion && !reference && depthFirst !== 'memory',
    },
  ];
  return all.filter(({ isOpen }) => isOpen);
}

function executedPlan(
  id: string,
  title: string,
  settings: Settings,
  planned: PlannedProgram,
  base: PlannedProgram,
  { timeOf }: ExecutedRequest,
): ExecutedPlan {
  const { problem, result, chains } = planned;
  const [violation] = validate(problem, result.solution);
  if (violation) throw new Error(`an invalid plan: ${violation.message}`);
  const known = new Map(base.chains.map(chain => [chain.id, chain.extraMultiplyAdds]));
  const own = chains.filter(chain => !known.has(chain.id));
  return {
    id,
    title,
    settings,
    problem: problemKey(problem),
    nodes: [...new Set(own.flatMap(({ nodes }) => nodes))],
    peakBytes: result.solution.height,
    lowerBoundBytes: result.lowerBound.bytes,
    optimal: result.optimal,
    savedBytes: base.result.solution.height - result.solution.height,
    extra: extraOf(own, timeOf),
  };
}

/** Of computing again what a chain forgets; a chain's rows may be quicker or slower besides. */
function extraOf(chains: readonly PlannedChain[], timeOf: ExecutedRequest['timeOf']): ExtraWork {
  const multiplyAdds = chains.reduce((sum, chain) => sum + chain.extraMultiplyAdds, 0);
  const times = chains.map(chain => {
    const share = chain.extraMultiplyAdds / Math.max(1, chain.multiplyAdds);
    const ms = share === 0 ? 0 : timeOf(chain.nodes);
    return ms === undefined ? undefined : share * ms;
  });
  const known = times.filter(ms => ms !== undefined);
  return {
    multiplyAdds,
    trafficBytes: 0,
    ...(known.length === times.length && { ms: known.reduce((sum, ms) => sum + ms, 0) }),
  };
}
