// Elementwise operators with NumPy broadcasting. Numbers are computed in double precision and rounded to the
// output's type; 64-bit integers are computed as bigint.

import {
  boolAttribute,
  floatAttribute,
  hasAttribute,
  intAttribute,
  stringAttribute,
} from '../../ir/attributes.ts';
import { dtypeInfo } from '../../ir/dtypes.ts';
import { elementCount, makeTensor, sameShape } from '../../ir/tensor.ts';
import type { Dtype, Node, Shape, Tensor } from '../../ir/types.ts';
import {
  allocateOutput,
  type Call,
  inputOf,
  outputDtype,
  outputOf,
  outputShape,
  type Reference,
  type References,
} from '../call.ts';
import {
  broadcastIndices,
  fromNumbers,
  isBigData,
  isBigTensor,
  mapNumbers,
  type NumberArray,
  numbers,
  numberTarget,
  scalarOf,
  settled,
  takeElements,
  withShape,
} from '../elements.ts';
import { ACTIVATIONS, gelu, NUMERIC, PREDICATES } from './activations.ts';
import { floorMod, power, sigmoid } from './scalar.ts';

type NumberPair = (a: number, b: number) => number;
type BigPair = (a: bigint, b: bigint) => bigint;

/** Two meanings of one operator, chosen by the element type. */
interface Pair {
  readonly number: (node: Node, dtype: Dtype) => NumberPair;
  readonly big?: (node: Node) => BigPair;
}

const bigPower: BigPair = (a, b) =>
  b >= 0n ? a ** b : a === 1n ? 1n : a === -1n ? (b % 2n === 0n ? 1n : -1n) : 0n;
const bigFloorMod: BigPair = (a, b) => {
  if (b === 0n) return 0n;
  const rest = a % b;
  return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest;
};
const bigMax: BigPair = (a, b) => {
  if (a > b) return a;
  return b;
};
const bigMin: BigPair = (a, b) => {
  if (a < b) return a;
  return b;
};
const isWhole = (dtype: Dtype): boolean => dtypeInfo(dtype).kind !== 'float';

const shiftsLeft = (node: Node): boolean => stringAttribute(node, 'direction') === 'LEFT';

const PAIRS: Readonly<Record<string, Pair>> = {
  Add: { number: () => (a, b) => a + b, big: () => (a, b) => a + b },
  Sub: { number: () => (a, b) => a - b, big: () => (a, b) => a - b },
  // A product of two 32-bit integers does not fit a double.
  Mul: { number: (_, dtype) => (isWhole(dtype) ? Math.imul : (a, b) => a * b), big: () => (a, b) => a * b },
  // Whole numbers are cut towards 0; a division by 0, which the specification leaves open, gives 0 and no error.
  Div: {
    number: (_, dtype) => (isWhole(dtype) ? (a, b) => (b === 0 ? 0 : Math.trunc(a / b)) : (a, b) => a / b),
    big: () => (a, b) => (b === 0n ? 0n : a / b),
  },
  Mod: {
    number: node => (boolAttribute(node, 'fmod', false) ? (a, b) => a % b : floorMod),
    big: node => (boolAttribute(node, 'fmod', false) ? (a, b) => (b === 0n ? 0n : a % b) : bigFloorMod),
  },
  Pow: { number: () => power, big: () => bigPower },
  Max: { number: () => Math.max, big: () => bigMax },
  Min: { number: () => Math.min, big: () => bigMin },
  Sum: { number: () => (a, b) => a + b },
  'com.microsoft.BiasGelu': {
    number: () => {
      const exact = gelu('none');
      return (a, b) => exact(a + b);
    },
  },
  /** Swish(a) gates b. */
  SwiGLU: {
    number: node => {
      const alpha = floatAttribute(node, 'alpha', 1);
      return (a, b) => a * sigmoid(alpha * a) * b;
    },
  },
  And: { number: () => (a, b) => a & b },
  Or: { number: () => (a, b) => a | b },
  Xor: { number: () => (a, b) => a ^ b },
  BitwiseAnd: { number: () => (a, b) => a & b, big: () => (a, b) => a & b },
  BitwiseOr: { number: () => (a, b) => a | b, big: () => (a, b) => a | b },
  BitwiseXor: { number: () => (a, b) => a ^ b, big: () => (a, b) => a ^ b },
  BitShift: {
    number: node => (shiftsLeft(node) ? (a, b) => (b > 31 ? 0 : a << b) : (a, b) => (b > 31 ? 0 : a >>> b)),
    big: node => (shiftsLeft(node) ? (a, b) => (b > 63n ? 0n : a << b) : (a, b) => a >> b),
  },
};

/** Comparison of elements of any type; JavaScript's operators serve numbers, bigints and strings alike. */
const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  Equal: (a, b) => a === b,
  Greater: (a, b) => a > b,
  GreaterOrEqual: (a, b) => a >= b,
  Less: (a, b) => a < b,
  LessOrEqual: (a, b) => a <= b,
};

