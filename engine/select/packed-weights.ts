// Constants packed as templates ask for it: a segment each, written when weights are loaded, and stored once however
// many kernels read it.

import { constantDtype } from '../ir/constant.ts';
import { type FloatParts, floatParts } from '../ir/float-parts.ts';
import { valueOf } from '../ir/graph.ts';
import type { ValueId } from '../ir/types.ts';
import type { SelectContext } from './context.ts';
import type { PairWeights, WinogradWeights } from './packing.ts';
import type { BufferRef } from './spec.ts';

/** A float32 segment made from a constant when it is loaded; the same constant packed the same way is stored once. */
export function packedSegment(
  context: SelectContext,
  id: ValueId,
  how: string,
  length: number,
  pack: (target: Float32Array, source: FloatParts) => void,
): BufferRef {
  const { name, constant } = valueOf(context.graph, id);
  if (!constant) throw new Error(`'${name}' is no constant`);
  return context.weights.add(`${id} ${how}`, `${name} (${how})`, length * 4, bytes => {
    if (constantDtype(constant) !== 'float32') throw new Error(`'${name}' is not float32`);
    pack(new Float32Array(bytes.buffer, bytes.byteOffset, length), floatParts(constant, context.read));
  });
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
  const how = `winograd ${weights.outputTile} ${columns}`;
  if (!integers)
    return packedSegment(context, id, how, elements, (target, source) =>
      packing.packWinograd(target, source, weights, columns),
    );
  return packedSegment(context, id, `${how} pairs`, elements / 2, (target, source) =>
    packing.packWinogradPairs(
      new Int16Array(target.buffer, target.byteOffset, elements),
      source,
      weights,
      columns,
    ),
  );
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
