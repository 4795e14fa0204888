// Indices in ascending order of a whole-number key, in linear time: a radix sort, the lowest digits first. Stable, so
// equal keys stay in order of index.

/** The keys must be safe integers whose range is one too. O(count × digits), a digit holding about count values. */
export function ascending(keys: Float64Array): Int32Array {
  const count = keys.length;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let b = 0; b < count; b++) {
    const key = keys[b] as number;
    if (key < least) least = key;
    if (key > most) most = key;
  }
  const radix = 2 ** Math.min(16, Math.max(4, Math.ceil(Math.log2(count + 1))));
  let from = { order: new Int32Array(count), rest: new Float64Array(count) };
  let to = { order: new Int32Array(count), rest: new Float64Array(count) };
  for (let b = 0; b < count; b++) {
    from.order[b] = b;
    from.rest[b] = (keys[b] as number) - least;
  }
  for (let unit = 1; unit <= most - least; unit *= radix) {
    byLastDigit(from, to, radix);
    [from, to] = [to, from];
  }
  return from.order;
}

/** Indices, and what is left of their keys when the digits that were sorted by are taken off. */
interface Column {
  readonly order: Int32Array;
  readonly rest: Float64Array;
}

/** Distributes by the last digit, and takes it off. */
function byLastDigit(from: Column, to: Column, radix: number): void {
  const count = from.order.length;
  const starts = new Int32Array(radix + 1);
  const digits = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const rest = from.rest[i] as number;
    const digit = rest - Math.floor(rest / radix) * radix;
    digits[i] = digit;
    starts[digit + 1] = (starts[digit + 1] as number) + 1;
  }
  for (let d = 0; d < radix; d++) starts[d + 1] = (starts[d + 1] as number) + (starts[d] as number);
  for (let i = 0; i < count; i++) {
    const digit = digits[i] as number;
    const at = starts[digit] as number;
    starts[digit] = at + 1;
    to.order[at] = from.order[i] as number;
    to.rest[at] = Math.floor((from.rest[i] as number) / radix);
  }
}
