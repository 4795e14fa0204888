// A constant operand where the tensor it is combined with lies otherwise: the same element meets the same element.

import { intsAttribute } from '../../ir/attributes.ts';
import type { Patch } from '../../ir/patch.ts';
import { elementCount, sameShape } from '../../ir/tensor.ts';
import type { Node, Shape, ValueId } from '../../ir/types.ts';
import { transposeTensor } from '../../reference/movement/movement.ts';

/** Elements of a constant up to which a moved one is stored. */
const MOST_ELEMENTS = 65_536;

interface Move {
  /** what the operand broadcasts to, before and after */
  readonly shape: Shape;
  readonly target: Shape;
  /** the movement from `target` to `shape` */
  readonly back?: Node;
  /** the movement from `shape` to `target` */
  readonly along?: Node;
}

/** The operand for the tensor of the other shape; undefined where it is no constant, or would need to be expanded. */
export function movedConstant(patch: Patch, id: ValueId, move: Move): ValueId | undefined {
  const { constant, name, shape: given = [] } = patch.get(id);
  if (!constant) return undefined;
  if (elementCount(given) === 1 && given.length <= move.target.length) return id;
  if (constant.kind !== 'inline' || elementCount(given) > MOST_ELEMENTS || given.length > move.shape.length)
    return undefined;
  const own = [...new Array<number>(move.shape.length - given.length).fill(1), ...given];
  const { tensor } = constant;
  const movement = move.back ?? move.along;
  if (movement?.op === 'Transpose') {
    const rank = own.length;
    const order = intsAttribute(movement, 'perm') ?? [...own.keys()].reverse();
    const axes = move.along ? order : Array.from({ length: rank }, (_, axis) => order.indexOf(axis));
    return patch.constant(`${name}/moved`, transposeTensor({ ...tensor, shape: own }, axes));
  }
  const shape = movement?.op === 'Reshape' ? reshaped(own, move) : undefined;
  return shape && patch.constant(`${name}/moved`, { ...tensor, shape });
}

/** Axes in a row with as many elements in one shape as in the other: the operand has all of them, or none. */
function reshaped(own: Shape, { shape, target }: Move): Shape | undefined {
  const result: number[] = [];
  let [from, to] = [0, 0];
  while (from < shape.length || to < target.length) {
    const [firstFrom, firstTo] = [from, to];
    let [a, b] = [shape[from++] ?? 1, target[to++] ?? 1];
    while (a !== b && (from <= shape.length || to <= target.length)) {
      if (a < b) a *= shape[from++] ?? 1;
      else b *= target[to++] ?? 1;
      if (from > shape.length + 1 || to > target.length + 1) return undefined;
    }
    const extents = own.slice(firstFrom, from);
    const all = sameShape(extents, shape.slice(firstFrom, from));
    if (!all && extents.some(extent => extent !== 1)) return undefined;
    const axes = target.slice(firstTo, to);
    result.push(...(all ? axes : axes.map(() => 1)));
  }
  return result;
}
