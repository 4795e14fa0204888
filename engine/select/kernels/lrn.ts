// Local response normalisation: every result divides by a power of a sum of squares over neighbouring channels. The
// neighbours are reads of the same tensor some channels further on, so it is elementwise; the first and last
// channels, which have fewer neighbours, are boxes of their own.

import { ExpressionBuilder } from '../../fusion/expression.ts';
import type { Expression } from '../../fusion/types.ts';
import { floatAttribute, intAttribute } from '../../ir/attributes.ts';
import type { Node } from '../../ir/types.ts';
import { accessAlong } from '../access.ts';
import type { SelectContext } from '../context.ts';
import type { KernelSpec } from '../spec/kernel.ts';

/** A kernel for every range of channels that have the same neighbours. */
export function selectLrn(context: SelectContext, node: Node): KernelSpec[] {
  const [x] = node.inputs;
  const [y] = node.outputs;
  if (x === undefined || y === undefined) throw new Error(`${node.name}: no input or output`);
  const [from, to] = [context.locator.of(x), context.locator.of(y)];
  const channels = to.shape[1] ?? 1;
  const size = intAttribute(node, 'size');
  const before = Math.floor((size - 1) / 2);
  const after = Math.ceil((size - 1) / 2);
  return boxes(channels, before, after).map(([begin, end]): KernelSpec => {
    const first = Math.max(-begin, -before);
    const last = Math.min(channels - end, after);
    const neighbours = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    const [inStride = 0, outStride = 0] = [from.strides[1], to.strides[1]];
    return {
      kind: 'elementwise',
      extents: to.shape.with(1, end - begin),
      body: {
        expression: expressionOf(node, neighbours.length, neighbours.indexOf(0)),
        reads: neighbours.map(shift => accessAlong(from, from.strides, (begin + shift) * inStride)),
        writes: [accessAlong(to, to.strides, begin * outStride)],
      },
    };
  });
}

/** Ranges of channels with the same neighbours: each of the first and last ones alone, all others together. */
function boxes(channels: number, before: number, after: number): (readonly [begin: number, end: number])[] {
  const begin = Math.min(before, channels);
  const end = Math.max(begin, channels - after);
  const single = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => [from + i, from + i + 1] as const);
  return [...single(0, begin), ...(end > begin ? [[begin, end] as const] : []), ...single(end, channels)];
}

/** x / (bias + alpha / size · Σ x²)^beta over `count` neighbours, of which one is the element itself. */
function expressionOf(node: Node, count: number, self: number): Expression {
  const build = new ExpressionBuilder();
  const inputs = Array.from({ length: count }, (_, i) => build.input(i, 'f32'));
  const squares = inputs.map(input => build.apply('mul', input, input));
  const sum = squares.reduce((a, b) => build.apply('add', a, b));
  const alpha = floatAttribute(node, 'alpha', 0.0001) / intAttribute(node, 'size');
  const scaled = build.apply('mul', sum, build.constant(alpha));
  const base = build.apply('add', scaled, build.constant(floatAttribute(node, 'bias', 1)));
  const divisor = build.apply('pow', base, build.constant(floatAttribute(node, 'beta', 0.75)));
  return build.build([build.apply('div', inputs[self] ?? 0, divisor)]);
}
