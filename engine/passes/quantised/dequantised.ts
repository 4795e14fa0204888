// Folded weights remember the integers that they were made from, so that products may be computed with those: set where
// a dequantisation is folded, carried on by what moves elements. Whatever else makes a constant leaves it out.

import { intAttribute, intsAttribute } from '../../ir/attributes.ts';
import { constantDtype, constantShape, loadConstant } from '../../ir/constants/constant.ts';
import { elementCount, tensorOf } from '../../ir/tensor.ts';
import type { Constant, Dequantised, Dtype, Node, Tensor } from '../../ir/types.ts';
import { transposeTensor } from '../../reference/movement/movement.ts';

const INTEGERS: ReadonlySet<Dtype> = new Set<Dtype>(['int4', 'uint4', 'int8', 'uint8', 'int32']);

/** What the first result of a node on constants was dequantised from, if it was. */
export function dequantisedOf(
  node: Node,
  [input, ...parameters]: readonly (Constant | undefined)[],
): Dequantised | undefined {
  if (!input) return undefined;
  if (node.op.endsWith('DequantizeLinear')) return fromNode(node, input, parameters);
  if (node.op === 'WeightsOfBits') return packedWeights(node, input, parameters);
  const known = input.kind === 'file' ? undefined : input.dequantised;
  return known && node.op === 'Transpose' ? transposed(node, known) : undefined;
}

function fromNode(
  node: Node,
  stored: Constant,
  [scale, zero]: readonly (Constant | undefined)[],
): Dequantised | undefined {
  if (!scale || constantDtype(scale) !== 'float32' || !INTEGERS.has(constantDtype(stored))) return undefined;
  const shape = constantShape(stored);
  const given = intAttribute(node, 'axis', 1);
  const axis = given < 0 ? given + shape.length : given;
  const block = intAttribute(node, 'block_size', 0);
  if (block > 0) return { stored, scale, ...(zero && { zero }), axis, block };
  const along = [scale, ...(zero ? [zero] : [])].every(parameter => {
    const count = elementCount(constantShape(parameter));
    return count === 1 || count === shape[axis];
  });
  return along ? { stored, scale, ...(zero && { zero }), axis } : undefined;
}

function transposed(node: Node, { stored, scale, zero, axis, block }: Dequantised): Dequantised {
  const order = intsAttribute(node, 'perm') ?? [...constantShape(stored).keys()].reverse();
  const parameter = (constant: Constant) => (block ? turned(constant, order) : constant);
  return {
    stored: turned(stored, order),
    scale: parameter(scale),
    ...(zero && { zero: parameter(zero) }),
    axis: order.indexOf(axis),
    ...(block && { block }),
  };
}

function turned(constant: Constant, order: readonly number[]): Constant {
  const shape = constantShape(constant);
  return {
    kind: 'computed',
    dtype: constantDtype(constant),
    shape: order.map(from => shape[from] ?? 1),
    compute: read => transposeTensor(loadConstant(constant, read), order),
  };
}

/** Weights of 4 or 8 bits in blocks along the rows of (K, N); without an order of groups of its own. */
function packedWeights(
  node: Node,
  packed: Constant,
  [scale, zero, groups]: readonly (Constant | undefined)[],
): Dequantised | undefined {
  const bits = intAttribute(node, 'bits', 4);
  const known = scale && !groups && !node.attributes.quant_type && (bits === 4 || bits === 8);
  if (!known || (zero && constantDtype(zero) !== 'uint8')) return undefined;
  const [k, n] = [intAttribute(node, 'K'), intAttribute(node, 'N')];
  const block = intAttribute(node, 'block_size');
  const blocks = Math.ceil(k / block);
  const dtype = bits === 4 ? 'uint4' : 'uint8';
  const unpacked = (from: Constant, rows: number, rowBytes: number): Constant => ({
    kind: 'computed',
    dtype,
    shape: [rows, n],
    compute: read => unpackedBits(loadConstant(from, read), { dtype, bits, rows, columns: n, rowBytes }),
  });
  const scales: Constant = {
    kind: 'computed',
    dtype: constantDtype(scale),
    shape: [blocks, n],
    compute: read => transposeTensor({ ...loadConstant(scale, read), shape: [n, blocks] }, [1, 0]),
  };
  const middle: Constant = { kind: 'inline', tensor: tensorOf(dtype, [], [2 ** (bits - 1)]) };
  return {
    stored: unpacked(packed, k, (blocks * block * bits) / 8),
    scale: scales,
    zero: zero ? unpacked(zero, blocks, Math.ceil((blocks * bits) / 8)) : middle,
    axis: 0,
    block,
  };
}

interface BitRows {
  readonly dtype: 'uint4' | 'uint8';
  readonly bits: number;
  readonly rows: number;
  readonly columns: number;
  /** bytes of one column: its elements lie side by side, the first in the lowest bits */
  readonly rowBytes: number;
}

function unpackedBits({ data }: Tensor, { dtype, bits, rows, columns, rowBytes }: BitRows): Tensor {
  const bytes = data as Uint8Array;
  const result = new Uint8Array(rows * columns);
  const mask = 2 ** bits - 1;
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < rows; row++) {
      const bit = row * bits;
      const byte = bytes[column * rowBytes + (bit >> 3)] ?? 0;
      result[row * columns + column] = (byte >> (bit & 7)) & mask;
    }
  return { dtype, shape: [rows, columns], data: result };
}
