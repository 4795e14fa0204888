// Tries of the exact search in depth (search/canonical.ts): full ones, which may prove that nothing fits, and cheap
// ones, many short searches from jittered rankings above the target. Full tries solve most problems in their first
// rounds; cheap ones are for those where the rankings lead astray early.

import { picked } from '../../random.ts';
import type { OpenHeights } from '../bounds/open-heights.ts';
import { CanonicalSearch, type Outcome, type Ranking } from '../search/canonical.ts';
import type { Problem } from '../types.ts';

const RANKINGS: readonly [Ranking, ...Ranking[]] = [
  ['width', 'area', 'total'],
  ['total', 'area', 'width'],
  ['total', 'width', 'area'],
];
/** Where between bound and best the cheap tries aim. */
const LADDER = [1 / 2, 3 / 4, 9 / 10] as const;

/** What many short searches have in common. */
export interface CheapTry {
  /** nodes per buffer; any of these */
  readonly lengths: readonly [number, ...number[]];
  /** the largest jitter */
  readonly noise: number;
  /** how many of them rank buffers as the best plan has them, with a jitter of up to NEAR_NOISE */
  readonly nearShare: number;
}
const NEAR_NOISE = 0.3;

/** Full and cheap tries in depth on one problem; what they find or prove goes to `open`. */
export class DepthTries {
  readonly #open: OpenHeights;
  readonly #search: CanonicalSearch;
  readonly #random: () => number;

  constructor(open: OpenHeights, searched: Problem, random: () => number) {
    this.#open = open;
    this.#search = new CanonicalSearch(searched);
    this.#random = random;
    open.counts(() => this.#search.nodes);
  }

  /** Tries capacities, in bytes, with every ranking; false once one try was through. */
  full(capacities: readonly number[], limit: number): boolean {
    for (const capacity of capacities) {
      for (const ranking of RANKINGS) {
        if (this.#open.isDone() || this.#try(capacity, ranking, limit, 0) !== 'stopped') return false;
      }
    }
    return true;
  }

  /** One cheap try: the nodes it may take, and whether it found a plan. */
  cheap({ lengths, noise: largest, nearShare }: CheapTry): {
    readonly nodes: number;
    readonly isFound: boolean;
  } {
    const random = this.#random;
    const { sized, best } = this.#open;
    const nodes = picked(lengths, random) * sized.length;
    const capacity = this.#open.between(picked(LADDER, random));
    const ranking = picked(RANKINGS, random);
    const isNear = random() < nearShare;
    const noise = (isNear ? NEAR_NOISE : largest) * random();
    const near = isNear ? sized.map(b => best.offsets[b] ?? 0) : undefined;
    return { nodes, isFound: this.#try(capacity, ranking, nodes, noise, near) === 'found' };
  }

  #try(capacity: number, ranking: Ranking, limit: number, noise: number, near?: readonly number[]): Outcome {
    const open = this.#open;
    const outcome = this.#search.run({
      capacity,
      ranking,
      nodeLimit: Math.min(limit, open.nodesLeft),
      noise,
      ...(near && { near }),
      random: this.#random,
      stop: () => open.isDone(),
    });
    if (outcome === 'found') open.found(this.#search.offsets);
    if (outcome === 'none') open.prove(capacity + open.unit);
    return outcome;
  }
}
