// The one table of elementwise operators: each is written once, in primitives, and so fuses everywhere.
// A rule describes one element; attributes and constant inputs become constants of the expression.

import { floatAttribute, intAttribute, stringAttribute } from '../ir/attributes.ts';
import { dtypeInfo, integerRange } from '../ir/dtypes.ts';
import { ROUND_NARROW } from '../ir/ops/elementwise/narrow-float.ts';
import type { Dtype, Node } from '../ir/types.ts';
import type { ExpressionBuilder } from './expression.ts';
import type { Primitive, ScalarType } from './types.ts';

/** What a rule of the table looks at. */
export interface ScalarContext {
  readonly node: Node;
  readonly build: ExpressionBuilder;
  /** the inputs as nodes of the expression; omitted ones are undefined */
  readonly args: readonly (number | undefined)[];
  /** type of the result */
  readonly type: ScalarType;
  /** of the result where it is stored */
  readonly dtype?: Dtype | undefined;
}

interface ScalarOp {
  readonly rule: (x: Terms) => number;
  /** types of the operands it is defined on, conditions aside */
  readonly types: readonly ScalarType[];
}

/**
 * Types of values in registers for stored types; others have no expression. Unsigned numbers of 32 bits need 64. The
 * numbers of uint64 have no register: it is only moved, see `hasNumbers`.
 */
export function scalarType(dtype: Dtype | undefined): ScalarType | undefined {
  switch (dtype) {
    case 'float32':
    case 'float16':
    case 'bfloat16':
      return 'f32';
    case 'int32':
    case 'int16':
    case 'int8':
    case 'uint16':
    case 'uint8':
      return 'i32';
    case 'int64':
    case 'uint64':
    case 'uint32':
      return 'i64';
    case 'float64':
      return 'f64';
    case 'bool':
      return 'bool';
    default:
      return undefined;
  }
}

/** Types whose elements are numbers in a register, so that they can be converted. */
export const hasNumbers = (dtype: Dtype | undefined): boolean =>
  scalarType(dtype) !== undefined && dtype !== 'uint64';

/**
 * Types that are the same in memory and in a register, so that a chain of operators may leave memory out. Integers are
 * wrapped to their own width after every operator; narrow floats would have to be rounded.
 */
export const isArithmetic = (dtype: Dtype | undefined): boolean =>
  hasNumbers(dtype) && dtype !== 'float16' && dtype !== 'bfloat16';

/** Arithmetic as the rules below write it. Operands are nodes of the expression, or plain numbers. */
class Terms {
  readonly context: ScalarContext;
  constructor(context: ScalarContext) {
    this.context = context;
  }

  /** An input that must be there. */
  arg(index: number): number {
    const id = this.context.args[index];
    if (id === undefined) throw new Error(`${this.context.node.op} has no input ${index}`);
    return id;
  }

  get x(): number {
    return this.arg(0);
  }

  /** All inputs that are there. */
  get all(): number[] {
    return this.context.args.filter(id => id !== undefined);
  }

  number(value: number): number {
    const { build, type, args } = this.context;
    const [first] = args;
    // Of a predicate the operand says what kind of number is meant.
    const asked = type === 'bool' && first !== undefined ? build.type(first) : type;
    return build.constant(value, asked === 'bool' ? 'f32' : asked);
  }

  apply(op: Primitive, ...args: number[]): number {
    return this.context.build.apply(op, ...args);
  }

  float(name: string, otherwise: number): number {
    return this.number(floatAttribute(this.context.node, name, otherwise));
  }

  add = (a: number, b: number): number => this.apply('add', a, b);
  sub = (a: number, b: number): number => this.apply('sub', a, b);
  mul = (a: number, b: number): number => this.apply('mul', a, b);
  div = (a: number, b: number): number => this.apply('div', a, b);
  min = (a: number, b: number): number => this.apply('min', a, b);
  max = (a: number, b: number): number => this.apply('max', a, b);
  exp = (a: number): number => this.apply('exp', a);
  log = (a: number): number => this.apply('log', a);
  tanh = (a: number): number => this.apply('tanh', a);
  lt = (a: number, b: number): number => this.apply('lt', a, b);
  select = (condition: number, a: number, b: number): number => this.apply('select', condition, a, b);
  reduce = (op: Primitive): number => this.all.reduce((a, b) => this.apply(op, a, b));
  clamp = (a: number, low: number, high: number): number => this.min(this.max(a, low), high);
  /** 1 / (1 + e^−a) */
  sigmoid = (a: number): number =>
    this.div(this.number(1), this.add(this.number(1), this.exp(this.apply('neg', a))));
  /** log(1 + a) for a in [0, 1]: what rounding took from 1 + a is added as it is, for the logarithm there is flat */
  log1p = (a: number): number => {
    const sum = this.add(this.number(1), a);
    return this.add(this.log(sum), this.sub(a, this.sub(sum, this.number(1))));
  };
  /** log(1 + e^a), without overflow */
  softplus = (a: number): number =>
    this.add(this.max(a, this.number(0)), this.log1p(this.exp(this.apply('neg', this.apply('abs', a)))));
}

