// Reductions over axes, and running sums and products along one.

import { boolAttribute, intAttribute } from '../ir/attributes.ts';
import { dtypeInfo } from '../ir/dtypes.ts';
import { reducedAxes, withoutAxes } from '../ir/ops/reduction.ts';
import { elementCount, makeTensor, normalizeAxis, rowMajorStrides } from '../ir/tensor.ts';
import type { Shape, Tensor } from '../ir/types.ts';
import { type Call, inputOf, outputDtype, outputShape, type Reference, type References } from './call.ts';
import {
  aroundAxis,
  fromNumbers,
  isBigData,
  type NumberArray,
  numbers,
  scalarOf,
  stridedIndices,
} from './elements.ts';
import { fromWhole, isWide, wholeNumbers } from './linear-algebra/contraction.ts';

/** For every output element the base index, for every reduced element the offset from it. */
interface ReductionMap {
  readonly bases: Int32Array;
  readonly offsets: Int32Array;
}

/** Of a row-major tensor that is reduced along some axes; indices are flat. */
export function reductionMap(shape: Shape, axes: readonly number[]): ReductionMap {
  const strides = rowMajorStrides(shape);
  const pick = (list: readonly number[], inside: boolean) =>
    list.filter((_, axis) => axes.includes(axis) === inside);
  return {
    bases: stridedIndices(pick(shape, false), pick(strides, false)),
    offsets: stridedIndices(pick(shape, true), pick(strides, true)),
  };
}

interface Accumulator<T> {
  readonly start: T;
  readonly step: (sum: T, x: T) => T;
  readonly finish?: (sum: T, count: number) => T;
}

const SUM: Accumulator<number> = { start: 0, step: (sum, x) => sum + x };
const PRODUCT: Accumulator<number> = { start: 1, step: (product, x) => product * x };

const ACCUMULATORS: Readonly<Record<string, Accumulator<number>>> = {
  ReduceSum: SUM,
  ReduceMean: { ...SUM, finish: (sum, count) => sum / count },
  ReduceL1: { start: 0, step: (sum, x) => sum + Math.abs(x) },
  ReduceL2: { start: 0, step: (sum, x) => sum + x * x, finish: Math.sqrt },
  ReduceSumSquare: { start: 0, step: (sum, x) => sum + x * x },
  ReduceLogSum: { ...SUM, finish: Math.log },
  ReduceProd: PRODUCT,
  ReduceMax: { start: Number.NEGATIVE_INFINITY, step: Math.max },
  ReduceMin: { start: Number.POSITIVE_INFINITY, step: Math.min },
};

const WHOLE_SUM: Accumulator<bigint> = { start: 0n, step: (sum, x) => sum + x };
const WHOLE_PRODUCT: Accumulator<bigint> = { start: 1n, step: (product, x) => product * x };

/** The same of 32- and 64-bit integers, where doubles would lose bits. Means are cut, as in the kernels. */
const WHOLE: Readonly<Record<string, Accumulator<bigint>>> = {
  ReduceSum: WHOLE_SUM,
  ReduceMean: { ...WHOLE_SUM, finish: (sum, count) => (count === 0 ? 0n : sum / BigInt(count)) },
  ReduceL1: { start: 0n, step: (sum, x) => sum + (x < 0n ? -x : x) },
  ReduceSumSquare: { start: 0n, step: (sum, x) => sum + x * x },
  ReduceProd: WHOLE_PRODUCT,
  ReduceMax: { start: -(2n ** 63n), step: (most, x) => (x > most ? x : most) },
  ReduceMin: { start: 2n ** 64n, step: (least, x) => (x < least ? x : least) },
};

const mapOf = (call: Call, shape: Shape): ReductionMap =>
  call.once('map', () => reductionMap(shape, reducedAxes(call.context, shape.length)));

/** Applies `over` to each set of elements that becomes one output element. */
function reduceSets(
  call: Call,
  over: (data: NumberArray, base: number, offsets: Int32Array) => number,
): readonly Tensor[] {
  const input = inputOf(call, 0);
  const { bases, offsets } = mapOf(call, input.shape);
  const data = numbers(input);
  const result = new Float64Array(bases.length);
  for (let i = 0; i < result.length; i++) result[i] = over(data, bases[i] as number, offsets);
  return [fromNumbers(outputDtype(call), outputShape(call), emptyBounds(result, call))];
}

/** The largest of no integers is the type's smallest value, and the other way round. */
function emptyBounds(result: Float64Array, call: Call): Float64Array {
  const { kind, bits } = dtypeInfo(outputDtype(call));
  if (kind === 'float') return result;
  const smallest = kind === 'int' ? -(2 ** (bits - 1)) : 0;
  const largest = kind === 'int' ? 2 ** (bits - 1) - 1 : kind === 'bool' ? 1 : 2 ** bits - 1;
  return result.map(x =>
    x === Number.NEGATIVE_INFINITY ? smallest : x === Number.POSITIVE_INFINITY ? largest : x,
  );
}

