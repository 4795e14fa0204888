// Kernel specifications: loops, accesses and expressions with every number constant. `select` makes them from
// fused groups, `codegen` turns each into one WebAssembly function. No graph, no operator names, no tensors.

import type { Expression, Outside } from '../fusion/types.ts';
import type { TapTable } from '../ir/ops/resampling.ts';
import type { Dtype } from '../ir/types.ts';

/**
 * A place in memory: a buffer of the plan, a packed constant, or the rows that a chain keeps of a tensor. Resolved to
 * base + offset when code is emitted.
 */
export interface BufferRef {
  readonly space: 'arena' | 'weights' | 'rows';
  readonly id: number;
}

/** Element (i0, i1, …) of the iteration space lies at buffer + offset + Σ i_k · strides[k]; all in elements. */
export interface Access {
  readonly buffer: BufferRef;
  readonly dtype: Dtype;
  readonly offset: number;
  /** one per axis of the iteration space; 0 broadcasts */
  readonly strides: readonly number[];
}

/** `expression` over values read through `reads`; input i reads reads[i]. */
export interface Prologue {
  readonly expression: Expression;
  readonly reads: readonly Access[];
}

/** `expression` over the kernel's own result (input 0, absent in elementwise kernels) and values read through
 * `reads` (inputs 1 …); result i is stored through writes[i]. */
export interface Epilogue {
  readonly expression: Expression;
  readonly reads: readonly Access[];
  readonly writes: readonly Access[];
}

/** Output = expression over a box. Copies, transposes, slices, broadcasts and casts are elementwise too. */
export interface ElementwiseSpec {
  readonly kind: 'elementwise';
  readonly extents: readonly number[];
  /** no input 0 result here: expression inputs 0 … read reads[0] … */
  readonly body: Epilogue;
  /** the result for each of the 256 bytes that the only input may be: looked up instead of computed */
  readonly table?: BufferRef;
}

/** Fill a box with a constant (padding borders, zero buffers). */
export interface FillSpec {
  readonly kind: 'fill';
  readonly extents: readonly number[];
  readonly value: number;
  readonly write: Access;
}

/** What a volume and its window have along the axis in front of the rows. */
export interface Planes {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** padding before the first plane */
  readonly front: number;
  readonly inputSize: number;
  readonly outputSize: number;
}

/**
 * Sizes of a window, [vertical, horizontal]; one-dimensional ones have height 1. One over a volume has planes too:
 * then iteration spaces (n, y, x, channel) are (n, plane, y, x, channel), and its taps [plane][row][column].
 */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** top, left, bottom, right */
  readonly pads: readonly [number, number, number, number];
  readonly planes?: Planes;
}

/**
 * All operands are integers of at most 9 bits, and no sum of products leaves 32 bits: products are computed with
 * integers, exactly. The weights are packed as pairs of 16 bits (codegen/kernels/pack/pairs.ts). Not for scalar
 * kernels, nor for a right operand that is computed at run time; columns of a tile are whole vectors.
 */
export type IntegerOperands = true;

/**
 * In which order a product goes through rows of results and blocks of columns. 'columns': each block with all rows, so
 * that weights are read once. 'strips': strips of rows that the cache holds, each with all blocks. 'rows': the rows of
 * one register tile, each time with all blocks, so that rows are read once.
 */
export const LOOP_ORDERS = ['columns', 'strips', 'rows'] as const;
export type LoopOrder = (typeof LOOP_ORDERS)[number];

/** How the loops of a product are put together. */
export interface LoopSpec {
  /** the template's choice when absent */
  readonly order?: LoopOrder;
}

/** How much of its input a kernel works on at a time. */
export interface LeanSpec {
  /** as little as it can: less scratch, and what was read is given up sooner */
  readonly lean?: boolean;
}

/**
 * Weights of a convolution that the model computes, packed before each run. Iteration space: (group, plane, row,
 * column of the window, in channel, out channel of the group).
 */
export interface ComputedWeights {
  readonly computed: Access;
}