const FLOAT: readonly ScalarType[] = ['f32', 'f64'];
const WHOLE: readonly ScalarType[] = ['i32', 'i64'];
const NUMBERS: readonly ScalarType[] = [...FLOAT, ...WHOLE];
const ANY: readonly ScalarType[] = [...NUMBERS, 'bool'];
const BOOL: readonly ScalarType[] = ['bool'];

const float = (rule: (x: Terms) => number): ScalarOp => ({ rule, types: FLOAT });
const numeric = (rule: (x: Terms) => number): ScalarOp => ({ rule, types: NUMBERS });
const unary = (op: Primitive, types = FLOAT): ScalarOp => ({ rule: x => x.apply(op, x.x), types });
const binary = (op: Primitive, types = NUMBERS): ScalarOp => ({
  rule: x => x.apply(op, x.arg(0), x.arg(1)),
  types,
});
const flipped = (op: Primitive): ScalarOp => ({
  rule: x => x.apply(op, x.arg(1), x.arg(0)),
  types: NUMBERS,
});

const OPS: Readonly<Record<string, ScalarOp>> = {
  Abs: unary('abs', NUMBERS),
  Acos: unary('acos'),
  Acosh: unary('acosh'),
  Add: binary('add'),
  And: binary('and', BOOL),
  Asin: unary('asin'),
  Asinh: unary('asinh'),
  Atan: unary('atan'),
  Atanh: unary('atanh'),
  BitShift: { rule: shift, types: WHOLE },
  BitwiseAnd: binary('and', WHOLE),
  BitwiseNot: unary('not', WHOLE),
  BitwiseOr: binary('or', WHOLE),
  BitwiseXor: binary('xor', WHOLE),
  Cast: { rule: cast, types: ANY },
  CastLike: { rule: cast, types: ANY },
  Ceil: unary('ceil'),
  Celu: float(x => {
    const alpha = x.float('alpha', 1);
    const curve = x.mul(alpha, x.sub(x.exp(x.div(x.x, alpha)), x.number(1)));
    return x.add(x.max(x.x, x.number(0)), x.min(curve, x.number(0)));
  }),
  Clip: numeric(clip),
  Cos: unary('cos'),
  Cosh: unary('cosh'),
  Div: binary('div'),
  Elu: float(x => {
    const curve = x.mul(x.float('alpha', 1), x.sub(x.exp(x.x), x.number(1)));
    return x.select(x.lt(x.x, x.number(0)), curve, x.x);
  }),
  Equal: {
    rule: x =>
      x.context.build.type(x.x) === 'bool'
        ? x.apply('not', x.apply('xor', x.x, x.arg(1)))
        : x.apply('eq', x.x, x.arg(1)),
    types: ANY,
  },
  Erf: unary('erf'),
  Exp: unary('exp'),
  Floor: unary('floor'),
  Gelu: float(x =>
    stringAttribute(x.context.node, 'approximate', 'none') === 'tanh' ? geluTanh(x, x.x) : geluErf(x, x.x),
  ),
  Greater: flipped('lt'),
  GreaterOrEqual: flipped('le'),
  HardSigmoid: float(x =>
    x.clamp(x.add(x.mul(x.x, x.float('alpha', 0.2)), x.float('beta', 0.5)), x.number(0), x.number(1)),
  ),
  HardSwish: float(x =>
    x.mul(x.x, x.clamp(x.add(x.mul(x.x, x.number(1 / 6)), x.number(0.5)), x.number(0), x.number(1))),
  ),
  Identity: { rule: x => x.x, types: ANY },
  IsInf: float(isInf),
  IsNaN: unary('isnan'),
  LeakyRelu: float(x => x.select(x.lt(x.x, x.number(0)), x.mul(x.x, x.float('alpha', 0.01)), x.x)),
  Less: binary('lt'),
  LessOrEqual: binary('le'),
  Log: unary('log'),
  Max: numeric(x => x.reduce('max')),
  Mean: float(x => x.div(x.reduce('add'), x.number(x.all.length))),
  Min: numeric(x => x.reduce('min')),
  Mish: float(x => x.mul(x.x, x.tanh(x.softplus(x.x)))),
  Mod: numeric(x => x.apply(intAttribute(x.context.node, 'fmod', 0) ? 'rem' : 'mod', x.arg(0), x.arg(1))),
  Mul: binary('mul'),
  Neg: unary('neg', NUMBERS),
  Not: unary('not', BOOL),
  Or: binary('or', BOOL),
  PRelu: float(x => x.select(x.lt(x.x, x.number(0)), x.mul(x.x, x.arg(1)), x.x)),
  Pow: numeric(power),
  Reciprocal: float(x => x.div(x.number(1), x.x)),
  Relu: numeric(x => x.max(x.x, x.number(0))),
  Relayout: { rule: x => x.x, types: ANY },
  Round: unary('round'),
  [ROUND_NARROW]: float(x => x.apply(roundsToHalf(x.context.node) ? 'roundF16' : 'roundBf16', x.x)),
  Selu: float(x => {
    const gamma = x.float('gamma', 1.0507010221481323);
    const alpha = x.float('alpha', 1.6732631921768188);
    const curve = x.mul(alpha, x.sub(x.exp(x.x), x.number(1)));
    return x.mul(gamma, x.select(x.lt(x.number(0), x.x), x.x, curve));
  }),
  Shrink: float(x => {
    const lambd = floatAttribute(x.context.node, 'lambd', 0.5);
    const bias = x.float('bias', 0);
    // Asked this way round, NaN falls through to an operation that keeps it.
    const above = x.select(x.apply('le', x.x, x.number(lambd)), x.number(0), x.sub(x.x, bias));
    return x.select(x.lt(x.x, x.number(-lambd)), x.add(x.x, bias), above);
  }),
  Sigmoid: float(x => x.sigmoid(x.x)),
  Sign: unary('sign', NUMBERS),
  Sin: unary('sin'),
  Sinh: unary('sinh'),
  Softplus: float(x => x.softplus(x.x)),
  Softsign: float(x => x.div(x.x, x.add(x.number(1), x.apply('abs', x.x)))),
  Sqrt: unary('sqrt'),
  Sub: binary('sub'),
  Sum: numeric(x => x.reduce('add')),
  Swish: float(x => x.mul(x.x, x.sigmoid(x.mul(x.x, x.float('alpha', 1))))),
  Tan: unary('tan'),
  Tanh: unary('tanh'),
  ThresholdedRelu: float(x => x.select(x.apply('le', x.x, x.float('alpha', 1)), x.number(0), x.x)),
  Where: { rule: x => x.select(x.arg(0), x.arg(1), x.arg(2)), types: ANY },
  Xor: binary('xor', BOOL),
  'com.microsoft.BiasGelu': float(x => geluErf(x, x.add(x.arg(0), x.arg(1)))),
  'com.microsoft.FastGelu': float(x => geluTanh(x, x.reduce('add'))),
  'com.microsoft.Gelu': float(x => geluErf(x, x.x)),
  'com.microsoft.QuickGelu': float(x => x.mul(x.x, x.sigmoid(x.mul(x.x, x.float('alpha', 1.702))))),
};

