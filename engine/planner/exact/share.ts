// How much of the work one kind of it gets: a share of what the others do, the largest while it gains, halved when it
// does not. Counted in nodes, so that it is the same everywhere.

/** The largest and smallest share, of 1. */
export interface Shares {
  readonly most: number;
  readonly least: number;
}

/** What one kind of work may take yet; told what the others took, and whether it gained. */
export class Share {
  readonly #shares: Shares;
  #share: number;
  /** nodes that it may take yet */
  #credit = 0;

  constructor(shares: Shares) {
    this.#shares = shares;
    this.#share = shares.most;
  }

  get isDue(): boolean {
    return this.#credit > 0;
  }

  /** Others did so much. */
  earn(nodes: number): void {
    this.#credit += (nodes * this.#share) / (1 - this.#share);
  }

  /** It comes only when others have earned so much for it. */
  wait(nodes: number): void {
    this.#credit = -nodes;
  }

  spend(nodes: number, hasGained: boolean): void {
    const { most, least } = this.#shares;
    this.#credit -= nodes;
    this.#share = hasGained ? most : Math.max(least, this.#share / 2);
  }
}
