// One index for a whole slice, broadcast to all elements of the slice as exporters write it (torch.gather of rows,
// scatter_add of messages): what is picked or put by element is slices then, and the index is not spread.

import { intAttribute } from '../../ir/attributes.ts';
import { loadConstant } from '../../ir/constants/constant.ts';
import { attr, producerOf } from '../../ir/graph.ts';
import type { Patch } from '../../ir/patch.ts';
import { elementCount, normalizeAxis, sameShape, tensorOf } from '../../ir/tensor.ts';
import type { Node, Shape, ValueId } from '../../ir/types.ts';
import type { PassContext } from '../pass.ts';
import { Rewrite } from '../rewrite.ts';

/** GatherElements → GatherND of slices, or Gather where all batch entries have the same indices. */
export function gatherOfSlices(node: Node, patch: Patch, context: PassContext): void {
  const found = slicesOf(node, patch, context);
  if (!found) return;
  const { axis, shape, places, indices } = found;
  const { axis: _, ...attributes } = node.attributes;
  const rewrite = new Rewrite(patch, node);
  const { dtype = 'float32' } = patch.get(rewrite.input(0));
  const batch = indices.shape.slice(0, axis);
  const pick = (op: string, own: Shape, along: Node['attributes']): void => {
    const inputs = [rewrite.input(0), rewrite.reshape(indices.value(), own)];
    rewrite.finish(rewrite.step(op, inputs, { shape: places, dtype }, { ...attributes, ...along }));
  };
  if (elementCount(batch) === 1) pick('Gather', places.slice(axis, axis + 1), { axis: attr.int(axis) });
  else if (sameShape(batch, shape.slice(0, axis)))
    pick('GatherND', [...places.slice(0, axis + 1), 1], { batch_dims: attr.int(axis) });
}

/** ScatterElements → ScatterND of slices, of one batch entry. */
export function scatterOfSlices(node: Node, patch: Patch, context: PassContext): void {
  const found = slicesOf(node, patch, context);
  if (!found) return;
  const { axis, shape, places, indices } = found;
  if (elementCount(shape.slice(0, axis)) !== 1) return;
  const { axis: _, ...attributes } = node.attributes;
  const rewrite = new Rewrite(patch, node);
  const { dtype = 'float32' } = patch.get(rewrite.input(0));
  const apart = (id: ValueId): ValueId =>
    axis === 0 ? id : rewrite.reshape(id, rewrite.shape(id).slice(axis));
  const tuples = rewrite.reshape(indices.value(), [places[axis] ?? 0, 1]);
  const inputs = [apart(rewrite.input(0)), tuples, apart(rewrite.input(2))];
  const put = rewrite.step('ScatterND', inputs, { shape: shape.slice(axis), dtype }, attributes);
  rewrite.finish(axis === 0 ? put : rewrite.reshape(put, shape));
}

/** Indices before they are spread over slices. */
interface Indices {
  /** with extent 1 along the axes that they are spread along */
  readonly shape: Shape;
  readonly value: () => ValueId;
}

interface Slices {
  readonly axis: number;
  /** of the data */
  readonly shape: Shape;
  /** of the indices as given: batch, places, slice */
  readonly places: Shape;
  readonly indices: Indices;
}

/** Undefined where elements of a slice have indices of their own, or there are parts of slices. */
function slicesOf(node: Node, patch: Patch, context: PassContext): Slices | undefined {
  const [data, indices] = node.inputs;
  if (data === undefined || indices === undefined) return undefined;
  const [{ shape, bounded }, spread] = [patch.get(data), patch.get(indices)];
  const places = spread.shape;
  if (!shape || !places || bounded || spread.bounded) return undefined;
  const axis = normalizeAxis(intAttribute(node, 'axis', 0), shape.length);
  const whole = sameShape(places, shape.with(axis, places[axis] ?? 0));
  if (!whole || elementCount(places) === 0 || elementCount(places.slice(axis + 1)) === 1) return undefined;
  const found = beforeExpand(indices, patch) ?? ofConstant(indices, patch, context);
  if (!found || found.shape[axis] !== places[axis]) return undefined;
  return elementCount(found.shape.slice(axis + 1)) === 1
    ? { axis, shape, places, indices: found }
    : undefined;
}

function beforeExpand(indices: ValueId, patch: Patch): Indices | undefined {
  const producer = producerOf(patch.graph, indices);
  const [source] = producer?.op === 'Expand' ? producer.inputs : [];
  if (source === undefined) return undefined;
  const { shape, bounded } = patch.get(source);
  const rank = patch.get(indices).shape?.length ?? 0;
  if (!shape || bounded) return undefined;
  return { shape: [...Array<number>(rank - shape.length).fill(1), ...shape], value: () => source };
}

/** Known indices, as if they were spread along every axis along which they are the same. */
function ofConstant(indices: ValueId, patch: Patch, { read }: PassContext): Indices | undefined {
  const { constant, name } = patch.get(indices);
  if (!constant) return undefined;
  const { data, shape, dtype } = loadConstant(constant, read);
  const numbers = data as ArrayLike<number | bigint>;
  const steps = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const spread = shape.map((extent, axis) => extent > 1 && isSpread(numbers, extent, steps[axis] ?? 1));
  if (!spread.includes(true)) return undefined;
  const own = shape.map((extent, axis) => (spread[axis] ? 1 : extent));
  const picked = Array.from({ length: elementCount(own) }, (_, at) => {
    let [place, rest] = [0, at];
    own.toReversed().forEach((extent, back) => {
      place += (rest % extent) * (steps[shape.length - 1 - back] ?? 0);
      rest = Math.floor(rest / extent);
    });
    return Number(numbers[place] ?? 0);
  });
  return { shape: own, value: () => patch.constant(name, tensorOf(dtype, own, picked)) };
}

/** Whether elements `step` apart along an axis of this extent are the same everywhere. */
function isSpread(numbers: ArrayLike<number | bigint>, extent: number, step: number): boolean {
  const block = extent * step;
  for (let at = 0; at < numbers.length; at++) {
    if (at % block >= step && numbers[at] !== numbers[at - step]) return false;
  }
  return true;
}
