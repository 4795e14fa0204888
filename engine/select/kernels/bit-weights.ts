// Weights of a matrix product that were dequantised from few bits, and multiply floats: they stay in these bits in
// memory. Which that are, and how they are packed.

import { constantDtype, constantShape, loadConstant } from '../../ir/constants/constant.ts';
import { dtypeInfo, integerRange } from '../../ir/dtypes.ts';
import { valueOf } from '../../ir/graph.ts';
import { elementCount, numbersOf } from '../../ir/tensor.ts';
import type { Dequantised, ValueId } from '../../ir/types.ts';
import type { SelectContext } from '../context.ts';
import { constantOf } from '../packed-weights.ts';
import type { BitSource } from '../packing.ts';
import type { BufferRef } from '../spec/access.ts';
import type { BitWeights } from '../spec/product.ts';
import type { Tile } from '../tile-cost.ts';

/** Tiles whose columns are one vector of bytes or half a one. */
const TILES: Readonly<Record<string, Tile>> = { '256': [6, 16], '128': [6, 8] };

/** Up to so many elements, weights are floats: they take little memory. */
const FEW_ELEMENTS = 16_384;

/** The tile of a product with such weights; undefined where they are none, or would be no gain. */
export function bitTile(context: SelectContext, b: ValueId, transposed: boolean): Tile | undefined {
  const { shape = [] } = valueOf(context.graph, b);
  const known = knownBits(context, b);
  const [rowAxis, columnAxis] = transposed ? [1, 0] : [0, 1];
  if (!known || shape.length !== 2 || elementCount(shape) < FEW_ELEMENTS) return undefined;
  const single = [known.scale, known.zero].every(
    parameter => !parameter || elementCount(constantShape(parameter)) === 1,
  );
  const fits = known.block ? known.axis === rowAxis : single || known.axis === columnAxis;
  return fits ? TILES[context.simd] : undefined;
}

function knownBits({ graph }: SelectContext, b: ValueId): Dequantised | undefined {
  const { constant } = valueOf(graph, b);
  const known = constant && constant.kind !== 'file' ? constant.dequantised : undefined;
  return known && dtypeInfo(constantDtype(known.stored)).bits <= 8 ? known : undefined;
}

/** The weights (k, n), packed for tiles of so many columns. */
export function packedBitWeights(
  context: SelectContext,
  b: ValueId,
  { k, n }: { readonly k: number; readonly n: number },
  transposed: boolean,
  columns: number,
): { readonly packed: BufferRef; readonly bits: BitWeights } {
  const known = knownBits(context, b);
  if (!known) throw new Error('weights that were not dequantised');
  const { packing, read } = context;
  const dtype = constantDtype(known.stored);
  // Packed elements count from 0, and so do zero points.
  const [least] = integerRange(dtype);
  const zeros = known.zero ? numbersOf(loadConstant(known.zero, read)) : [0];
  const [first = 0] = zeros;
  const bits: BitWeights = {
    bits: dtypeInfo(dtype).bits === 4 ? 4 : 8,
    block: known.block ?? k,
    zero: zeros.every(zero => zero === first) ? first - least : 'each',
  };
  const blocks = Math.ceil(k / bits.block);
  const parameter = (list: ArrayLike<number>, offset: number) => (block: number, column: number) => {
    const at = known.block && transposed ? column * blocks + block : block * n + column;
    return (list[list.length === 1 ? 0 : at] ?? 0) - offset;
  };
  const { name } = valueOf(context.graph, b);
  const how = `${bits.bits} bits ${transposed ? 'transposed ' : ''}${columns}`;
  const length = packing.packedBitsLength({ k, n }, bits, columns);
  const packed = context.weights.add(
    // Equal numbers may have been dequantised in several ways; the kernel knows blocks and zero points.
    `${context.weights.keyOf(constantOf(context, b))} ${how} ${bits.block} ${bits.zero}`,
    `${name} (${how})`,
    length,
    target => {
      const elements = loadConstant(known.stored, read).data as ArrayLike<number>;
      const source: BitSource = {
        ...{ k, n },
        stored: (row, column) => (elements[transposed ? column * k + row : row * n + column] ?? 0) - least,
        scale: parameter(numbersOf(loadConstant(known.scale, read)), 0),
        zero: parameter(zeros, least),
      };
      packing.packBits(target, source, bits, columns);
    },
  );
  return { packed, bits };
}
