// The register tile of a sliding window: one vector of channels for several neighbouring pixels of a row. Each input
// vector is loaded once and goes to every pixel whose window it lies in.

import { loadLanes } from '../../vector/load-store.ts';
import type { Value, Vectors } from '../../vector/vector.ts';
import type { Local, Operand32 } from '../../wasm/function.ts';
import { firstColumn, type TileRun, type WindowKernel, type WindowSource } from './window.ts';

/** Where the vector of channels lies. */
export interface WindowPointers {
  /** in the first plane and input row inside the window, the first column that the tile needs */
  readonly input: Local;
  /** in the row of weights for that input row */
  readonly weights: Local | undefined;
  readonly bias: Local | undefined;
  /** rows of the window inside the input: [begin, end) */
  readonly tapBegin: Operand32;
  readonly tapEnd: Operand32;
  /** planes of the window inside the input */
  readonly planeBegin: Operand32;
  readonly planeEnd: Operand32;
}

/** Is it always one plane? A window of one plane may lie wholly in front of the input or behind it. */
export const isOnePlane = ({
  planeBegin,
  planeEnd,
}: Pick<WindowPointers, 'planeBegin' | 'planeEnd'>): boolean => planeBegin === 0 && planeEnd === 1;

/** A tile of a kernel: the pixels of one of the run's, the first `lanes` lanes of a vector of channels. */
export interface WindowTile {
  readonly v: Vectors;
  readonly kernel: WindowKernel;
  readonly source: WindowSource;
  readonly run: TileRun;
  readonly lanes: number;
}

/**
 * Loops over the window's planes and rows, its columns written out. Returns a sum, or maximum, for every pixel of the
 * tile.
 */
export function emitWindowSums(tile: WindowTile, pointers: WindowPointers): Value[] {
  const { v, kernel, source, run, lanes } = tile;
  const { f } = v;
  const { operation, window, channels } = kernel;
  const parts = v.scalar ? 1 : Math.ceil(lanes / 4);
  const sums = run.taps.map(() => v.fresh('f32', 'sum', parts));
  f.scope(() => {
    const start = pointers.bias
      ? load(v, pointers.bias, 0, lanes)
      : v.constant('f32', operation.kind === 'max' ? Number.NEGATIVE_INFINITY : 0, parts);
    for (const sum of sums) v.assign(sum, start);
    const emitPlane = (at: Local, weightsAt: Local | undefined): void => {
      const input = f.copy(at, 'moving');
      const weights = weightsAt && f.copy(weightsAt, 'moving');
      const tap = f.local('i32', 'tap');
      f.range(tap, pointers.tapBegin, pointers.tapEnd, 1, () => {
        f.scope(() => emitWindowRow(tile, sums, input, weights));
        f.increment(input, window.dilation[0] * source.rowStride);
        if (weights) f.increment(weights, window.kernel[1] * channels * 4);
      });
    };
    if (isOnePlane(pointers)) return emitPlane(pointers.input, pointers.weights);
    const input = f.copy(pointers.input, 'moving');
    const weights = pointers.weights && f.copy(pointers.weights, 'moving');
    const plane = f.local('i32', 'planeTap');
    f.range(plane, pointers.planeBegin, pointers.planeEnd, 1, () => {
      f.scope(() => emitPlane(input, weights));
      f.increment(input, source.planeStride);
      if (weights) f.increment(weights, window.kernel[0] * window.kernel[1] * channels * 4);
    });
  });
  return sums;
}

const load = (v: Vectors, pointer: Local, offset: number, lanes: number): Value =>
  loadLanes(v, { dtype: 'float32', pointer, offset, stride: 1 }, lanes);

/** One row of the window: every input column once, to all the pixels that it belongs to. */
function emitWindowRow(
  tile: WindowTile,
  sums: readonly Value[],
  input: Local,
  weights: Local | undefined,
): void {
  const { v, kernel, source, run, lanes } = tile;
  const { window, channels } = kernel;
  const [, stride] = window.stride;
  const [, dilation] = window.dilation;
  const row = Array.from({ length: window.kernel[1] }, (_, tap) =>
    weights && run.taps.some(([first, last]) => tap >= first && tap < last)
      ? load(v, weights, tap * channels * 4, lanes)
      : undefined,
  );
  const origin = firstColumn(window, run);
  const columns = (run.taps.length - 1) * stride + (window.kernel[1] - 1) * dilation + 1;
  for (let column = origin; column < columns; column++) {
    const users = run.taps.flatMap(([first, last], t) => {
      const tap = (column - t * stride) / dilation;
      const sum = sums[t];
      return Number.isInteger(tap) && tap >= first && tap < last && sum ? [{ sum, tap }] : [];
    });
    if (!users.length) continue;
    v.f.scope(() => {
      const value = load(v, input, (column - origin) * source.pixelStride, lanes);
      for (const { sum, tap } of users) combine(tile, sum, value, row[tap]);
    });
  }
}

/** sum ← sum and a tap's value, as the kernel puts them together */
function combine({ v, kernel }: WindowTile, sum: Value, value: Value, weight: Value | undefined): void {
  if (weight) v.accumulate(sum, value, weight);
  else if (kernel.operation.kind === 'max') maximum(v, sum, value);
  else v.update('f32.add', sum, value);
}

/**
 * sum ← max(sum, value), NaN if either is. The vector instruction f32.max takes seven of x64 to be exact about NaN
 * and −0; of the two one-instruction maxima each keeps the NaN of its first argument, so their bits together keep
 * both (and −0 may stand for 0).
 */
function maximum(v: Vectors, sum: Value, value: Value): void {
  if (v.scalar) {
    v.update('f32.max', sum, value);
    return;
  }
  v.f.scope(() => {
    const [one, other] = [v.op('f32.pmax', sum, value), v.op('f32.pmax', value, sum)];
    v.assign(sum, v.op('i32.or', one, other));
  });
}
