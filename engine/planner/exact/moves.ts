// Moves of the best plan, in place of tries from nothing: single buffers (repair/ejection.ts), which bring most of
// what is gained well above the bound, and parts placed anew (repair/windows.ts), which now and then free them where
// they are stuck. Each gets a share of the work, the larger the more it gains. Single buffers move unless they may
// share bytes (canEject), parts only where nothing is fixed or has gaps (canSweep).

import { seededRandom } from '../../random.ts';
import type { OpenHeights } from '../bounds/open-heights.ts';
import type { Layout } from '../greedy/place.ts';
import { canSweep } from '../greedy/sweep.ts';
import { squeaky } from '../large/squeaky.ts';
import { canEject, eject } from '../repair/ejection.ts';
import { replaceWindows } from '../repair/windows.ts';
import { Share, type Shares } from './share.ts';

/** What a move counts as, in nodes. */
const NODES_PER_MOVE = 8;
const SINGLE_SHARE: Shares = { most: 2 / 3, least: 1 / 3 };
/** Moves at a time when it is late, for each node of a full try. */
const LATE_MOVES = 1 / 16;
/** Of placements as those of many buffers are made, before the first moves. */
const REPLACEMENTS = 50;
/** Nodes of parts at a time, for each node of a full try; late work before the first ones, in the same unit. */
const WINDOW_NODES = { each: 1 / 2, before: 4 } as const;
const WINDOW_SHARE: Shares = { most: 1 / 3, least: 1 / 8 };

/** Moves of the best plan of one problem, each call a few; what they find goes to `open`. */
export class Moves {
  readonly #open: OpenHeights;
  /** of its own: tries from nothing are the same with and without moves, until these find something */
  readonly #random: () => number;
  readonly #canMove: boolean;
  readonly #canReplace: boolean;
  readonly #singleShare = new Share(SINGLE_SHARE);
  readonly #windowShare = new Share(WINDOW_SHARE);
  #nodes = 0;
  #hasMoved = false;

  constructor(open: OpenHeights, seed: number) {
    this.#open = open;
    this.#random = seededRandom(seed);
    this.#canMove = canEject(open.problem);
    this.#canReplace = canSweep(open.problem);
    open.counts(() => this.#nodes);
  }

  /** Others did so much late work, where a full try may take `limit` nodes. Returns the nodes of the moves now due. */
  late(nodes: number, limit: number): number {
    if (!this.#canMove) return 0;
    let moved = 0;
    this.#singleShare.earn(nodes);
    if (this.#singleShare.isDue) moved += this.single(limit * LATE_MOVES);
    this.#windowShare.earn(nodes);
    if (this.#canReplace && this.#windowShare.isDue) moved += this.#windows(limit * WINDOW_NODES.each);
    return moved;
  }

  /** It is not late yet: parts come some time after it is. */
  wait(limit: number): void {
    this.#windowShare.wait(limit * 2 * WINDOW_NODES.before);
  }

  /** Moves single buffers. Returns what that counts as, in nodes. */
  single(moves: number): number {
    const open = this.#open;
    if (open.isDone() || !this.#canMove) return 0;
    const before = open.best.height;
    const start = this.#hasMoved ? open.best : this.#replaced();
    this.#hasMoved = true;
    const limits = { floor: open.low, moves, stop: () => open.isDone(), random: this.#random };
    const found = eject(open.problem, start, limits);
    if (found.height < before) open.take(found);
    const nodes = moves * NODES_PER_MOVE;
    this.#nodes += nodes;
    this.#singleShare.spend(nodes, found.height < before);
    return nodes;
  }

  /** The best, or what is lower as many buffers are placed: those of some hundreds may be like them. */
  #replaced(): Layout {
    const open = this.#open;
    const found = squeaky(open.problem, open.low, {
      nodeLimit: REPLACEMENTS,
      seed: 1 + Math.floor(this.#random() * 2 ** 30),
      cancelled: () => open.isDone(),
    });
    return found.height < open.best.height ? found : open.best;
  }

  /** Places parts anew. Returns the nodes. */
  #windows(limit: number): number {
    const open = this.#open;
    if (open.isDone()) return 0;
    const before = open.best.height;
    const { offsets, nodes } = replaceWindows(open.problem, open.best, {
      floor: open.low,
      unit: open.unit,
      nodes: Math.min(limit, open.nodesLeft),
      stop: () => open.isDone(),
      random: this.#random,
    });
    this.#nodes += nodes;
    open.found(open.sized.map(b => offsets[b] ?? 0));
    this.#windowShare.spend(nodes, open.best.height < before);
    return nodes;
  }
}
