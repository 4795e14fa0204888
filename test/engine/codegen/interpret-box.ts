// What elementwise, fill, reduction, softmax and normalisation kernels mean: one element at a time, in double
// precision. Types matter only where they change the value: i32 wraps around, bool is 0 or 1.

import type { Expression, ExpressionNode, Primitive } from '../../../engine/fusion/types.ts';
import { roundTo } from '../../../engine/ir/dtypes.ts';
import type {
  Access,
  ElementwiseSpec,
  Epilogue,
  FillSpec,
  NormalizeSpec,
  Prologue,
  ReduceSpec,
  SoftmaxSpec,
} from '../../../engine/select/spec.ts';
import { erf, modulo, power } from './math/reference.ts';
import type { Elements } from './memory-kernel.ts';

export type BoxSpec = ElementwiseSpec | FillSpec | ReduceSpec | SoftmaxSpec | NormalizeSpec;

const truth = (x: boolean): number => (x ? 1 : 0);
const roundEven = (x: number): number => {
  if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 52) return x;
  const shift = x < 0 || Object.is(x, -0) ? -(2 ** 52) : 2 ** 52;
  const rounded = x + shift - shift;
  return rounded === 0 && (x < 0 || Object.is(x, -0)) ? -0 : rounded;
};

const REAL: Readonly<Record<Primitive, (a: number, b: number, c: number) => number>> = {
  neg: a => -a,
  abs: Math.abs,
  sqrt: Math.sqrt,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundEven,
  trunc: Math.trunc,
  sign: Math.sign,
  exp: Math.exp,
  log: Math.log,
  roundF16: a => roundTo('float16', a),
  roundBf16: a => roundTo('bfloat16', a),
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  erf,
  isnan: a => truth(Number.isNaN(a)),
  isinf: a => truth(Math.abs(a) === Infinity),
  not: a => 1 - a,
  toF32: a => a,
  toI32: a => (Number.isNaN(a) ? 0 : Math.min(2147483647, Math.max(-2147483648, Math.trunc(a)))),
  toF64: a => a,
  toI64: a => (Number.isNaN(a) ? 0 : Math.trunc(a)),
  toBool: a => truth(a !== 0),
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  pow: power,
  rem: (a, b) => a % b,
  mod: modulo,
  eq: (a, b) => truth(a === b),
  lt: (a, b) => truth(a < b),
  le: (a, b) => truth(a <= b),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  select: (a, b, c) => (a ? b : c),
  madd: (a, b, c) => a * b + c,
};

/** What differs on 32-bit integers. */
const INTEGER: Partial<Record<Primitive, (a: number, b: number, c: number) => number>> = {
  add: (a, b) => (a + b) | 0,
  sub: (a, b) => (a - b) | 0,
  neg: a => -a | 0,
  abs: a => Math.abs(a) | 0,
  mul: Math.imul,
  madd: (a, b, c) => (Math.imul(a, b) + c) | 0,
  div: (a, b) => (b === 0 ? 0 : (a / b) | 0),
  rem: (a, b) => (b === 0 ? 0 : (a % b) | 0),
  mod: (a, b) => (b === 0 ? 0 : (((a % b) + b) % b) | 0),
  pow: (a, b) => {
    if (b < 0) return a === 1 ? 1 : a === -1 ? (b % 2 ? -1 : 1) : 0;
    return Number(BigInt.asIntN(32, BigInt(a) ** BigInt(b)));
  },
};

const applyNode = (
  node: ExpressionNode & { kind: 'apply' },
  args: readonly number[],
  integer: boolean,
): number => {
  const [a = NaN, b = NaN, c = NaN] = args;
  const operation = (integer && INTEGER[node.op]) || REAL[node.op];
  return operation(a, b, c);
};

const evaluate = (expression: Expression, inputs: readonly number[]): number[] => {
  const values: number[] = [];
  for (const node of expression.nodes) {
    if (node.kind === 'input') values.push(inputs[node.index] ?? NaN);
    else if (node.kind === 'constant') values.push(node.value);
    else {
      const integer = expression.nodes[node.args[0] ?? -1]?.type === 'i32';
      values.push(
        applyNode(
          node,
          node.args.map(arg => values[arg] ?? NaN),
          integer,
        ),
      );
    }
  }
  return expression.results.map(result => values[result] ?? NaN);
};