/** Whether the table has the operator in the form the node uses, for operands of this type. */
export function hasScalarOp(node: Node, type: ScalarType): boolean {
  const op = Object.hasOwn(OPS, node.op) ? OPS[node.op] : undefined;
  if (!op?.types.includes(type)) return false;
  // Before opset 7 broadcasting was an attribute; floats only have the remainder of C.
  if (intAttribute(node, 'broadcast', 0) !== 0) return false;
  return node.op !== 'Mod' || WHOLE.includes(type) || intAttribute(node, 'fmod', 0) === 1;
}

/** Adds the node's operation to the expression and returns its result. Only when hasScalarOp says so. */
export function applyScalarOp(context: ScalarContext): number {
  const op = OPS[context.node.op];
  if (!op) throw new Error(`${context.node.op} is not elementwise`);
  const terms = new Terms(context);
  const result = op.rule(terms);
  return IN_RANGE.has(context.node.op) ? result : wrapped(terms, result);
}

/** Operators whose results are elements of the type already, or that see to it themselves. */
const IN_RANGE: ReadonlySet<string> = new Set([
  'Cast',
  'CastLike',
  'Clip',
  'Identity',
  'Max',
  'Min',
  'Relayout',
  'Relu',
  'Where',
]);

/** An integer of a type narrower than its register, modulo the type's range. */
function wrapped(x: Terms, value: number): number {
  const { dtype, type, build } = x.context;
  if (!dtype || (type !== 'i32' && type !== 'i64') || build.type(value) !== type) return value;
  const { bits, kind } = dtypeInfo(dtype);
  if (bits === (type === 'i32' ? 32 : 64)) return value;
  const mask = x.number(2 ** bits - 1);
  if (kind === 'uint') return x.apply('and', value, mask);
  const half = x.number(2 ** (bits - 1));
  return x.sub(x.apply('and', x.add(value, half), mask), half);
}

