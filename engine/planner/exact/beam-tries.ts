// Tries by beams (search/beam-search.ts): half of them at the bound, the others between it and the best plan, lower
// with every find and higher without. They put full arenas together again, where a search in depth never comes back to
// what it wasted early; they prove nothing.

import { picked } from '../../random.ts';
import type { OpenHeights } from '../bounds/open-heights.ts';
import { BeamSearch } from '../search/beam-search.ts';
import type { Problem } from '../types.ts';

/** States that one keeps, for each node per buffer of a full try; any of these. */
const WIDTHS = [1 / 16, 1 / 8, 1 / 4] as const;
/** How many of them aim at the bound. */
const AT_BOUND = 0.5;
const AIM = { first: 0.5, lower: 0.7, higher: 0.05, highest: 0.95 } as const;
const TOLERANCES = [0.001, 0.003, 0.01] as const;
const ROUGHNESSES = [0.03, 0.1, 0.3, 1] as const;

/** Tries by beams on one problem; what they find goes to `open`. */
export class BeamTries {
  readonly #open: OpenHeights;
  readonly #beam: BeamSearch;
  readonly #random: () => number;
  /** where between bound and best those aim that do not aim at the bound */
  #aim: number = AIM.first;

  constructor(open: OpenHeights, searched: Problem, random: () => number) {
    this.#open = open;
    this.#beam = new BeamSearch(searched);
    this.#random = random;
    open.counts(() => this.#beam.nodes);
  }

  /** One try, the wider the more nodes a full try in depth may take: its own nodes, and whether it found a plan. */
  run(limit: number): { readonly nodes: number; readonly isFound: boolean } {
    const [open, beam, random] = [this.#open, this.#beam, this.#random];
    const before = beam.nodes;
    const share = random() < AT_BOUND ? 0 : this.#aim;
    const isFound = beam.run({
      capacity: open.between(share),
      width: Math.ceil((limit / open.sized.length) * picked(WIDTHS, random)),
      nodeLimit: open.nodesLeft,
      tolerance: picked(TOLERANCES, random),
      roughness: picked(ROUGHNESSES, random),
      random,
      stop: () => open.isDone(),
    });
    if (isFound) open.found(beam.offsets);
    if (share > 0) this.#aim = isFound ? share * AIM.lower : Math.min(AIM.highest, share + AIM.higher);
    return { nodes: Math.max(1, beam.nodes - before), isFound };
  }
}