/**
 * Direct convolution. Iteration space of `input` reads: (n, y, x, channel) of the unpadded input, channel over all
 * groups. Iteration space of the epilogue: (n, y, x, channel) of the output.
 * Packed weights: [group][oc/NR][kh][kw][ic][NR], zero-filled tail (codegen/kernels/pack/pack.ts).
 */
export interface ConvolutionSpec extends LeanSpec, LoopSpec {
  readonly kind: 'convolution';
  readonly batch: number;
  readonly inputSize: readonly [number, number];
  readonly outputSize: readonly [number, number];
  readonly window: Window;
  /** output rows of one work unit; the template's choice when absent */
  readonly unitRows?: number;
  readonly groups: number;
  /** per group */
  readonly inChannels: number;
  /** per group */
  readonly outChannels: number;
  readonly input: Prologue;
  /** what a position in the padding reads as */
  readonly outside: Outside;
  readonly weights: BufferRef | ComputedWeights;
  /** padded to whole tiles per group as the weights are (packBias); of a depthwise convolution [channel] */
  readonly bias?: BufferRef;
  readonly epilogue: Epilogue;
  readonly integers?: IntegerOperands;
  /** output pixels × output channels held in registers; one channel: dot products over the terms */
  readonly tile: readonly [number, number];
}

/** One input channel to one output channel; the same fields as a convolution. Weights packed [kh][kw][channel]. */
export interface DepthwiseSpec extends Omit<ConvolutionSpec, 'kind' | 'weights' | 'order'> {
  readonly kind: 'depthwise';
  readonly weights: BufferRef;
}

/**
 * A convolution 3×3 of stride and dilation 1 in one group by minimal filtering, outputTile × outputTile pixels at a
 * time. Packed weights: [oc/NR][product][ic][NR] (codegen/kernels/pack/winograd.ts); channels are whole vectors.
 */
export interface WinogradSpec extends Omit<ConvolutionSpec, 'kind' | 'weights' | 'order'> {
  readonly kind: 'winograd';
  readonly weights: BufferRef;
  readonly outputTile: 2 | 4;
}

/**
 * Packed weights as integers of few bits, with a scale and maybe a zero point for each column of a block of rows
 * (codegen/kernels/pack/bits.ts). A panel is made to floats in scratch before it is used. Columns of a tile are whole
 * vectors, 8 or 16; not for scalar kernels.
 */
export interface BitWeights {
  readonly bits: 4 | 8;
  /** rows of a block */
  readonly block: number;
  /** of all blocks, or 'each' has its own */
  readonly zero: number | 'each';
}

/**
 * C[b…, m, n] = Σ_k A[b…, m, k] · B[b…, k, n]. Iteration spaces: a (b…, m, k); b (b…, k, n); epilogue (b…, m, n).
 * B is packed weights [n/NR][k][NR], or read at run time and packed into scratch.
 */
export interface MatmulSpec extends LeanSpec, LoopSpec {
  readonly kind: 'matmul';
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** rows of the result in one work unit; the template's choice when absent */
  readonly unitRows?: number;
  readonly a: Prologue;
  readonly b: { readonly packed: BufferRef; readonly bits?: BitWeights } | Prologue;
  /** one number per column, padded to whole tiles (packBias) */
  readonly bias?: BufferRef;
  readonly epilogue: Epilogue;
  readonly integers?: IntegerOperands;
  readonly tile: readonly [number, number];
}

/** Iteration spaces as for a depthwise convolution. */
export interface PoolSpec extends LeanSpec {
  readonly kind: 'pool';
  readonly mode: 'max' | 'average';
  /** average: divide by the whole window, padding included */
  readonly countPadding: boolean;
  /** what positions in the padding are; without it they are left out */
  readonly outside?: Outside;
  readonly batch: number;
  readonly channels: number;
  readonly inputSize: readonly [number, number];
  readonly outputSize: readonly [number, number];
  readonly window: Window;
  /** output rows of one work unit; the template's choice when absent */
  readonly unitRows?: number;
  readonly input: Prologue;
  readonly epilogue: Epilogue;
}

/**
 * Reduction. Iteration space of `input`: (outer…, reduced…); of the epilogue: (outer…).
 * 'mean' divides by the number of reduced elements.
 */
