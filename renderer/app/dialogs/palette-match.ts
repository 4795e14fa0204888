// What the palette lists for what was typed: by whole words and their beginnings, what can be done now first.

/** How a text may be found: what it is called, and what else leads to it. */
export interface Findable {
  readonly title: string;
  /** menu, section, place */
  readonly also: string;
  readonly enabled: boolean;
}

/** A part within a word counts from this length on: shorter ones are in everything. */
const LEAST_WITHIN = 3;

/** Those that every word of `query` is found in, the best first; all, in their order, where nothing is asked. */
export function found<T extends Findable>(entries: readonly T[], query: string): readonly T[] {
  const asked = wordsOf(query);
  return entries
    .flatMap(entry => {
      const score = scoreOf(asked, wordsOf(entry.title), wordsOf(entry.also));
      return score === undefined ? [] : [{ entry, score }];
    })
    .toSorted((a, b) => Number(b.entry.enabled) - Number(a.entry.enabled) || b.score - a.score)
    .map(({ entry }) => entry);
}

const wordsOf = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word !== '');

/** A word of the title counts more than one beside it, a whole word more than its beginning, that more than a part. */
function scoreOf(
  asked: readonly string[],
  title: readonly string[],
  also: readonly string[],
): number | undefined {
  let score = 0;
  for (const word of asked) {
    const best = Math.max(2 * bestOf(word, title), bestOf(word, also));
    if (best === 0) return undefined;
    score += best;
  }
  return score;
}

const bestOf = (asked: string, words: readonly string[]): number =>
  words.reduce((best, word) => {
    if (word === asked) return Math.max(best, 3);
    if (word.startsWith(asked)) return Math.max(best, 2);
    return asked.length >= LEAST_WITHIN && word.includes(asked) ? Math.max(best, 1) : best;
  }, 0);
