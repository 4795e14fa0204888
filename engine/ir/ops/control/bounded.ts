// Operators between values of run-time extents and those of fixed capacity. A pass makes them; no model has them.
// Invariant: a value and its capacity share their memory.

import { intAttribute, intsAttribute } from '../../attributes.ts';
import { numbersOf } from '../../tensor.ts';
import { always, type InferContext, operator, type ShapeRule, sameDtype } from '../definition.ts';

/** The attribute `shape`, and in place of some of its `axes` the numbers in inputs 1 …, where they are known. */
const fitted: ShapeRule = context => {
  const shape = [...(intsAttribute(context.node, 'shape') ?? [])];
  for (const [i, axis] of (intsAttribute(context.node, 'axes') ?? []).entries()) {
    const extent = numberAt(context, i + 1);
    if (extent === undefined) return [undefined];
    shape[axis] = extent;
  }
  return [shape];
};

function numberAt(context: InferContext, input: number): number | undefined {
  const tensor = context.constant(input);
  return tensor && numbersOf(tensor)[0];
}

/** `count` booleans along one axis. */
const line: ShapeRule = ({ node }) => [
  Array.from({ length: intAttribute(node, 'rank') }, (_, axis) =>
    axis === intAttribute(node, 'axis') ? intAttribute(node, 'count') : 1,
  ),
];

const FIT = 'bounded.Fit';

export const BOUNDED = [
  /**
   * how long the input is along `axis`, and what becomes of that: ⌊(multiply · extent + add) / divide⌋ for each three
   * of `growths`
   */
  operator('bounded.Extent', {
    kind: 'movement',
    dtypes: always('int64'),
    shapes: () => [[]],
    shapeOnly: true,
  }),
  /**
   * the input's own memory as another shape: as far as the extents go, or all of the capacity, which may hold anything
   */
  operator(FIT, { kind: 'movement', dtypes: sameDtype, shapes: fitted }),
  /** which of `count` places lie before the number that the input holds */
  operator('bounded.Below', { kind: 'movement', dtypes: always('bool'), shapes: line }),
];

/** The operator whose result is its input's memory, as one that is sealed (ir/dynamic.ts) too. */
export const isFit = (op: string): boolean => op.endsWith(FIT);