export interface ReduceSpec {
  readonly kind: 'reduce';
  readonly op: 'sum' | 'mean' | 'max' | 'min' | 'prod' | 'sumSquare';
  readonly outer: readonly number[];
  readonly reduced: readonly number[];
  readonly input: Prologue;
  readonly epilogue: Epilogue;
}

/** Softmax over the last axis of the iteration space (outer…, axis), for input and epilogue alike. */
export interface SoftmaxSpec {
  readonly kind: 'softmax';
  readonly log: boolean;
  readonly outer: readonly number[];
  readonly axis: number;
  readonly input: Prologue;
  readonly epilogue: Epilogue;
}

/**
 * (x − mean) / √(variance + epsilon) over the last axis of the iteration space (outer…, axis); scale and bias are
 * part of the epilogue. `rms` leaves the mean out.
 */
export interface NormalizeSpec {
  readonly kind: 'normalize';
  readonly rms: boolean;
  readonly epsilon: number;
  readonly outer: readonly number[];
  readonly axis: number;
  readonly input: Prologue;
  readonly epilogue: Epilogue;
}

/** `expression` over a result of the kernel's own (input 0) and values read through `reads` (inputs 1 …). */
export type Refinement = Prologue;

/**
 * O[b…, m, d] = Σ_n P[b…, m, n] · V[b…, n, d], P the softmax over n of S[b…, m, n] = Σ_k Q[b…, m, k] · K[b…, k, n].
 * Neither S nor P is stored. Iteration spaces: query (b…, m, k); key (b…, k, n); value (b…, n, d); scores and
 * probabilities, which refine S and P, (b…, m, n); epilogue (b…, m, d).
 */
export interface AttentionSpec {
  readonly kind: 'attention';
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly d: number;
  readonly query: Prologue;
  readonly key: Prologue;
  readonly value: Prologue;
  readonly scores: Refinement;
  readonly probabilities: Refinement;
  readonly epilogue: Epilogue;
  /** register tiles of Q · K and of P · V */
  readonly scoreTile: readonly [number, number];
  readonly valueTile: readonly [number, number];
}

/**
 * Two-dimensional resize: every output pixel is a weighted sum of a box of input pixels. `tables`, of int32 and
 * float32, has for each row, then for each column of the output its first tap, followed by the taps' weights where
 * one is not 1 (codegen/kernels/pack/taps.ts).
 */
export interface ResizeSpec {
  readonly kind: 'resize';
  readonly batch: number;
  readonly channels: number;
  readonly inputSize: readonly [number, number];
  readonly outputSize: readonly [number, number];
  readonly rows: TapTable;
  readonly columns: TapTable;
  readonly tables: BufferRef;
  /** along which axis several elements are computed at once */
  readonly lanes: 'channels' | 'columns';
  readonly input: Prologue;
  readonly epilogue: Epilogue;
}

/** An axis that is gone through by index: int32 or int64, counted from the end where negative. */
export interface Pick {
  /** of the axis */
  readonly extent: number;
  /** over the kernel's iteration space; the same all along its last axis */
  readonly index: Access;
  /** an index outside the axis is held inside; else the kernel traps */
  readonly lenient?: boolean;
  /** so many places of the axis form a block: the axis is two, blocks and places in one */
  readonly block?: number;
}

/**
 * Elements picked by index. Iteration spaces: indices and epilogue (space…), at least one axis; input (space…, one
 * axis per pick, two where it has blocks).
 */
export interface GatherSpec {
  readonly kind: 'gather';
  readonly extents: readonly number[];
  readonly picks: readonly Pick[];
  readonly input: Prologue;
  readonly epilogue: Epilogue;
}

/**
 * Elements put where indices say, one after the other. Iteration spaces: indices and input (space…); epilogue (space…,
 * one axis per pick): what it reads is what was there.
 */
export interface ScatterSpec extends Omit<GatherSpec, 'kind'> {
  readonly kind: 'scatter';
  /** elements that differ along one of so many leading axes are never put in one place */
  readonly apart: number;
}

