// More siblings than can be looked at at once, in ranges: 'layer 0…24' for twenty-five of 625 alike ones. Pure.

/** What lies beside others in a scope. */
export interface Sibling {
  readonly name: string;
}

export interface RangeOf<T extends Sibling> {
  /** of the first and the last: '0…24' */
  readonly name: string;
  readonly members: readonly T[];
}

/** So many of any kind may lie beside each other, where they are not alike: in ranges, they are harder to tell. */
const MOST_UNLIKE = 2;

/**
 * Siblings in their order: as they are where there are at most `most`; else consecutive ones whose names differ by
 * their numbers alone in ranges; where too many stay that are not alike, all in ranges. About as many ranges as
 * members of each.
 */
export function inRanges<T extends Sibling>(
  siblings: readonly T[],
  most: number,
): readonly (T | RangeOf<T>)[] {
  if (siblings.length <= most) return siblings;
  const size = Math.ceil(Math.sqrt(siblings.length));
  const ranged = runsOf(siblings).flatMap(run => (run.length > size ? cut(run, size) : run));
  return ranged.length <= MOST_UNLIKE * most ? ranged : cut(siblings, size);
}

/** Consecutive siblings that are alike. */
function runsOf<T extends Sibling>(siblings: readonly T[]): readonly (readonly T[])[] {
  const runs: T[][] = [];
  let last: string | undefined;
  for (const sibling of siblings) {
    const stem = sibling.name.replace(/\d+/g, '#');
    if (stem === last) runs.at(-1)?.push(sibling);
    else runs.push([sibling]);
    last = stem;
  }
  return runs;
}

function cut<T extends Sibling>(run: readonly T[], size: number): readonly (T | RangeOf<T>)[] {
  const ranges: (T | RangeOf<T>)[] = [];
  for (let at = 0; at < run.length; at += size) {
    const members = run.slice(at, at + size);
    const [first, last] = [members[0], members.at(-1)];
    if (!first || !last) continue;
    ranges.push(members.length === 1 ? first : { name: `${first.name}…${last.name}`, members });
  }
  return ranges;
}
