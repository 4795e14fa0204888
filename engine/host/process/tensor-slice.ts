// What the app shows of one tensor: a slice of its elements, statistics and a histogram, never the whole.

import { elementCount } from '../../ir/tensor.ts';
import type { Tensor } from '../../ir/types.ts';
import type { TensorSlice } from '../../protocol.ts';
import type { OutputSummary } from '../../report/types/run.ts';

const HISTOGRAM_BINS = 64;
const FIRST_VALUES = 16;

/** An element as JSON can carry it: exact 64-bit integers, −0 and non-finite numbers become text. */
function printable(element: number | bigint | string | undefined): number | string {
  if (Object.is(element, -0)) return '-0';
  if (typeof element === 'number') return Number.isFinite(element) ? element : String(element);
  if (typeof element === 'bigint') {
    const rounded = Number(element);
    return Number.isSafeInteger(rounded) ? rounded : String(element);
  }
  return element ?? '';
}

interface Moments {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
  readonly zeros: number;
  readonly nonFinite: number;
}

/** Over finite elements; undefined when there is none. */
function momentsOf(tensor: Tensor): Moments | undefined {
  const { data } = tensor;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let [count, zeros, nonFinite, mean, squares] = [0, 0, 0, 0, 0];
  for (let i = 0; i < data.length; i++) {
    const x = Number(data[i]);
    if (!Number.isFinite(x)) {
      nonFinite++;
      continue;
    }
    count++;
    if (x === 0) zeros++;
    if (x < min) min = x;
    if (x > max) max = x;
    // Welford's update: no cancellation for large means.
    const delta = x - mean;
    mean += delta / count;
    squares += delta * (x - mean);
  }
  if (count === 0) return undefined;
  return { min, max, mean, std: Math.sqrt(squares / count), zeros, nonFinite };
}

function histogramOf(tensor: Tensor, { min, max }: Moments): number[] {
  const bins = new Array<number>(HISTOGRAM_BINS).fill(0);
  const scale = max > min ? HISTOGRAM_BINS / (max - min) : 0;
  for (let i = 0; i < tensor.data.length; i++) {
    const x = Number(tensor.data[i]);
    if (!Number.isFinite(x)) continue;
    const bin = Math.min(HISTOGRAM_BINS - 1, Math.floor((x - min) * scale));
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return bins;
}

/** `count` elements from the flat index `start` on, fewer at the end; statistics are of the whole tensor. */
export function sliceOf(id: number, tensor: Tensor, start: number, count: number): TensorSlice {
  const moments = tensor.dtype === 'string' ? undefined : momentsOf(tensor);
  const total = elementCount(tensor.shape);
  const values: (number | string)[] = [];
  for (let i = start; i < Math.min(start + count, total); i++) values.push(printable(tensor.data[i]));
  return {
    tensor: id,
    dtype: tensor.dtype,
    shape: tensor.shape,
    start,
    values,
    ...(moments && { statistics: { ...moments, histogram: histogramOf(tensor, moments) } }),
  };
}

/** The first elements of an output, and its statistics. */
export function summarizeOutput(name: string, tensor: Tensor): OutputSummary {
  const moments = tensor.dtype === 'string' ? undefined : momentsOf(tensor);
  const values = Array.from({ length: Math.min(FIRST_VALUES, tensor.data.length) }, (_, i) =>
    printable(tensor.data[i]),
  );
  return {
    name,
    dtype: tensor.dtype,
    shape: tensor.shape,
    ...(moments && { min: moments.min, max: moments.max, mean: moments.mean }),
    nonFinite: moments?.nonFinite ?? (tensor.dtype === 'string' ? 0 : tensor.data.length),
    values,
  };
}
