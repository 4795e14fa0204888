// The intermediate representation: an immutable graph of values and nodes.
// Passes take a Graph and return another one; nothing here is ever edited in place.
// Nothing in this file, or after it, knows that the model was ONNX.

import type { FloatParts, ReadBytes } from './constants/reading.ts';

/** Element types of ONNX; dtypes.ts knows their widths and codes. */
export type Dtype =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'int4'
  | 'uint4'
  | 'int2'
  | 'uint2'
  | 'float8e4m3fn'
  | 'float8e4m3fnuz'
  | 'float8e5m2'
  | 'float8e5m2fnuz'
  | 'float8e8m0'
  | 'float4e2m1'
  | 'complex64'
  | 'complex128'
  | 'bool'
  | 'string';

/** Index of a value in `Graph.values`. */
export type ValueId = number & { readonly brand: 'ValueId' };
/** Identity of a node; stable while passes copy it from graph to graph. */
export type NodeId = number & { readonly brand: 'NodeId' };

/** Extents per logical axis. A bounded dimension stands here with its capacity. */
export type Shape = readonly number[];

/**
 * The order of a value's logical axes in memory, outermost first; undefined is row-major.
 * [0, 2, 3, 1] on an NCHW value stores it as NHWC. Attributes and shapes stay logical.
 */
export type Layout = readonly number[];

/** Elements of a materialised tensor, row-major. Types without a JavaScript array are held decoded (bfloat16 in
 * Float32Array, int4 in Int8Array, bool in Uint8Array as 0 or 1; complex interleaved). */
export type TensorData =
  | Float32Array
  | Float64Array
  | Float16Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | readonly string[];

/** Elements in row-major order; complex ones are two numbers each. */
export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: Shape;
  readonly data: TensorData;
}

/**
 * Constant data by reference, so that opening a model does not read its weights.
 * `file` bytes are little-endian; `raw` is one element after the other, `varint` and `fixed` are the packed
 * protobuf encodings of int32_data/int64_data and float_data/double_data.
 * `computed` is what passes derive from large constants: made anew whenever it is asked for, so that folded
 * weights are not held beside their packed form. It only exists in graphs under compilation.
 */
export type Constant =
  | {
      readonly kind: 'inline';
      readonly tensor: Tensor;
      readonly dequantised?: Dequantised;
      readonly recipe?: Recipe;
    }
  | {
      readonly kind: 'file';
      readonly dtype: Dtype;
      readonly shape: Shape;
      readonly file: string;
      /** bytes */
      readonly offset: number;
      /** bytes */
      readonly length: number;
      readonly encoding: 'raw' | 'varint' | 'fixed';
    }
  | {
      readonly kind: 'computed';
      readonly dtype: Dtype;
      readonly shape: Shape;
      readonly compute: (read: ReadBytes) => Tensor;
      /** float32: the same elements part by part, where that takes less memory */
      readonly parts?: (read: ReadBytes) => FloatParts;
      readonly dequantised?: Dequantised;
      /** left out: nothing is known to be equal to it */
      readonly recipe?: Recipe;
    };

/** How a constant is made: what is made in the same way of equal constants, and has the same type, is equal. */
export interface Recipe {
  /** all that is done, with every number it depends on */
  readonly how: string;
  readonly from: readonly Constant[];
  /** nothing but this is done: the axes of the only one of `from` are put in this order */
  readonly order?: readonly number[];
}

/**
 * The integers that a floating-point constant of the same shape was made from: element = (stored − zero) · scale.
 * Scale and zero point have one element, or one for each place of `axis`; with `block` the shape of the tensor but for
 * `axis`, where each stands for so many places.
 */
export interface Dequantised {
  readonly stored: Constant;
  readonly scale: Constant;
  readonly zero?: Constant;
  readonly axis: number;
  readonly block?: number;
}

/** What nodes pass on to one another: a tensor, unless it is a container. */
export interface Value {
  readonly id: ValueId;
  readonly name: string;
  /** undefined while unknown (an operator we cannot infer) */
  readonly dtype?: Dtype;
  /** undefined while unknown */
  readonly shape?: Shape;
  /** per axis: its extent in `shape` is a capacity, the real one is known when the model runs; absent: none is */
  readonly bounded?: readonly boolean[];
  /** of a graph input, per bounded axis: which run-time extent it is; the same number, the same extent */
  readonly extents?: readonly (number | undefined)[];
  /** as the file declares a graph input: numbers, symbol names, or undefined for an anonymous dimension */
  readonly declared?: readonly (number | string | undefined)[];
  readonly layout?: Layout;
  readonly constant?: Constant;
  /** not a tensor: what it holds instead */
  readonly container?: 'sequence' | 'optional' | 'map';
}

/** Of a node; 'other' is what no operator here reads. */
export type Attribute =
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'ints'; readonly value: readonly number[] }
  | { readonly type: 'floats'; readonly value: readonly number[] }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'tensor'; readonly value: Constant }
  | { readonly type: 'tensors'; readonly value: readonly Constant[] }
  | { readonly type: 'graph'; readonly value: Graph }
  | { readonly type: 'other'; readonly value: string };

/** An operator applied. */
export interface Node {
  readonly id: NodeId;
  /** as in the file, or made unique from the operator when the file has none */
  readonly name: string;
  /** 'Conv' in the default domain, 'com.microsoft.FusedConv' elsewhere */
  readonly op: string;
  /** opset version of the operator's domain in this model */
  readonly version: number;
  /** undefined is an omitted optional input */
  readonly inputs: readonly (ValueId | undefined)[];
  readonly outputs: readonly (ValueId | undefined)[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** nodes of the graph as imported that this one stands for */
  readonly origin: readonly NodeId[];
  readonly doc?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Never edited: passes build another one (patch.ts). */
export interface Graph {
  readonly name: string;
  /** indexed by ValueId; ids stay valid from pass to pass, unused entries are undefined */
  readonly values: readonly (Value | undefined)[];
  /** in execution order: every input is a graph input, a constant, an outer value or an earlier output */
  readonly nodes: readonly Node[];
  /** without those that are only initialisers */
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  /** in a subgraph: names it takes from outside → the id inside */
  readonly captures?: ReadonlyMap<ValueId, string>;
}

/** A graph and what else the file says. */
export interface Model {
  readonly graph: Graph;
  readonly format: 'onnx' | 'sample';
  readonly irVersion: number;
  /** '' is the default domain */
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly diagnostics: readonly Diagnostic[];
  /** all inputs the file lists, in its order, where initialisers are among them: defaults that a caller may replace */
  readonly listed?: readonly string[];
}

/** What is wrong with the user's input. Never used for our own bugs: those throw. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning' | 'info';
  /** stable, kebab-case: 'unsupported-operator', 'truncated-file' … */
  readonly id: string;
  /** file and byte, or node and operator */
  readonly where: string;
  /** one sentence: what was expected and what was found */
  readonly message: string;
  readonly node?: NodeId;
  readonly value?: ValueId;
}
