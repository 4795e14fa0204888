// Constants packed as templates ask for it: a segment each, written when weights are loaded, and stored once however
// many kernels read it.

import { constantDtype } from '../ir/constants/constant.ts';
import { floatParts, withoutSubnormals } from '../ir/constants/float-parts.ts';
import type { FloatParts } from '../ir/constants/reading.ts';
import { valueOf } from '../ir/graph.ts';
import type { Constant, ValueId } from '../ir/types.ts';
import type { SelectContext } from './context.ts';
import type { ConvolutionWeights, MatmulWeights, PairWeights, WinogradWeights } from './packing.ts';
import type { BufferRef } from './spec/access.ts';
import type { Panels } from './weights.ts';

/** A float32 segment made from a constant when it is loaded; the same constant packed the same way is stored once. */
export function packedSegment(
  context: SelectContext,
  id: ValueId,
  how: string,
  length: number,
  pack: (target: Float32Array, source: FloatParts) => void,
): BufferRef {
  return segmentOf(context, valueOf(context.graph, id).name, constantOf(context, id), how, length, pack);
}

function segmentOf(
  { weights, read }: SelectContext,
  name: string,
  constant: Constant,
  how: string,
  length: number,
  pack: (target: Float32Array, source: FloatParts) => void,
): BufferRef {
  return weights.add(`${weights.keyOf(constant)} ${how}`, `${name} (${how})`, length * 4, bytes => {
    if (constantDtype(constant) !== 'float32') throw new Error(`'${name}' is not float32`);
    const source = withoutSubnormals(floatParts(constant, read));
    pack(new Float32Array(bytes.buffer, bytes.byteOffset, length), source);
  });
}

/** The constant that a value is. */
export function constantOf({ graph }: SelectContext, id: ValueId): Constant {
  const { name, constant } = valueOf(graph, id);
  if (!constant) throw new Error(`'${name}' is no constant`);
  return constant;
}

/** A constant matrix (k, n), or its transpose, as the constant's elements lie that it is made of. */
export interface StoredMatrix {
  readonly constant: Constant;
  /** the elements of a column lie side by side */
  readonly transposed: boolean;
}

/** What only puts axes in another order is read in that order: a matrix and its transpose are stored as one. */
export function storedMatrix(constant: Constant, transposed: boolean): StoredMatrix {
  const recipe = constant.kind === 'file' ? undefined : constant.recipe;
  const [from] = recipe?.from ?? [];
  if (!from || recipe?.order?.join() !== '1,0') return { constant, transposed };
  return storedMatrix(from, !transposed);
}

const matrixForm = (transposed: boolean): string => (transposed ? 'matmul transposed' : 'matmul');

/** The panels that a matrix is stored in for some product already. */
export function matrixPanels({ weights }: SelectContext, matrix: StoredMatrix): Panels | undefined {
  return weights.panelsOf(matrix.constant, matrixForm(matrix.transposed));
}

/** A constant second matrix in panels. */
export function packedMatrix(
  context: SelectContext,
  name: string,
  { constant, transposed }: StoredMatrix,
  { k, n }: Pick<MatmulWeights, 'k' | 'n'>,
  columns: number,
): BufferRef {
  const { packing, weights } = context;
  const size = { k, n, strides: transposed ? { k: 1, n: k } : { k: n, n: 1 } };
  const form = matrixForm(transposed);
  const length = packing.packedMatmulLength(size, columns);
  const buffer = segmentOf(context, name, constant, `${form} ${columns}`, length, (target, source) =>
    packing.packMatmul(target, source, size, columns),
  );
  weights.setPanels(constant, form, { buffer, columns });
  return buffer;
}

/** Weights of a convolution, in panels of output channels. */
export function packedConvolution(
  context: SelectContext,
  w: ValueId,
  weights: ConvolutionWeights,
  columns: number,
): BufferRef {
  const { groups, inChannels: k, outChannels: n, kernel } = weights;
  const constant = constantOf(context, w);
  const { name } = valueOf(context.graph, w);
  if (groups === 1 && kernel[0] * kernel[1] === 1)
    return packedMatrix(context, name, { constant, transposed: true }, { k, n }, columns);
  const { packing } = context;
  const form = convolutionForm(weights);
  const length = packing.packedConvolutionLength(weights, columns);
  const buffer = packedSegment(context, w, `${form} ${columns}`, length, (target, source) =>
    packing.packConvolution(target, source, weights, columns),
  );
  context.weights.setPanels(constant, form, { buffer, columns });
  return buffer;
}

const convolutionForm = ({ groups }: ConvolutionWeights): string => `convolution ${groups}`;

/** The panels that weights of a convolution are stored in for some other already. */
export function convolutionPanels(
  context: SelectContext,
  w: ValueId,
  weights: ConvolutionWeights,
): Panels | undefined {
  const { constant } = valueOf(context.graph, w);
  if (!constant) return undefined;
  const { groups, kernel } = weights;
  if (groups === 1 && kernel[0] * kernel[1] === 1)
    return matrixPanels(context, { constant, transposed: true });
  return context.weights.panelsOf(constant, convolutionForm(weights));
}

/** Weights of an integer product. */
export function packedPairs(
  context: SelectContext,
  id: ValueId,
  weights: PairWeights,
  columns: number,
): BufferRef {
  const { packing } = context;
  const length = packing.packedPairsLength(weights, columns);
  const { input, output } = weights.strides;
  const how = `pairs ${weights.groups} ${input} ${output} ${columns}`;
  return packedSegment(context, id, how, length, (target, source) =>
    packing.packPairs(new Int16Array(target.buffer, target.byteOffset, length * 2), source, weights, columns),
  );
}

const winogradForm = (outputTile: 2 | 4, integers: boolean): string =>
  `winograd ${outputTile}${integers ? ' pairs' : ''}`;

/** The form by minimal filtering that weights are stored in for some convolution already. */
export function winogradPanels(
  { weights, graph }: SelectContext,
  w: ValueId,
  integers: boolean,
): (Panels & { readonly outputTile: 2 | 4 }) | undefined {
  const { constant } = valueOf(graph, w);
  for (const outputTile of [2, 4] as const) {
    const found = constant && weights.panelsOf(constant, winogradForm(outputTile, integers));
    if (found) return { ...found, outputTile };
  }
  return undefined;
}

/** Weights of a convolution by minimal filtering, as floats or as pairs. */
export function packedWinograd(
  context: SelectContext,
  id: ValueId,
  weights: WinogradWeights,
  columns: number,
  integers: boolean,
): BufferRef {
  const { packing } = context;
  const elements = packing.packedWinogradLength(weights, columns);
  const form = winogradForm(weights.outputTile, integers);
  const pack = (target: Float32Array, source: FloatParts): void => {
    const pairs = new Int16Array(target.buffer, target.byteOffset, target.length * 2);
    if (integers) packing.packWinogradPairs(pairs, source, weights, columns);
    else packing.packWinograd(target, source, weights, columns);
  };
  const length = integers ? elements / 2 : elements;
  const buffer = packedSegment(context, id, `${form} ${columns}`, length, pack);
  context.weights.setPanels(constantOf(context, id), form, { buffer, columns });
  return buffer;
}

/** One number per output channel, padded to whole tiles. */
export function packedBias(
  context: SelectContext,
  id: ValueId,
  groups: number,
  outChannels: number,
  columns: number,
): BufferRef {
  const { packing } = context;
  const length = packing.packedBiasLength(groups, outChannels, columns);
  return packedSegment(context, id, `bias ${groups} ${columns}`, length, (target, source) =>
    packing.packBias(target, source, groups, outChannels, columns),
  );
}
