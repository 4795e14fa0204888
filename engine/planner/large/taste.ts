// What a sweep outwards likes (outwards.ts): in which order buffers come, and which gap one takes. No taste is the best
// for all problems, so each sweep has another, half of the time near one that did well.

export interface Taste {
  /** a byte beside a neighbour that dies a step earlier or later, in bytes lost for a step */
  readonly unlike: number;
  /** of the mean size: gaps of this many bytes are lost more often than not */
  readonly sliver: number;
  /** of the mean life: how much before its birth the largest buffer comes */
  readonly ahead: number;
  /** the power of its size by which another comes earlier */
  readonly aheadPower: number;
  /** how much earlier those come that did not fit before, in what they complained */
  readonly heed: number;
  /** bytes; above it there is room only where there is no other */
  readonly ceiling: number;
}

/** How many tastes are near the known one. */
const NEAR_SHARE = 0.5;
/** By what power of e, up or down, what is near may differ. */
const NEAR = 0.5;

/** Any taste, or one near a known one, with a ceiling between two heights in bytes. */
export function drawTaste(known: Taste | undefined, low: number, high: number, random: () => number): Taste {
  const ceiling = low + (high - low) * random();
  if (known !== undefined && random() < NEAR_SHARE) {
    const near = () => Math.exp(NEAR * (2 * random() - 1));
    return {
      unlike: known.unlike * near(),
      sliver: known.sliver * near(),
      ahead: known.ahead * near(),
      aheadPower: known.aheadPower * near(),
      heed: known.heed * near(),
      ceiling,
    };
  }
  return {
    unlike: 10 ** (2 * random() - 1),
    sliver: 10 ** (2 * random() - 1.7),
    ahead: random() < 0.3 ? 0 : 10 ** (2.5 * random() - 2.5),
    aheadPower: 2 * random(),
    heed: random() < 0.5 ? 0 : 10 ** (1.5 * random() - 1),
    ceiling,
  };
}