/**
 * The `count` largest (or smallest) elements along an axis, in order, and where they were; of equal ones the first
 * ones. Iteration spaces: input (outer…, axis); values and indices (outer…, place).
 */
export interface TopKSpec {
  readonly kind: 'topk';
  readonly largest: boolean;
  readonly outer: readonly number[];
  readonly extent: number;
  readonly count: number;
  /** float32, float64, or integers but those of 32 and 64 bits without sign */
  readonly input: Access;
  readonly values?: Access;
  /** int64 */
  readonly indices?: Access;
}

/**
 * Where along an axis the largest (or smallest) element is; of equal ones the first, NaN before everything. Iteration
 * spaces: input (outer…, axis), of the types of TopKSpec; indices (outer…), int64.
 */
export interface ExtremeSpec {
  readonly kind: 'extreme';
  readonly largest: boolean;
  readonly outer: readonly number[];
  readonly extent: number;
  readonly input: Access;
  readonly indices: Access;
}

/**
 * For each class of each image the boxes with the best scores above a threshold, of equal ones the first, that overlap
 * none kept before by more than another (intersection over union). Iteration spaces: boxes (image, box, 4) and scores
 * (image, class, box), float32; kept (image, class, place), int32: indices of boxes, −1 behind the last.
 */
export interface SuppressionSpec {
  readonly kind: 'suppression';
  readonly images: number;
  readonly classes: number;
  /** boxes of an image */
  readonly count: number;
  /** places of a class, at least 1 */
  readonly most: number;
  /** boxes are centre and size, x first; otherwise two opposite corners, y first */
  readonly centred: boolean;
  readonly boxes: Access;
  readonly scores: Access;
  /** one float32; left out: 0 */
  readonly mostOverlap?: Access;
  /** one float32; left out: −∞ */
  readonly leastScore?: Access;
  readonly kept: Access;
}

/** Running totals along an axis. Iteration spaces: input and output (outer…, axis). */
export interface CumulateSpec {
  readonly kind: 'cumulate';
  readonly op: 'add' | 'mul';
  readonly outer: readonly number[];
  readonly extent: number;
  /** without the element itself */
  readonly exclusive: boolean;
  /** from the end */
  readonly reverse: boolean;
  /** float32, float64, int32 or int64, the output too */
  readonly input: Access;
  readonly output: Access;
}

/**
 * Sums of the weights at the leaves that rows of features reach. Iteration spaces: input (row, feature), write (row,
 * target), both float32. A node is [2 · feature + whether NaN goes to yes, split, yes, no], where a feature at most the
 * split goes to yes; children are bytes from the first node or, as −1 − leaf, leaves. Leaf l has the entries from
 * starts[l] to starts[l + 1], each a target and a weight. All dense.
 */
export interface TreesSpec {
  readonly kind: 'trees';
  readonly rows: number;
  readonly targets: number;
  readonly trees: number;
  /** some node sends NaN to yes */
  readonly missing: boolean;
  readonly input: Access;
  readonly table: Readonly<Record<'nodes' | 'roots' | 'starts' | 'targets' | 'weights', BufferRef>>;
  readonly write: Access;
}

/** One product of a state vector with recurrence weights, and what becomes of it. */
export interface RecurrentStage {
  /** the state vector that is multiplied */
  readonly source: number;
  /** products per hidden element */
  readonly products: number;
  /** hidden elements whose products are computed at once: whole vectors */
  readonly columns: number;
  /** [direction][hidden / columns][source element][product][columns], zero-filled tail (codegen/kernels/pack/pack.ts) */
  readonly weights: BufferRef;
  /** over the products, then all state vectors, then all reads; result i becomes state vector targets[i] */
  readonly expression: Expression;
  readonly targets: readonly number[];
}

/**
 * State vectors of `hidden` elements that go from step to step, for every direction and batch entry. Iteration spaces:
 * reads and write (time, direction, batch, hidden); states (direction, batch, hidden).
 */
