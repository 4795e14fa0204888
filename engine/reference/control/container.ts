// Sequences of tensors, and optionals. A sequence counts its items from either end.

import { boolAttribute, graphAttribute, intAttribute } from '../../ir/attributes.ts';
import { makeTensor, normalizeAxis, tensorOf } from '../../ir/tensor.ts';
import type { Tensor } from '../../ir/types.ts';
import { type Call, inputOf, type Reference, type References } from '../call.ts';
import {
  appended,
  type Datum,
  isSequence,
  isTensor,
  lengthOf,
  NOTHING,
  type Sequence,
  sequenceOf,
} from '../datum.ts';
import { numbers, scalarOf, withShape } from '../elements.ts';
import { concatTensors, sliceAxis } from '../movement/movement.ts';

function sequenceInput(call: Call, index: number): Sequence {
  const datum = call.data[index];
  if (!isSequence(datum))
    throw new Error(`${call.node.op} "${call.node.name}": input ${index} is no sequence`);
  return datum;
}

/** A place in a sequence; `last` is one past the end where something is inserted. */
function place(call: Call, index: number, length: number, last: number): number {
  const given = scalarOf(call.inputs[index], last);
  const at = given < 0 ? given + length : given;
  if (at < 0 || at > last) throw new RangeError(`${call.node.op}: place ${given} in a sequence of ${length}`);
  return at;
}

const sequenceAt: Reference = call => {
  const { items } = sequenceInput(call, 0);
  return [items[place(call, 1, items.length, items.length - 1)]];
};

const sequenceInsert: Reference = call => {
  const sequence = sequenceInput(call, 0);
  const item = inputOf(call, 1);
  const length = lengthOf(sequence);
  const at = place(call, 2, length, length);
  return [at === length ? appended(sequence, item) : sequenceOf(sequence.items.toSpliced(at, 0, item))];
};

const sequenceErase: Reference = call => {
  const { items } = sequenceInput(call, 0);
  return [sequenceOf(items.toSpliced(place(call, 1, items.length, items.length - 1), 1))];
};

const sequenceLength: Reference = call => [tensorOf('int64', [], [lengthOf(sequenceInput(call, 0))])];

/** Parts along an axis: of the given lengths, of one length (the last may be shorter), or single slices. */
const splitToSequence: Reference = call => {
  const input = inputOf(call, 0);
  const axis = normalizeAxis(intAttribute(call.node, 'axis', 0), input.shape.length);
  const extent = input.shape[axis] ?? 0;
  const split = call.inputs[1];
  const given = split ? Array.from(numbers(split)) : [1];
  const size = given[0] ?? 1;
  const even = split === undefined || split.shape.length === 0;
  const lengths = even
    ? Array.from({ length: Math.ceil(extent / size) }, (_, i) => Math.min(size, extent - i * size))
    : given;
  const keep = split !== undefined || boolAttribute(call.node, 'keepdims', true);
  let start = 0;
  const parts = lengths.map(length => {
    const part = sliceAxis(input, axis, start, length);
    start += length;
    return keep ? part : withShape(part, part.shape.toSpliced(axis, 1));
  });
  return [sequenceOf(parts)];
};

/** Joins the items along an axis, or stacks them along a new one. */
const concatFromSequence: Reference = call => {
  const { items } = sequenceInput(call, 0);
  const stacked = boolAttribute(call.node, 'new_axis', false);
  const rank = (items[0]?.shape.length ?? 0) + (stacked ? 1 : 0);
  const axis = normalizeAxis(intAttribute(call.node, 'axis'), rank);
  const parts = stacked ? items.map(item => withShape(item, item.shape.toSpliced(axis, 0, 1))) : items;
  const total = parts.reduce((sum, part) => sum + (part.shape[axis] ?? 0), 0);
  return [concatTensors(parts, axis, (parts[0]?.shape ?? []).with(axis, total))];
};

/** Runs the body on every item of the first sequence; other sequences go along, tensors stay the same. */
const sequenceMap: Reference = call => {
  const first = sequenceInput(call, 0);
  const outputs = graphAttribute(call.node, 'body').outputs.map((): Tensor[] => []);
  for (const i of first.items.keys()) {
    const given = call.data.map((datum, index): Datum => {
      const item = isSequence(datum) ? datum.items[i] : datum;
      if (item === undefined) throw new Error(`${call.node.op}: input ${index} has no item ${i}`);
      return item;
    });
    for (const [o, result] of call.body('body', given).entries()) {
      if (isTensor(result)) outputs[o]?.push(result);
    }
  }
  return outputs.map(sequenceOf);
};

const truth = (value: boolean): Tensor => makeTensor('bool', [], Uint8Array.of(value ? 1 : 0));

const optionalHasElement: Reference = call => {
  const datum = call.data[0];
  return [truth(isTensor(datum) || isSequence(datum))];
};

const optionalGetElement: Reference = call => {
  const datum = call.data[0];
  if (!isTensor(datum) && !isSequence(datum)) throw new RangeError(`${call.node.op}: the optional is empty`);
  return [datum];
};

export const CONTAINER: References = {
  SequenceConstruct: call => [sequenceOf(call.data.filter(isTensor))],
  SequenceEmpty: () => [sequenceOf([])],
  SequenceAt: sequenceAt,
  SequenceInsert: sequenceInsert,
  SequenceErase: sequenceErase,
  SequenceLength: sequenceLength,
  SequenceMap: sequenceMap,
  SplitToSequence: splitToSequence,
  ConcatFromSequence: concatFromSequence,
  Optional: call => [call.data[0] ?? NOTHING],
  OptionalHasElement: optionalHasElement,
  OptionalGetElement: optionalGetElement,
};
