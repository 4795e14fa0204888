// What fusion produces: groups of nodes that become one kernel, and the expressions they compute.

import type { Dtype, NodeId, ValueId } from '../ir/types.ts';

/**
 * Types of an expression's values. In vector registers 'bool' is a lane mask; values of 64 bits take twice the
 * registers.
 */
export type ScalarType = 'f32' | 'i32' | 'bool' | 'f64' | 'i64';

/**
 * Primitive operations, with how many arguments they have. Every ONNX elementwise operator is written in these, in one
 * table (scalar-ops.ts); code generation implements only these, scalar and SIMD. min and max propagate NaN as ONNX
 * asks; round is to nearest even; mod is fmod's C remainder for `rem` and floored for `mod`. Integers wrap around and
 * give 0 when divided by 0; not, and, or, xor work on their bits. shl and shr move bits by a number from 0 on, zeros
 * in.
 */
export const PRIMITIVES = {
  neg: 1,
  abs: 1,
  sqrt: 1,
  floor: 1,
  ceil: 1,
  round: 1,
  trunc: 1,
  sign: 1,
  exp: 1,
  log: 1,
  sin: 1,
  cos: 1,
  tan: 1,
  asin: 1,
  acos: 1,
  atan: 1,
  sinh: 1,
  cosh: 1,
  tanh: 1,
  asinh: 1,
  acosh: 1,
  atanh: 1,
  erf: 1,
  roundF16: 1,
  roundBf16: 1,
  isnan: 1,
  isinf: 1,
  not: 1,
  toF32: 1,
  toI32: 1,
  toF64: 1,
  toI64: 1,
  toBool: 1,
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  min: 2,
  max: 2,
  pow: 2,
  rem: 2,
  mod: 2,
  eq: 2,
  lt: 2,
  le: 2,
  and: 2,
  or: 2,
  xor: 2,
  shl: 2,
  shr: 2,
  select: 3,
  /** a·b + c, rounded once where the machine does (relaxed) */
  madd: 3,
} as const;
/** Name of one of them. */
export type Primitive = keyof typeof PRIMITIVES;

/** A node of an expression: an input, a number, or a primitive on nodes before it. */
export type ExpressionNode =
  | { readonly kind: 'input'; readonly index: number; readonly type: ScalarType }
  | { readonly kind: 'constant'; readonly value: number; readonly type: ScalarType }
  | {
      readonly kind: 'apply';
      readonly op: Primitive;
      readonly args: readonly number[];
      readonly type: ScalarType;
    };

/** A DAG of scalar operations: `nodes` in topological order, `args` and `results` index into it. */
export interface Expression {
  readonly nodes: readonly ExpressionNode[];
  readonly results: readonly number[];
}

/** An operand of an expression: a value read with NumPy broadcasting against the iteration space. */
export interface Operand {
  readonly value: ValueId;
  readonly dtype: Dtype;
  /** the value's first axis stands at this axis of the iteration space instead of being right-aligned */
  readonly axis?: number;
}

/**
 * What lies outside a tensor: a number, or elements of its own: mirrored without the border, the border's, the other
 * end's.
 */
export type Outside = number | 'reflect' | 'edge' | 'wrap';

/** Elements before and after each axis; negative ones crop. */
export interface Padding {
  readonly begin: readonly number[];
  readonly end: readonly number[];
  readonly fill: Outside;
}

/** What happens to one input of an anchor while it is read. */
export interface PreFusion {
  readonly expression: Expression;
  /** expression input i reads operands[i] */
  readonly operands: readonly Operand[];
  /** what is padded then is `value`, the expression's result */
  readonly padded?: { readonly value: ValueId; readonly padding: Padding };
}

/** The inner groups of an attention group, whose anchor is the product of weights and values. */
export interface AttentionParts {
  /** the product of queries and keys, and the softmax of it */
  readonly product: NodeId;
  readonly softmax: NodeId;
  readonly query: { readonly value: ValueId; readonly pre?: PreFusion };
  readonly key: { readonly value: ValueId; readonly pre?: PreFusion };
  /** input 0 is the product's result, of the second the softmax's; the others read `operands` in order */
  readonly scores: PreFusion;
  readonly probabilities: PreFusion;
}

/** Nodes that one kernel computes. */
export interface Group {
  /** stable for a model: the name of its first member node */
  readonly id: string;
  /** members in execution order, of the graph after passes */
  readonly nodes: readonly NodeId[];
  /** those of them that other groups compute too, or would have stored */
  readonly copies?: readonly NodeId[];
  /** the node whose kernel template is used; undefined for a pure elementwise group */
  readonly anchor?: NodeId;
  /** anchor input index → what is fused before it */
  readonly pre: ReadonlyMap<number, PreFusion>;
  readonly attention?: AttentionParts;
  /** input 0 is the anchor's result (none without an anchor); the others read `postOperands` in order */
  readonly post: Expression;
  readonly postOperands: readonly Operand[];
  /** values written, one per result of `post` */
  readonly outputs: readonly ValueId[];
  /** why each member joined, or why the group stops here: shown in the app */
  readonly reasons: readonly string[];
}