const mapOf = (call: Call, shape: Shape, out: Shape): Int32Array | undefined =>
  sameShape(shape, out) ? undefined : call.once(`${shape} in ${out}`, () => broadcastIndices(shape, out));

/** Calls visit(i, index into a, index into b) for every element of the output. */
function forEachPair(
  call: Call,
  [a, b]: readonly [Shape, Shape],
  out: Shape,
  visit: (i: number, ia: number, ib: number) => void,
): void {
  const [mapA, mapB] = [mapOf(call, a, out), mapOf(call, b, out)];
  const count = elementCount(out);
  for (let i = 0; i < count; i++) visit(i, mapA ? (mapA[i] ?? 0) : i, mapB ? (mapB[i] ?? 0) : i);
}

/** Before opset 7 the second operand lined up with `axis` of the first instead of its last axes. */
function alignedShape(call: Call, a: Shape, b: Shape): Shape {
  if (call.node.version >= 7 || !hasAttribute(call.node, 'axis')) return b;
  const axis = intAttribute(call.node, 'axis');
  const from = axis < 0 ? axis + a.length : axis;
  return [...b, ...new Array<number>(Math.max(0, a.length - from - b.length)).fill(1)];
}

function combine(call: Call, pair: Pair, a: Tensor, b: Tensor, shape: Shape, dtype: Dtype): Tensor {
  const shapeB = alignedShape(call, a.shape, b.shape);
  if (pair.big !== undefined && isBigData(a.data) && isBigData(b.data)) {
    const apply = pair.big(call.node);
    const [dataA, dataB] = [a.data, b.data];
    const to =
      a.dtype === 'uint64' ? new BigUint64Array(elementCount(shape)) : new BigInt64Array(elementCount(shape));
    forEachPair(call, [a.shape, shapeB], shape, (i, ia, ib) => {
      to[i] = apply(dataA[ia] ?? 0n, dataB[ib] ?? 0n);
    });
    return makeTensor(a.dtype, shape, to);
  }
  const apply = pair.number(call.node, dtype);
  const dataA = numbers(a);
  const dataB = numbers(b);
  const to = numberTarget(dtype, elementCount(shape));
  forEachPair(call, [a.shape, shapeB], shape, (i, ia, ib) => {
    to[i] = apply(dataA[ia] ?? 0, dataB[ib] ?? 0);
  });
  return settled(dtype, shape, to);
}

const binary =
  (pair: Pair): Reference =>
  call => [combine(call, pair, inputOf(call, 0), inputOf(call, 1), outputShape(call), outputDtype(call))];

/** Any number of inputs, combined from the left. */
const variadic =
  (pair: Pair): Reference =>
  call => {
    const shape = outputShape(call);
    const first = inputOf(call, 0);
    const indices = mapOf(call, first.shape, shape);
    let result = indices ? takeElements(first, shape, indices) : first;
    for (let i = 1; i < call.inputs.length; i++) {
      result = combine(call, pair, result, inputOf(call, i), shape, outputDtype(call));
    }
    return [result];
  };

/** Sums in double and rounds once. */
const mean: Reference = call => {
  const shape = outputShape(call);
  const sum = new Float64Array(elementCount(shape));
  for (let i = 0; i < call.inputs.length; i++) {
    const input = inputOf(call, i);
    const data = numbers(input);
    const map = mapOf(call, input.shape, shape);
    for (let j = 0; j < sum.length; j++) sum[j] = (sum[j] ?? 0) + (data[map ? (map[j] ?? 0) : j] ?? 0);
  }
  return [
    fromNumbers(
      outputDtype(call),
      shape,
      sum.map(value => value / call.inputs.length),
    ),
  ];
};

const comparison =
  (compare: (a: number, b: number) => boolean): Reference =>
  call => {
    const [a, b] = [inputOf(call, 0), inputOf(call, 1)];
    const [dataA, dataB] = [a.data as NumberArray, b.data as NumberArray];
    const to = new Uint8Array(elementCount(outputShape(call)));
    forEachPair(call, [a.shape, alignedShape(call, a.shape, b.shape)], outputShape(call), (i, ia, ib) => {
      to[i] = compare(dataA[ia] as number, dataB[ib] as number) ? 1 : 0;
    });
    return [outputOf(call, to)];
  };

const unary =
  (make: (node: Node) => (x: number) => number): Reference =>
  call => [mapNumbers(inputOf(call, 0), outputDtype(call), make(call.node))];

const BIG_UNARY: Readonly<Record<string, (x: bigint) => bigint>> = {
  Abs: x => (x < 0n ? -x : x),
  Neg: x => -x,
  Relu: x => (x < 0n ? 0n : x),
  Sign: x => (x > 0n ? 1n : x < 0n ? -1n : 0n),
  BitwiseNot: x => ~x,
};