const total = <T>(
  { start, step, finish }: Accumulator<T>,
  data: ArrayLike<T>,
  base: number,
  offsets: Int32Array,
): T => {
  let sum = start;
  for (let i = 0; i < offsets.length; i++) sum = step(sum, data[base + (offsets[i] as number)] as T);
  return finish ? finish(sum, offsets.length) : sum;
};

const accumulate =
  (rule: Accumulator<number>, whole: Accumulator<bigint> | undefined): Reference =>
  call => {
    if (whole && isWide(outputDtype(call)) && elementCount(inputOf(call, 0).shape) > 0)
      return reduceWhole(call, whole);
    return reduceSets(call, (data, base, offsets) => total(rule, data, base, offsets));
  };

function reduceWhole(call: Call, rule: Accumulator<bigint>): readonly Tensor[] {
  const input = inputOf(call, 0);
  const { bases, offsets } = mapOf(call, input.shape);
  const data = wholeNumbers(input);
  const result: bigint[] = [];
  for (const base of bases) result.push(total(rule, data, base, offsets));
  return [fromWhole(outputDtype(call), outputShape(call), result)];
}

/** Shifted by the largest element, so that exp does not overflow. */
const logSumExp: Reference = call =>
  reduceSets(call, (data, base, offsets) => {
    let largest = Number.NEGATIVE_INFINITY;
    for (const offset of offsets) largest = Math.max(largest, data[base + offset] ?? 0);
    if (!Number.isFinite(largest)) return largest;
    let sum = 0;
    for (const offset of offsets) sum += Math.exp((data[base + offset] ?? 0) - largest);
    return largest + Math.log(sum);
  });

/** NaN is the extreme, as in NumPy. */
const argExtreme =
  (better: (candidate: number, best: number) => boolean): Reference =>
  call => {
    const input = inputOf(call, 0);
    const axis = normalizeAxis(intAttribute(call.node, 'axis', 0), input.shape.length);
    const last = boolAttribute(call.node, 'select_last_index', false);
    const [outer, along, inner] = aroundAxis(input.shape, axis);
    // Wide integers are compared as they are: JavaScript's operators serve bigints alike.
    const data = isBigData(input.data) ? input.data : numbers(input);
    const result = new BigInt64Array(outer * inner);
    for (let i = 0; i < result.length; i++) {
      const base = Math.floor(i / inner) * along * inner + (i % inner);
      let best = 0;
      for (let j = 1; j < along; j++) {
        const candidate = data[base + j * inner] as number;
        const value = data[base + best * inner] as number;
        if (Number.isNaN(value) && !(last && Number.isNaN(candidate))) continue;
        if (Number.isNaN(candidate) || better(candidate, value) || (last && candidate === value)) best = j;
      }
      result[i] = BigInt(best);
    }
    const shape = withoutAxes(input.shape, [axis], boolAttribute(call.node, 'keepdims', true));
    return [makeTensor('int64', shape, result)];
  };

/** Running totals along an axis: without the element itself when exclusive, from the end when reversed. */
const cumulative =
  (rule: Accumulator<number>, whole: Accumulator<bigint>): Reference =>
  call => {
    const input = inputOf(call, 0);
    const { dtype, shape } = input;
    if (isWide(dtype)) return [fromWhole(dtype, shape, runningTotals(call, whole, wholeNumbers(input)))];
    return [fromNumbers(dtype, shape, runningTotals(call, rule, numbers(input)))];
  };

function runningTotals<T>(call: Call, { start, step }: Accumulator<T>, data: ArrayLike<T>): T[] {
  const { shape } = inputOf(call, 0);
  const axis = normalizeAxis(scalarOf(inputOf(call, 1), 0), shape.length);
  const exclusive = boolAttribute(call.node, 'exclusive', false);
  const reverse = boolAttribute(call.node, 'reverse', false);
  const [outer, along, inner] = aroundAxis(shape, axis);
  const result = new Array<T>(elementCount(shape));
  for (let i = 0; i < outer * inner; i++) {
    const base = Math.floor(i / inner) * along * inner + (i % inner);
    let sum = start;
    for (let j = 0; j < along; j++) {
      const at = base + (reverse ? along - 1 - j : j) * inner;
      const next = step(sum, data[at] as T);
      result[at] = exclusive ? sum : next;
      sum = next;
    }
  }
  return result;
}

export const REDUCTION: References = {
  ...Object.fromEntries(Object.entries(ACCUMULATORS).map(([op, rule]) => [op, accumulate(rule, WHOLE[op])])),
  ReduceLogSumExp: logSumExp,
  ArgMax: argExtreme((candidate, best) => candidate > best),
  ArgMin: argExtreme((candidate, best) => candidate < best),
  CumSum: cumulative(SUM, WHOLE_SUM),
  CumProd: cumulative(PRODUCT, WHOLE_PRODUCT),
};
