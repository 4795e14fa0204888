// Folded weights remember the integers that they were made from, so that products may be computed with those: set where
// a dequantisation is folded, carried on by what moves elements. Whatever else makes a constant leaves it out.

import { intAttribute, intsAttribute } from '../ir/attributes.ts';
import { constantDtype, constantShape, loadConstant } from '../ir/constant.ts';
import { elementCount } from '../ir/tensor.ts';
import type { Constant, Dequantised, Dtype, Node } from '../ir/types.ts';
import { transposeTensor } from '../reference/movement.ts';

const INTEGERS: ReadonlySet<Dtype> = new Set<Dtype>(['int8', 'uint8', 'int32']);

/** What the first result of a node on constants was dequantised from, if it was. */
export function dequantisedOf(
  node: Node,
  [input, ...parameters]: readonly (Constant | undefined)[],
): Dequantised | undefined {
  if (!input) return undefined;
  if (node.op.endsWith('DequantizeLinear')) return fromNode(node, input, parameters);
  const known = input.kind === 'file' ? undefined : input.dequantised;
  return known && node.op === 'Transpose' ? transposed(node, known) : undefined;
}

function fromNode(
  node: Node,
  stored: Constant,
  [scale, zero]: readonly (Constant | undefined)[],
): Dequantised | undefined {
  const plain = scale && constantDtype(scale) === 'float32' && intAttribute(node, 'block_size', 0) === 0;
  if (!plain || !INTEGERS.has(constantDtype(stored))) return undefined;
  const shape = constantShape(stored);
  const given = intAttribute(node, 'axis', 1);
  const axis = given < 0 ? given + shape.length : given;
  const along = [scale, ...(zero ? [zero] : [])].every(parameter => {
    const count = elementCount(constantShape(parameter));
    return count === 1 || count === shape[axis];
  });
  return along ? { stored, scale, ...(zero && { zero }), axis } : undefined;
}

function transposed(node: Node, { stored, axis, ...parameters }: Dequantised): Dequantised {
  const shape = constantShape(stored);
  const order = intsAttribute(node, 'perm') ?? [...shape.keys()].reverse();
  const turned: Constant = {
    kind: 'computed',
    dtype: constantDtype(stored),
    shape: order.map(from => shape[from] ?? 1),
    compute: read => transposeTensor(loadConstant(stored, read), order),
  };
  return { stored: turned, ...parameters, axis: order.indexOf(axis) };
}