export interface RecurrentSpec {
  readonly kind: 'recurrent';
  readonly steps: number;
  /** (batch): int32, how many steps each entry has; results behind them are 0. Left out: all */
  readonly lengths?: Access;
  readonly batch: number;
  readonly hidden: number;
  /** per direction: from the last step to the first */
  readonly reverse: readonly boolean[];
  /** batch entries that share what is read of the weights; one where they differ in steps */
  readonly batchRows: number;
  /** state vectors start at `initial`, or 0, and end in `final` */
  readonly states: readonly { readonly initial?: Access; readonly final?: Access }[];
  readonly reads: readonly Access[];
  /** run one after the other in every step */
  readonly stages: readonly RecurrentStage[];
  /** takes state vector 0 after every step */
  readonly write?: Access;
}

/**
 * Rows of the tensor that `stage` of a chain makes, as another stage reads them: output row y reads those from
 * ⌊(multiplier · y + shift) / divisor⌋ on, `span` of them, as far as they exist.
 */
export interface RowsRead {
  readonly stage: number;
  readonly multiplier: number;
  readonly shift: number;
  readonly divisor: number;
  readonly span: number;
}

/** A kernel that computes its output in rows from top to bottom, so many of them in one work unit. */
export interface ChainStage {
  readonly kernel: RowKernelSpec;
  readonly rows: number;
  readonly unitRows: number;
  /** loops inside one image around the loop over rows: groups */
  readonly groups: number;
  readonly reads: readonly RowsRead[];
  /** every row is wanted, whether a later stage reads it or not */
  readonly complete: boolean;
}

/**
 * Kernels that run depth-first: each computes the rows that the next one is about to read, and of a tensor between
 * them only these rows exist. Buffer { space: 'rows', id } is ring `id`: [rows of one image][rowBytes], a window of
 * it in scratch. Work units are those of the last stage's rows, images outside.
 */
export interface ChainSpec {
  readonly kind: 'chain';
  readonly batch: number;
  readonly stages: readonly ChainStage[];
  readonly rings: readonly { readonly stage: number; readonly rowBytes: number }[];
}

/**
 * How much of a kernel's results is wanted, read from memory when it runs: places of the outermost axis of the results
 * (the first of more than one place) below `count` · extent / `capacity`. What lies beyond may be left as it was.
 */
export interface Wanted {
  /** an int64 scalar */
  readonly count: BufferRef;
  readonly capacity: number;
  /** of the epilogue's iteration space */
  readonly axis: number;
}

/** Kernels whose work units are rows of images, in order. */
export type RowKernelSpec =
  | ConvolutionSpec
  | DepthwiseSpec
  | WinogradSpec
  | MatmulSpec
  | PoolSpec
  | ResizeSpec;

/** One kernel; `kind` names its template. */
export type KernelSpec =
  | ElementwiseSpec
  | FillSpec
  | ConvolutionSpec
  | DepthwiseSpec
  | WinogradSpec
  | MatmulSpec
  | PoolSpec
  | ReduceSpec
  | SoftmaxSpec
  | NormalizeSpec
  | AttentionSpec
  | ResizeSpec
  | RecurrentSpec
  | GatherSpec
  | ScatterSpec
  | TopKSpec
  | ExtremeSpec
  | SuppressionSpec
  | CumulateSpec
  | TreesSpec
  | ChainSpec;

/** What a template needs besides its operands; asked before planning, so scratch is a buffer of the plan. */
export interface KernelNeeds {
  /** independent work units: worker t of n begins with [⌊units·t/n⌋, ⌊units·(t+1)/n⌋) */
  readonly units: number;
  /** bytes of scratch for each worker, whole cache lines */
  readonly scratchPerWorker: number;
  /** of these, bytes at the end that only fill the line and are never touched; 0 where it says nothing */
  readonly scratchSpare?: number;
  /** bytes of scratch shared by all workers (a first phase fills it, a barrier follows) */
  readonly scratchShared: number;
  /** functions to run one after the other with a barrier between, e.g. pack then compute; units of each */
  readonly phases: readonly number[];
  /** so many neighbouring units share what a worker prepares for them; 1 where it says nothing */
  readonly grain?: number;
  /** a worker's share of the units is to be computed by it alone, in order */
  readonly ordered?: boolean;
}
