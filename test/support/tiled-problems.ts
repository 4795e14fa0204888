// Hard placement problems with a known solution: an arena, over its whole life, is cut into buffers again and again,
// along time or across it, and some of the buffers are then taken out.

import type { Problem } from '../../engine/planner/types.ts';
import { seededRandom } from '../../engine/random.ts';

export interface Tiling {
  readonly buffers: number;
  /** share of the arena's area that is left, 0 to 1 */
  readonly fill: number;
  /** buffers of about one shape, so many of which are live at once; else sizes and lives are of all kinds */
  readonly live?: number;
  /** no time at which the arena stays full: the known solution need not be the best */
  readonly slack?: boolean;
}

export interface TiledProblem {
  readonly problem: Problem;
  /** bytes, within which there is a solution */
  readonly capacity: number;
}

const UNIT = 1024;
const UNITS = 1024;
const END = 2 ** 20;

interface Rectangle {
  readonly lower: number;
  readonly upper: number;
  readonly bottom: number;
  readonly top: number;
}

/** Sizes are multiples of 1 KiB, the capacity is 1 MiB, times go from 0 to 2^20. The same for the same seed. */
export function tiledProblem(seed: number, { buffers, fill, live, slack = false }: Tiling): TiledProblem {
  const random = seededRandom(seed);
  const whole: Rectangle = { lower: 0, upper: END, bottom: 0, top: UNITS };
  const rectangles = [whole];
  const wanted = buffers / Math.sqrt(fill);
  for (let tries = 0; rectangles.length < wanted && tries < 20 * buffers; tries++) {
    const at = live === undefined ? Math.floor(random() * rectangles.length) : largest(rectangles);
    const rectangle = rectangles[at] ?? whole;
    const { lower, upper, bottom, top } = rectangle;
    const [wide, high] = [(upper - lower) / END, (top - bottom) / UNITS];
    const across = live === undefined ? random() < 0.5 : high * live > (wide * buffers) / live;
    const share = live === undefined ? random() : 0.35 + 0.3 * random();
    const time = Math.round(lower + share * (upper - lower));
    const unit = Math.round(bottom + share * (top - bottom));
    if (across ? unit <= bottom || unit >= top : time <= lower || time >= upper) continue;
    const parts = across
      ? [
          { ...rectangle, top: unit },
          { ...rectangle, bottom: unit },
        ]
      : [
          { ...rectangle, upper: time },
          { ...rectangle, lower: time },
        ];
    rectangles.splice(at, 1, ...parts);
  }
  const kept = thinned(rectangles, fill, slack ? -1 : random() * END, random);
  return {
    problem: {
      buffers: kept.map(({ lower, upper, bottom, top }, b) => ({
        id: `b${b}`,
        lower,
        upper,
        size: (top - bottom) * UNIT,
      })),
    },
    capacity: UNITS * UNIT,
  };
}

const areaOf = ({ lower, upper, bottom, top }: Rectangle): number => (upper - lower) * (top - bottom);

function largest(rectangles: readonly Rectangle[]): number {
  return rectangles.reduce(
    (most, rectangle, i) => (areaOf(rectangle) > areaOf(rectangles[most] ?? rectangle) ? i : most),
    0,
  );
}

/** Without some that are not live at `full`, until only the share `fill` of the area is left; in random order. */
function thinned(
  rectangles: readonly Rectangle[],
  fill: number,
  full: number,
  random: () => number,
): Rectangle[] {
  const shuffled = rectangles.map(rectangle => ({ rectangle, key: random() })).sort((a, b) => a.key - b.key);
  let spare = (1 - fill) * UNITS * END;
  return shuffled.flatMap(({ rectangle }) => {
    const area = areaOf(rectangle);
    const isFull = rectangle.lower <= full && full < rectangle.upper;
    if (area > spare || isFull) return [rectangle];
    spare -= area;
    return [];
  });
}
