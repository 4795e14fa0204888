// Operators whose every result element depends on the elements at the same place: parallel along every extent.

import { elementCount } from '../../ir/tensor.ts';
import type { Shape } from '../../ir/types.ts';
import { type Extent, type Extents, sameExtent } from './extent.ts';
import type { Operands, Rule } from './operands.ts';

/** Extents of a broadcast result; undefined where operands are only by chance as long as each other. */
export function broadcast(
  operands: readonly { readonly shape: Shape; readonly extents: Extents }[],
): Extents | undefined {
  const rank = Math.max(0, ...operands.map(({ shape }) => shape.length));
  const result: (Extent | undefined)[] = [];
  for (let fromEnd = rank; fromEnd >= 1; fromEnd--) {
    const present = operands.filter(({ shape }) => shape.length >= fromEnd);
    const labels = present.map(({ extents }) => extents.at(-fromEnd));
    const label = labels.find(Boolean);
    const agrees = present.every(
      ({ shape }, i) => !label || sameExtent(labels[i], label) || (!labels[i] && shape.at(-fromEnd) === 1),
    );
    if (!agrees) return undefined;
    result.push(label);
  }
  return result;
}

/** Shape and extents of one operand. */
export const operandAt = (operands: Operands, i: number) => ({
  shape: operands.shape(i),
  extents: operands.extents(i),
});

/** NumPy broadcasting of everything; before opset 7 it was another one. */
export const elementwise: Rule = operands => {
  const { node } = operands;
  if (node.version < 7 && node.inputs.length > 1 && !node.op.includes('.')) return undefined;
  const present = node.inputs.flatMap((id, i) => (id === undefined ? [] : [operandAt(operands, i)]));
  const extents = broadcast(present);
  return extents && { outputs: node.outputs.map(() => extents) };
};

/** One operand decides, the others have nothing to do with extents. */
export const alone: Rule = operands =>
  operands.othersFixed(0) ? { outputs: [operands.extents(0)] } : undefined;

/** One scale for all. */
const quantisation: Rule = operands =>
  operands.node.inputs.every((_, i) => i === 0 || elementCount(operands.shape(i)) === 1)
    ? alone(operands)
    : undefined;

const dropout: Rule = operands =>
  operands.singleOutput() && operands.isFixed(1) ? alone(operands) : undefined;

/** Channels have parameters of their own, which are not looked up beyond an extent. */
const batchNorm: Rule = operands =>
  operands.singleOutput() && !operands.extents(0)[1] ? alone(operands) : undefined;

/** The lowest and highest of all, 0 among them: 0 beyond the extents changes neither. */
const dynamicQuantisation: Rule = operands => {
  const labels = operands.extents(0);
  const masks = labels.flatMap((label, axis) => (label ? [{ input: 0, axis, fill: 0 }] : []));
  return { outputs: [labels, [], []], masks };
};

export const ELEMENTWISE_RULES: Readonly<Record<string, Rule>> = {
  Identity: alone,
  Cast: alone,
  HardSigmoid: alone,
  HardSwish: alone,
  QuantizeLinear: quantisation,
  DequantizeLinear: quantisation,
  Dropout: dropout,
  BatchNormalization: batchNorm,
  DynamicQuantizeLinear: dynamicQuantisation,
};