/** Numbers or 64-bit integers. */
const numeric =
  (op: string, make: (node: Node) => (x: number) => number): Reference =>
  call => {
    const input = inputOf(call, 0);
    const big = BIG_UNARY[op];
    if (!isBigData(input.data) || big === undefined) return unary(make)(call);
    return [makeTensor(input.dtype, input.shape, (input.data as BigInt64Array).map(big))];
  };

const predicate =
  (make: (node: Node) => (x: number) => boolean): Reference =>
  call => {
    const test = make(call.node);
    return [mapNumbers(inputOf(call, 0), 'bool', x => (test(x) ? 1 : 0))];
  };

/** Bounds are attributes before opset 11, optional inputs after; min > max gives max. */
const clip: Reference = call => {
  const input = inputOf(call, 0);
  const [low, high] = [call.inputs[1], call.inputs[2]];
  if (isBigTensor(input)) {
    const min = low?.data[0] as bigint | undefined;
    const max = high?.data[0] as bigint | undefined;
    const raised = (x: bigint) => (min !== undefined && x < min ? min : x);
    const data = (input.data as BigInt64Array).map(x => {
      const value = raised(x);
      return max !== undefined && value > max ? max : value;
    });
    return [makeTensor(input.dtype, input.shape, data)];
  }
  const min = scalarOf(low, floatAttribute(call.node, 'min', Number.NEGATIVE_INFINITY));
  const max = scalarOf(high, floatAttribute(call.node, 'max', Number.POSITIVE_INFINITY));
  return [mapNumbers(input, input.dtype, x => Math.min(Math.max(x, min), max))];
};

/** The slope should broadcast to the input; like other runtimes, either may to the other. */
const prelu: Reference = call => {
  const [x, slope] = [inputOf(call, 0), inputOf(call, 1)];
  const pair: Pair = { number: () => (a, b) => (a < 0 ? a * b : a) };
  const perChannel = call.node.version < 7 && slope.shape.length === 1 && slope.shape[0] === x.shape[1];
  const own = perChannel ? withShape(slope, [...slope.shape, ...x.shape.slice(2).map(() => 1)]) : slope;
  return [combine(call, pair, x, own, outputShape(call), x.dtype)];
};

/** With an optional bias. */
const fastGelu: Reference = call => {
  const approximate = gelu('tanh');
  const bias = call.inputs[1];
  if (bias === undefined) return unary(() => approximate)(call);
  return binary({ number: () => (a, b) => approximate(a + b) })(call);
};

const where: Reference = call => {
  const shape = outputShape(call);
  const [condition, yes, no] = [inputOf(call, 0), inputOf(call, 1), inputOf(call, 2)];
  const maps = [condition, yes, no].map(input => mapOf(call, input.shape, shape));
  const at = (k: number, i: number): number => maps[k]?.[i] ?? i;
  const to = allocateOutput(call) as NumberArray;
  const [from1, from2] = [yes.data as NumberArray, no.data as NumberArray];
  for (let i = 0; i < to.length; i++) {
    const value = condition.data[at(0, i)] ? from1[at(1, i)] : from2[at(2, i)];
    if (value !== undefined) to[i] = value;
  }
  return [outputOf(call, to)];
};

/** Inference: everything passes. Training drops at random and scales what stays. */
const dropout: Reference = call => {
  const input = inputOf(call, 0);
  const training = scalarOf(call.inputs[2], 0) !== 0 || boolAttribute(call.node, 'is_test', true) === false;
  const ratio = scalarOf(call.inputs[1], floatAttribute(call.node, 'ratio', 0.5));
  const drops = training && ratio > 0;
  const mask = new Uint8Array(elementCount(input.shape)).map(() => (drops && call.random() < ratio ? 0 : 1));
  const scale = drops ? 1 / (1 - ratio) : 1;
  const data = numbers(input);
  const kept = drops
    ? fromNumbers(
        input.dtype,
        input.shape,
        Float64Array.from(mask, (keep, i) => keep * scale * (data[i] ?? 0)),
      )
    : input;
  return call.node.outputs.length > 1 ? [kept, fromNumbers(outputDtype(call, 1), input.shape, mask)] : [kept];
};

const fromTable = <T>(
  table: Readonly<Record<string, T>>,
  make: (entry: T, op: string) => Reference,
): References => Object.fromEntries(Object.entries(table).map(([op, entry]) => [op, make(entry, op)]));

const VARIADIC = new Set(['Max', 'Min', 'Sum']);

export const ELEMENTWISE: References = {
  ...fromTable(ACTIVATIONS, unary),
  ...fromTable(NUMERIC, (make, op) => numeric(op, make)),
  ...fromTable(PREDICATES, predicate),
  ...fromTable(PAIRS, (pair, op) => (VARIADIC.has(op) ? variadic(pair) : binary(pair))),
  ...fromTable(COMPARISONS, comparison),
  BitwiseNot: numeric('BitwiseNot', () => x => ~x),
  Mean: mean,
  Clip: clip,
  PRelu: prelu,
  'com.microsoft.FastGelu': fastGelu,
  Where: where,
  Dropout: dropout,
};
