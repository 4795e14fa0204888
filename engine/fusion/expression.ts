// Building scalar expressions. The builder shares equal subexpressions and folds constants as nodes are added, and
// only rewrites where the result stays the same bit for bit. Contraction to multiply-adds is the emitter's.

import { roundTo } from '../ir/dtypes.ts';
import type { Expression, ExpressionNode, Primitive, ScalarType } from './types.ts';
import { clampedWhole } from './whole-range.ts';

const BOOLEAN: ReadonlySet<Primitive> = new Set(['isnan', 'isinf', 'toBool', 'eq', 'lt', 'le']);
const CONVERSIONS: Partial<Record<Primitive, ScalarType>> = {
  toF32: 'f32',
  toI32: 'i32',
  toF64: 'f64',
  toI64: 'i64',
  toBool: 'bool',
};

export class ExpressionBuilder {
  readonly nodes: ExpressionNode[] = [];
  readonly #known = new Map<string, number>();

  input(index: number, type: ScalarType): number {
    return this.#add({ kind: 'input', index, type });
  }

  constant(value: number, type: ScalarType = 'f32'): number {
    return this.#add({ kind: 'constant', value: type === 'f32' ? Math.fround(value) : value, type });
  }

  apply(op: Primitive, ...args: number[]): number {
    const rewritten = this.#rewrite(op, args);
    if (rewritten !== undefined) return rewritten;
    const node: ExpressionNode = { kind: 'apply', op, args, type: this.#resultType(op, args) };
    const values = args.map(arg => this.#constantOf(arg));
    if (values.every(value => value !== undefined)) {
      const value = evaluatePrimitive(op, values, this.type(args[0] ?? 0));
      // Beyond 2⁵³ a number no longer says which 64-bit integer is meant.
      if (node.type !== 'i64' || Number.isSafeInteger(value)) return this.constant(value, node.type);
    }
    return this.#add(node);
  }

  type(id: number): ScalarType {
    return this.#node(id).type;
  }

  /** Adds another expression, its inputs replaced by nodes of this one; the ids of its results. */
  inline(expression: Expression, inputs: readonly number[]): number[] {
    const ids: number[] = [];
    for (const node of expression.nodes) {
      if (node.kind === 'constant') ids.push(this.constant(node.value, node.type));
      else if (node.kind === 'apply') ids.push(this.apply(node.op, ...node.args.map(arg => at(ids, arg))));
      else ids.push(at(inputs, node.index));
    }
    return expression.results.map(result => at(ids, result));
  }

  /** The expression of these results, without nodes they don't need. Inputs keep their indices. */
  build(results: readonly number[]): Expression {
    const needed = new Set<number>();
    const visit = (id: number): void => {
      if (needed.has(id)) return;
      needed.add(id);
      const node = this.#node(id);
      if (node.kind === 'apply') node.args.forEach(visit);
    };
    results.forEach(visit);
    const order = [...needed].sort((a, b) => a - b);
    const place = new Map(order.map((id, index) => [id, index]));
    const moved = (id: number) => place.get(id) ?? 0;
    const nodes = order.map(id => {
      const node = this.#node(id);
      return node.kind === 'apply' ? { ...node, args: node.args.map(moved) } : node;
    });
    return { nodes, results: results.map(moved) };
  }

  #node(id: number): ExpressionNode {
    return at(this.nodes, id);
  }

  #constantOf(id: number): number | undefined {
    const node = this.#node(id);
    return node.kind === 'constant' ? node.value : undefined;
  }