/** Every index of the box, row-major. */
function* indicesOf(extents: readonly number[]): Generator<number[]> {
  const [extent, ...rest] = extents;
  if (extent === undefined) {
    yield [];
    return;
  }
  for (let i = 0; i < extent; i++) for (const inner of indicesOf(rest)) yield [i, ...inner];
}

class Interpreter {
  readonly buffers: Elements[];
  readonly originals: readonly Elements[];

  constructor(buffers: readonly Elements[]) {
    this.originals = buffers;
    this.buffers = buffers.map(data => data.slice());
  }

  private element(access: Access, at: readonly number[]): number {
    return access.strides.reduce((sum, stride, axis) => sum + stride * (at[axis] ?? 0), access.offset);
  }

  read(access: Access, at: readonly number[]): number {
    const value = this.originals[access.buffer.id]?.[this.element(access, at)] ?? NaN;
    return access.dtype === 'bool' ? truth(value !== 0) : value;
  }

  write(access: Access, at: readonly number[], value: number): void {
    const data = this.buffers[access.buffer.id];
    if (data) data[this.element(access, at)] = value;
  }

  input({ expression, reads }: Prologue, at: readonly number[]): number {
    const [value = NaN] = evaluate(
      expression,
      reads.map(read => this.read(read, at)),
    );
    return value;
  }

  output({ expression, reads, writes }: Epilogue, at: readonly number[], carried: readonly number[]): void {
    const results = evaluate(expression, [...carried, ...reads.map(read => this.read(read, at))]);
    writes.forEach((write, k) => {
      this.write(write, at, results[k] ?? NaN);
    });
  }
}

const reduction = (spec: ReduceSpec, values: readonly number[]): number => {
  const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
  if (spec.op === 'sum') return sum(values);
  if (spec.op === 'mean') return sum(values) / values.length;
  if (spec.op === 'sumSquare') return sum(values.map(x => x * x));
  if (spec.op === 'prod') return values.reduce((a, b) => a * b, 1);
  return spec.op === 'max' ? Math.max(...values) : Math.min(...values);
};

const line = (spec: SoftmaxSpec | NormalizeSpec, values: readonly number[]): number[] => {
  const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
  if (spec.kind === 'softmax') {
    const largest = values.reduce((a, b) => Math.max(a, b), -Infinity);
    const total = sum(values.map(x => Math.exp(x - largest)));
    return values.map(x => (spec.log ? x - largest - Math.log(total) : Math.exp(x - largest) / total));
  }
  const mean = spec.rms ? 0 : sum(values) / values.length;
  const variance = sum(values.map(x => (x - mean) ** 2)) / values.length;
  return values.map(x => (x - mean) / Math.sqrt(variance + spec.epsilon));
};

/** The buffers after the kernel. */
export const interpretBox = (spec: BoxSpec, buffers: readonly Elements[]): Elements[] => {
  const machine = new Interpreter(buffers);
  if (spec.kind === 'fill') {
    for (const at of indicesOf(spec.extents)) machine.write(spec.write, at, spec.value);
  } else if (spec.kind === 'elementwise') {
    for (const at of indicesOf(spec.extents)) machine.output(spec.body, at, []);
  } else if (spec.kind === 'reduce') {
    for (const at of indicesOf(spec.outer)) {
      const values = [...indicesOf(spec.reduced)].map(inner => machine.input(spec.input, [...at, ...inner]));
      machine.output(spec.epilogue, at, [reduction(spec, values)]);
    }
  } else {
    for (const at of indicesOf(spec.outer)) {
      const values = Array.from({ length: spec.axis }, (_, i) => machine.input(spec.input, [...at, i]));
      line(spec, values).forEach((value, i) => {
        machine.output(spec.epilogue, [...at, i], [value]);
      });
    }
  }
  return machine.buffers;
};
