// Constant operands in the order the kernels read them: columns of one register tile side by side, so that a
// kernel walks its weights once, forwards, without a stride. Tails are filled with zeros.
// Every function writes all of `target`, whose length the matching `…Length` function tells (in elements).

/** Weights of a grouped convolution, in channels per group. */
export interface ConvolutionWeights {
  readonly groups: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** height, width */
  readonly kernel: readonly [number, number];
}

/** A constant right-hand side of a matrix product; strides in elements. */
export interface MatmulWeights {
  readonly k: number;
  readonly n: number;
  readonly strides: { readonly k: number; readonly n: number };
}

/** Terms of one column that are read one after the other: a cache line, so that each is fetched once. */
const BLOCK = 16;

/** How many tiles of `columns` cover `extent`. */
export function tileCount(extent: number, columns: number): number {
  return Math.ceil(extent / columns);
}

export function packedConvolutionLength(weights: ConvolutionWeights, columns: number): number {
  const [height, width] = weights.kernel;
  return (
    weights.groups * tileCount(weights.outChannels, columns) * height * width * weights.inChannels * columns
  );
}

/** [group · out channel][in channel][row][column] → [group][out channel / columns][row][column][in channel][columns] */
export function packConvolution(
  target: Float32Array,
  source: Float32Array,
  weights: ConvolutionWeights,
  columns: number,
): void {
  const { groups, inChannels, outChannels } = weights;
  const taps = weights.kernel[0] * weights.kernel[1];
  const tiles = tileCount(outChannels, columns);
  if (outChannels % columns) target.fill(0);
  for (let group = 0; group < groups; group++)
    for (let tile = 0; tile < tiles; tile++) {
      const to = (group * tiles + tile) * taps * inChannels * columns;
      const from = (group * outChannels + tile * columns) * inChannels * taps;
      const count = Math.min(columns, outChannels - tile * columns);
      for (let first = 0; first < inChannels; first += BLOCK) {
        const last = Math.min(first + BLOCK, inChannels);
        for (let column = 0; column < count; column++) {
          let at = from + (column * inChannels + first) * taps;
          for (let input = first; input < last; input++)
            for (let tap = 0; tap < taps; tap++)
              target[to + (tap * inChannels + input) * columns + column] = source[at++] ?? 0;
        }
      }
    }
}

export function packedDepthwiseLength(channels: number, kernel: readonly [number, number]): number {
  return channels * kernel[0] * kernel[1];
}

/** [channel][row][column] → [row][column][channel] */
export function packDepthwise(
  target: Float32Array,
  source: Float32Array,
  channels: number,
  kernel: readonly [number, number],
): void {
  const taps = kernel[0] * kernel[1];
  for (let channel = 0; channel < channels; channel++)
    for (let tap = 0; tap < taps; tap++) target[tap * channels + channel] = source[channel * taps + tap] ?? 0;
}

export function packedMatmulLength(weights: MatmulWeights, columns: number): number {
  return tileCount(weights.n, columns) * weights.k * columns;
}

/** Element (k, n) at source[k · strides.k + n · strides.n] → [n / columns][k][columns] */
export function packMatmul(
  target: Float32Array,
  source: Float32Array,
  weights: MatmulWeights,
  columns: number,
): void {
  const { k: depth, n: width, strides } = weights;
  if (width % columns) target.fill(0);
  for (let first = 0; first < width; first += columns) {
    const count = Math.min(columns, width - first);
    for (let start = 0; start < depth; start += BLOCK) {
      const to = first * depth + start * columns;
      const from = start * strides.k + first * strides.n;
      const terms = Math.min(BLOCK, depth - start);
      if (strides.n === 1) packRows(target, to, source, from, terms, count, columns, strides.k);
      else packColumns(target, to, source, from, terms, count, columns, strides);
    }
  }
}

/** Columns lie side by side in the source: they are copied row by row. */
function packRows(
  target: Float32Array,
  to: number,
  source: Float32Array,
  from: number,
  terms: number,
  count: number,
  columns: number,
  stride: number,
): void {
  for (let k = 0; k < terms; k++) {
    const [into, at] = [to + k * columns, from + k * stride];
    for (let column = 0; column < count; column++) target[into + column] = source[at + column] ?? 0;
  }
}

/** Terms lie side by side in the source: they are copied column by column. */
function packColumns(
  target: Float32Array,
  to: number,
  source: Float32Array,
  from: number,
  terms: number,
  count: number,
  columns: number,
  strides: MatmulWeights['strides'],
): void {
  for (let column = 0; column < count; column++) {
    const at = from + column * strides.n;
    for (let k = 0; k < terms; k++) target[to + k * columns + column] = source[at + k * strides.k] ?? 0;
  }
}

export function packedBiasLength(groups: number, outChannels: number, columns: number): number {
  return groups * tileCount(outChannels, columns) * columns;
}

/** [group][out channel] → [group][out channel, padded to whole tiles]; a matrix product has one group. */
export function packBias(
  target: Float32Array,
  source: Float32Array,
  groups: number,
  outChannels: number,
  columns: number,
): void {
  const padded = tileCount(outChannels, columns) * columns;
  target.fill(0);
  for (let group = 0; group < groups; group++)
    for (let channel = 0; channel < outChannels; channel++)
      target[group * padded + channel] = source[group * outChannels + channel] ?? 0;
}

/** Recurrence weights of some gates of a layer: those in [from, to). */
export interface RecurrentWeights {
  readonly directions: number;
  readonly gates: number;
  readonly from: number;
  readonly to: number;
  readonly hidden: number;
}

export function packedRecurrentLength(weights: RecurrentWeights, columns: number): number {
  const { directions, from, to, hidden } = weights;
  return directions * tileCount(hidden, columns) * hidden * (to - from) * columns;
}

/** [direction][gate][hidden][source] → [direction][hidden / columns][source][gate][columns] */
export function packRecurrent(
  target: Float32Array,
  source: Float32Array,
  weights: RecurrentWeights,
  columns: number,
): void {
  const { directions, gates, from, to, hidden } = weights;
  target.fill(0);
  const tiles = tileCount(hidden, columns);
  const count = to - from;
  for (let direction = 0; direction < directions; direction++)
    for (let gate = 0; gate < count; gate++)
      for (let row = 0; row < hidden; row++) {
        const at = ((direction * gates + from + gate) * hidden + row) * hidden;
        const tile = direction * tiles + Math.floor(row / columns);
        const into = (tile * hidden * count + gate) * columns + (row % columns);
        for (let k = 0; k < hidden; k++) target[into + k * count * columns] = source[at + k] ?? 0;
      }
}
