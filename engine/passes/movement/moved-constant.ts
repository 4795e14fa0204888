// A constant operand where the tensor it is combined with lies otherwise: the same element meets the same element.

import { intsAttribute, stringAttribute } from '../../ir/attributes.ts';
import type { ReadBytes } from '../../ir/constants/reading.ts';
import { consumersOf } from '../../ir/graph.ts';
import type { Patch } from '../../ir/patch.ts';
import { elementCount, sameShape } from '../../ir/tensor.ts';
import type { Node, Shape, Tensor, ValueId } from '../../ir/types.ts';
import { takeElements } from '../../reference/elements.ts';
import { transposeTensor } from '../../reference/movement/movement.ts';
import { deriveMoved, SMALL } from '../derive.ts';

interface Move {
  /** what the operand broadcasts to, before and after */
  readonly shape: Shape;
  readonly target: Shape;
  /** the movement from `target` to `shape` */
  readonly back?: Node;
  /** the movement from `shape` to `target` */
  readonly along?: Node;
}

/** What becomes of the elements. */
interface Change {
  /** all that it depends on */
  readonly how: string;
  readonly shape: Shape;
  readonly apply: (tensor: Tensor) => Tensor;
}

/**
 * The operand for the tensor of the other shape; undefined where it is no constant, would need to be expanded, or is
 * large and read elsewhere as it is.
 */
export function movedConstant(patch: Patch, id: ValueId, move: Move, read: ReadBytes): ValueId | undefined {
  const { constant, name, shape: given = [] } = patch.get(id);
  if (!constant) return undefined;
  if (elementCount(given) === 1 && given.length <= move.target.length) return id;
  if (given.length > move.shape.length) return undefined;
  if (elementCount(given) > SMALL && consumersOf(patch.graph, id).length > 1) return undefined;
  const own = [...new Array<number>(move.shape.length - given.length).fill(1), ...given];
  const change = changeOf(own, move);
  if (!change) return undefined;
  const { how, shape, apply } = change;
  const moved = deriveMoved(how, shape, constant, read, tensor => apply({ ...tensor, shape: own }));
  return patch.constant(`${name}/moved`, moved);
}

function changeOf(own: Shape, move: Move): Change | undefined {
  const movement = move.back ?? move.along;
  switch (movement?.op) {
    case 'Transpose': {
      const order = intsAttribute(movement, 'perm') ?? [...own.keys()].reverse();
      const axes = move.along ? order : own.map((_, axis) => order.indexOf(axis));
      const shape = axes.map(axis => own[axis] ?? 1);
      return { how: `[${own}] by axes ${axes}`, shape, apply: tensor => transposeTensor(tensor, axes) };
    }
    case 'Reshape': {
      const shape = reshaped(own, move);
      return shape && { how: `as [${shape}]`, shape, apply: tensor => ({ ...tensor, shape }) };
    }
    case 'DepthToSpace':
      return move.back && perChannel(own, move.target, move.back);
    default:
      return undefined;
  }
}

/** An element per channel is one for each of the channels whose elements become its pixels. */
function perChannel(own: Shape, target: Shape, back: Node): Change | undefined {
  const [images, channels = 1, ...pixels] = own;
  const [, deep = 1] = target;
  if (images !== 1 || pixels.some(extent => extent !== 1)) return undefined;
  const mode = stringAttribute(back, 'mode', 'DCR');
  const times = deep / channels;
  const places = Int32Array.from({ length: deep }, (_, place) =>
    mode === 'CRD' ? Math.floor(place / times) : place % channels,
  );
  const shape = [1, deep, ...pixels];
  return { how: `${mode} of ${deep}`, shape, apply: tensor => takeElements(tensor, shape, places) };
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