  #add(node: ExpressionNode): number {
    const value = node.kind === 'constant' && Object.is(node.value, -0) ? '-0' : '';
    const key = `${JSON.stringify(node)}${value}${node.kind === 'constant' ? String(node.value) : ''}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.nodes.push(node);
    this.#known.set(key, this.nodes.length - 1);
    return this.nodes.length - 1;
  }

  #resultType(op: Primitive, args: readonly number[]): ScalarType {
    if (BOOLEAN.has(op)) return 'bool';
    const converted = CONVERSIONS[op];
    if (converted) return converted;
    return this.type(at(args, op === 'select' ? 1 : 0));
  }

  /** A small whole number that goes to an integer and back is itself, NaN is 0. */
  #stored(id: number): number | undefined {
    const node = this.#node(id);
    const number = node.kind === 'apply' && node.op === 'toI32' ? node.args[0] : undefined;
    if (number === undefined || this.type(number) !== 'f32') return undefined;
    if (!clampedWhole({ nodes: this.nodes, results: [] }, 16)[number]) return undefined;
    return this.apply('select', this.apply('eq', number, number), number, this.constant(0));
  }

  /** Exact identities only. */
  #rewrite(op: Primitive, args: readonly number[]): number | undefined {
    const [a = 0, b = 0, c = 0] = args;
    const x = args.length > 0 ? this.#constantOf(a) : undefined;
    const y = args.length > 1 ? this.#constantOf(b) : undefined;
    const node = this.#node(a);
    switch (op) {
      case 'mul':
        return y === 1 ? a : x === 1 ? b : undefined;
      case 'div':
        if (y === 1) return a;
        // Halving and doubling are exact; any other reciprocal is not.
        if (y !== undefined && this.type(a) === 'f32' && isPowerOfTwo(y)) {
          return this.apply('mul', a, this.constant(1 / y));
        }
        return undefined;
      case 'sub':
        return Object.is(y, 0) ? a : undefined;
      case 'add':
        if (isWhole(this.type(a))) return y === 0 ? a : x === 0 ? b : undefined;
        return Object.is(y, -0) ? a : Object.is(x, -0) ? b : undefined;
      case 'min':
      case 'max':
      case 'and':
      case 'or':
        return a === b ? a : undefined;
      case 'neg':
      case 'not':
        return node.kind === 'apply' && node.op === op ? node.args[0] : undefined;
      case 'select':
        if (b === c) return b;
        return x === undefined ? undefined : x !== 0 ? b : c;
      case 'toF32':
        return this.#stored(a) ?? (this.type(a) === 'f32' ? a : undefined);
      case 'toI32':
      case 'toF64':
      case 'toI64':
      case 'toBool':
        return this.type(a) === CONVERSIONS[op] ? a : undefined;
      default:
        return undefined;
    }
  }
}

const isWhole = (type: ScalarType): boolean => type === 'i32' || type === 'i64';

const isPowerOfTwo = (value: number): boolean => {
  const exponent = Math.log2(Math.abs(value));
  return Number.isInteger(exponent) && Math.abs(exponent) < 120;
};

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`expression has nothing at ${index}`);
  return item;
}

type Apply = Extract<ExpressionNode, { kind: 'apply' }>;

/** Results for one element: the meaning of an expression, for tests and constant folding. f32 rounds after every step. */
export function evaluate(expression: Expression, inputs: readonly number[]): number[] {
  const values: number[] = [];
  for (const node of expression.nodes) {
    if (node.kind === 'input') values.push(at(inputs, node.index));
    else if (node.kind === 'constant') values.push(node.value);
    else {
      const type = at(expression.nodes, node.args[0] ?? 0).type;
      const value = evaluatePrimitive(
        node.op,
        node.args.map(arg => at(values, arg)),
        type,
      );
      values.push(value);
    }
  }
  return expression.results.map(result => at(values, result));
}

const SCALAR: Readonly<Record<Primitive, (a: number, b: number, c: number) => number | boolean>> = {
  neg: a => -a,
  abs: Math.abs,
  sqrt: Math.sqrt,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  trunc: Math.trunc,
  sign: Math.sign,
  exp: Math.exp,
  log: Math.log,
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
  roundF16: a => roundTo('float16', a),
  roundBf16: a => roundTo('bfloat16', a),
  isnan: a => Number.isNaN(a),
  isinf: a => Math.abs(a) === Number.POSITIVE_INFINITY,
  not: a => a === 0,
  toF32: a => a,
  toI32: a => (Number.isNaN(a) ? 0 : Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), Math.trunc(a)))),
  toF64: a => a,
  toI64: a => (Number.isNaN(a) ? 0 : Math.trunc(a)),
  toBool: a => a !== 0,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  pow: (a, b) => a ** b,
  rem: (a, b) => a % b,
  mod: (a, b) => a - Math.floor(a / b) * b,
  eq: (a, b) => a === b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  and: (a, b) => a !== 0 && b !== 0,
  or: (a, b) => a !== 0 || b !== 0,
  xor: (a, b) => (a !== 0) !== (b !== 0),
  shl: (a, b) => a * 2 ** b,
  shr: (a, b) => Math.floor(a / 2 ** b),
  select: (a, b, c) => (a !== 0 ? b : c),
  madd: (a, b, c) => a * b + c,
};

const isShift = (by: bigint, bits: number): boolean => by >= 0n && by < BigInt(bits);

/** What integers do otherwise; those of 64 bits are given as numbers, so as far as these are exact. */
const WHOLE: Partial<Record<Primitive, (a: bigint, b: bigint, c: bigint, bits: number) => bigint>> = {
  not: a => ~a,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b, _, bits) => (isShift(b, bits) ? a << b : 0n),
  shr: (a, b, _, bits) => (isShift(b, bits) ? BigInt.asUintN(bits, a) >> b : 0n),
  mul: (a, b) => a * b,
  madd: (a, b, c) => a * b + c,
  div: (a, b) => (b === 0n ? 0n : a / b),
  rem: (a, b) => (b === 0n ? 0n : a % b),
  mod: (a, b) => (b === 0n ? 0n : ((a % b) + b) % b),
  pow: (a, b) => (b >= 0n ? a ** b : a * a === 1n ? a ** -b : 0n),
};

/** One primitive on numbers; `type` is that of its first operand. Booleans are 0 and 1. */
function evaluatePrimitive(op: Primitive, args: readonly number[], type: ScalarType): number {
  const [a = 0, b = 0, c = 0] = args;
  const whole = isWhole(type) ? WHOLE[op] : undefined;
  const bits = type === 'i32' ? 32 : 64;
  const value = whole
    ? Number(BigInt.asIntN(bits, whole(BigInt(a), BigInt(b), BigInt(c), bits)))
    : SCALAR[op](a, b, c);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (op === 'toI32' && !isWhole(type)) return value;
  if (op === 'toI32' || (type === 'i32' && CONVERSIONS[op] === undefined)) {
    return Number(BigInt.asIntN(32, BigInt(value)));
  }
  const rounds = op === 'toF32' || (type === 'f32' && CONVERSIONS[op] === undefined);
  return rounds ? Math.fround(value) : value;
}

function roundHalfEven(x: number): number {
  const near = Math.round(x);
  return Math.abs(x % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near;
}

/** Abramowitz and Stegun 7.1.26 is too coarse for f32: the series near 0, the continued fraction further out. */
function erf(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (size > 6) return Math.sign(x);
  if (size < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-x * x) / (Math.sqrt(Math.PI) * (size + fraction)));
}

const INFIX: Partial<Record<Primitive, string>> = {
  add: '+',
  sub: '−',
  mul: '·',
  div: '/',
  eq: '=',
  lt: '<',
  le: '≤',
  and: 'and',
  or: 'or',
  xor: 'xor',
  shl: '<<',
  shr: '>>',
};

/**
 * Readable text, one line per result: `y = max(conv + bias, 0)`. Inputs and results go by the names given;
 * what is used more than once gets a line of its own first.
 */
export function printExpression(
  expression: Expression,
  inputs: readonly string[],
  results: readonly string[],
): string {
  const uses = new Array<number>(expression.nodes.length).fill(0);
  for (const node of expression.nodes) {
    if (node.kind === 'apply') for (const arg of node.args) uses[arg] = (uses[arg] ?? 0) + 1;
  }
  const lines: string[] = [];
  const texts: string[] = [];
  expression.nodes.forEach((node, id) => {
    if (node.kind === 'input') texts.push(inputs[node.index] ?? `x${node.index}`);
    else if (node.kind === 'constant') texts.push(printNumber(node.value));
    else {
      const text = printApply(node, texts);
      const shared = (uses[id] ?? 0) > 1;
      if (shared) lines.push(`t${id} = ${strip(text)}`);
      texts.push(shared ? `t${id}` : text);
    }
  });
  expression.results.forEach((result, i) => {
    lines.push(`${results[i] ?? `y${i}`} = ${strip(at(texts, result))}`);
  });
  return lines.join('\n');
}

const printNumber = (value: number): string => String(Number(value.toPrecision(7)));

/** Without the parentheses that enclose all of it. */
function strip(text: string): string {
  if (!text.startsWith('(')) return text;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    if (text[i] === ')') depth--;
    if (depth === 0) return i === text.length - 1 ? text.slice(1, -1) : text;
  }
  return text;
}

function printApply(node: Apply, texts: readonly string[]): string {
  const args = node.args.map(arg => at(texts, arg));
  const sign = INFIX[node.op];
  if (sign) return `(${args[0]} ${sign} ${args[1]})`;
  if (node.op === 'madd') return `(${args[0]} · ${args[1]} + ${args[2]})`;
  if (node.op === 'neg') return `−${args[0]}`;
  if (node.op === 'select') return `(${args[0]} ? ${args[1]} : ${args[2]})`;
  return `${node.op}(${args.map(strip).join(', ')})`;
}
