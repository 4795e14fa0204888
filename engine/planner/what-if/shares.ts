// Values that hold the same bytes, and what follows from it: views of views, parts of parts. Invariant: two values
// named here hold the same where they would lie over each other.

/** A result that holds the very bytes of an operand: both may lie in one place, however long either is needed. */
export interface Share {
  readonly result: number;
  readonly operand: number;
  /** bytes from the start of the result to that of the operand; it may be negative */
  readonly distance: number;
}

/** A value that another one may lie over: bytes from that one's start to its own. */
interface Place {
  readonly value: number;
  readonly at: number;
}

/** Pairs that are looked at for a value: a chain of concatenations has as many as the square of its length. */
const MOST_PLACES = 256;

/**
 * All pairs that follow from the given ones, these among them, each once. Of two values that both share with a third
 * one it is known what they share inside it: they may lie over each other where nothing of both is outside.
 */
export function allShares(shares: readonly Share[], bytesOf: (value: number) => number): Share[] {
  const places = new Map<number, Place[]>();
  const add = (from: number, value: number, at: number): void => {
    const known = places.get(from);
    if (known) known.push({ value, at });
    else places.set(from, [{ value, at }]);
  };
  for (const { result, operand, distance } of shares) {
    add(result, operand, distance);
    add(operand, result, 0 - distance);
  }
  const done = new Set<number>();
  return [...places.keys()].flatMap(result => {
    done.add(result);
    return placesFrom(result, places, bytesOf).flatMap(({ value, at }) =>
      done.has(value) ? [] : [{ result, operand: value, distance: at }],
    );
  });
}

/** Where other values may lie, from the start of one. */
function placesFrom(
  start: number,
  places: ReadonlyMap<number, readonly Place[]>,
  bytesOf: (value: number) => number,
): Place[] {
  const end = bytesOf(start);
  const found: Place[] = [{ value: start, at: 0 }];
  const known = new Set([`${start} 0`]);
  for (let next = 0; next < found.length && found.length < MOST_PLACES; next++) {
    const between = found[next] as Place;
    for (const { value, at: on } of places.get(between.value) ?? []) {
      const at = between.at + on;
      const first = Math.max(0, at);
      const last = Math.min(end, at + bytesOf(value));
      const inside = first >= between.at && last <= between.at + bytesOf(between.value);
      if (value === start || first >= last || !inside || known.has(`${value} ${at}`)) continue;
      known.add(`${value} ${at}`);
      found.push({ value, at });
    }
  }
  return found.slice(1);
}