const roundsToHalf = (node: Node): boolean => intAttribute(node, 'to') === dtypeInfo('float16').code;

/** Narrow floats are rounded where they are stored; narrow integers wrap here, for a cast may follow in the register. */
function cast(x: Terms): number {
  const to = { f32: 'toF32', f64: 'toF64', i32: 'toI32', i64: 'toI64', bool: 'toBool' } as const;
  const { dtype, type } = x.context;
  const result = x.apply(to[type], x.x);
  const whole = type === 'i32' || type === 'i64';
  return whole && dtype && !typeRangeHolds(x, dtype) ? wrapped(x, result) : result;
}

/** Of unsigned numbers; beyond their bits everything is shifted out. */
function shift(x: Terms): number {
  return x.apply(stringAttribute(x.context.node, 'direction') === 'LEFT' ? 'shl' : 'shr', x.x, x.arg(1));
}

/** Whether the operand is clamped to numbers that the type has. */
function typeRangeHolds(x: Terms, dtype: Dtype): boolean {
  const { build } = x.context;
  const bounds = (id: number | undefined, op: Primitive) => {
    const node = build.nodes[id ?? -1];
    return node?.kind === 'apply' && node.op === op ? node.args : [];
  };
  const number = (id: number | undefined): number => {
    const node = build.nodes[id ?? -1];
    return node?.kind === 'constant' ? node.value : Number.NaN;
  };
  const [raised, high] = bounds(x.x, 'min');
  const [, low] = bounds(raised, 'max');
  const [least, most] = integerRange(dtype);
  return number(low) >= least && number(high) <= most;
}

/** Bounds are inputs since opset 11, attributes before. An absent bound does not limit. */
function clip(x: Terms): number {
  const { node, args } = x.context;
  const bound = (index: number, name: string) =>
    args[index] ?? (node.attributes[name]?.type === 'float' ? x.float(name, 0) : undefined);
  const low = bound(1, 'min');
  const high = bound(2, 'max');
  const raised = low === undefined ? x.x : x.max(x.x, low);
  return high === undefined ? raised : x.min(raised, high);
}

function isInf(x: Terms): number {
  const { node } = x.context;
  const positive = intAttribute(node, 'detect_positive', 1) !== 0;
  const negative = intAttribute(node, 'detect_negative', 1) !== 0;
  if (positive && negative) return x.apply('isinf', x.x);
  const side = positive ? x.lt(x.number(0), x.x) : x.lt(x.x, x.number(0));
  return x.apply('and', x.apply('isinf', x.x), positive || negative ? side : x.lt(x.x, x.x));
}

/** Whole powers up to this are products, of squares: an error of half an ulp for each factor. */
const MOST_FACTORS = 8;

/** Small whole exponents by multiplication, halves by square roots; the general case otherwise. */
function power(x: Terms): number {
  const base = x.x;
  const { build, type } = x.context;
  // Whole numbers to a real power have no exact expression, so that is what comes out: a real number.
  const node = build.nodes[x.arg(1)];
  const exponent = node?.kind === 'constant' ? node.value : Number.NaN;
  if (type === 'i32' || type === 'i64') {
    if (build.type(x.arg(1)) !== type) return x.apply('toF32', x.arg(1));
    const small = exponent > 0 && exponent <= MOST_FACTORS;
    return small ? product(x, base, exponent) : x.apply('pow', base, x.arg(1));
  }
  const size = Math.abs(exponent);
  const positive =
    size === 0.5
      ? x.apply('sqrt', base)
      : Number.isInteger(size) && size > 0 && size <= MOST_FACTORS
        ? product(x, base, size)
        : undefined;
  if (positive === undefined)
    return x.apply('pow', base, x.apply(type === 'f64' ? 'toF64' : 'toF32', x.arg(1)));
  return exponent < 0 ? x.div(x.number(1), positive) : positive;
}

/** The base to a whole power from 1 on. */
function product(x: Terms, base: number, count: number): number {
  if (count === 1) return base;
  const half = product(x, base, count >> 1);
  const square = x.mul(half, half);
  return count % 2 === 1 ? x.mul(square, base) : square;
}

/** x/2 · (1 + erf(x/√2)) */
function geluErf(x: Terms, a: number): number {
  const grown = x.add(x.number(1), x.apply('erf', x.mul(a, x.number(Math.SQRT1_2))));
  return x.mul(x.mul(x.number(0.5), a), grown);
}

/** x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))) */
function geluTanh(x: Terms, a: number): number {
  const cube = x.mul(x.mul(a, a), a);
  const inner = x.mul(x.number(Math.sqrt(2 / Math.PI)), x.add(a, x.mul(x.number(0.044715), cube)));
  return x.mul(x.mul(x.number(0.5), a), x.add(x.number(1), x.tanh(inner)));
}
