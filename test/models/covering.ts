// Combinations of toggles: all there are, or a few among which every two values of different toggles meet.

/** Toggle → its values. */
export type Factors = Readonly<Record<string, readonly unknown[]>>;
/** One value for each toggle. */
export type Combination<F extends Factors> = { readonly [K in keyof F]: F[K][number] };

/** Every combination. */
export function product<F extends Factors>(factors: F): Combination<F>[] {
  let rows: Record<string, unknown>[] = [{}];
  for (const [name, values] of Object.entries(factors)) {
    rows = rows.flatMap(row => values.map(value => ({ ...row, [name]: value })));
  }
  return rows as Combination<F>[];
}

/** A covering array of strength two, greedily: always the combination in which the most pairs meet first. */
export function pairwise<F extends Factors>(factors: F): Combination<F>[] {
  const all = product(factors).map(row => ({ row, pairs: pairsOf(row) }));
  const missing = new Set(all.flatMap(({ pairs }) => pairs));
  const chosen: Combination<F>[] = [];
  while (missing.size > 0) {
    let best = { news: 0, at: -1 };
    all.forEach(({ pairs }, at) => {
      const news = pairs.filter(pair => missing.has(pair)).length;
      if (news > best.news) best = { news, at };
    });
    const next = all[best.at];
    if (!next) throw new Error('a pair is in no combination');
    for (const pair of next.pairs) missing.delete(pair);
    chosen.push(next.row);
  }
  return chosen;
}

/** Each pair of values of different toggles, as text. */
export function pairsOf(row: Readonly<Record<string, unknown>>): string[] {
  const entries = Object.entries(row).map(([name, value]) => `${name} ${value}`);
  return entries.flatMap((a, i) => entries.slice(i + 1).map(b => `${a}, ${b}`));
}
