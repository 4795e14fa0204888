// Movements that are others put together: what repeats is broadcast along axes of its own.

import { intAttribute } from '../attributes.ts';
import { attr } from '../graph.ts';
import { elementCount, tensorOf } from '../tensor.ts';
import type { Composer, Expansion } from './composer.ts';

/** Repeats of each axis: an axis in front of it that is broadcast, but where it has one element anyway. */
function tile<V>(c: Composer<V>): V[] {
  const x = c.input(0);
  if (c.node.version < 6) c.fail('repeats along one axis are not expanded');
  const shape = c.shape(x);
  const repeats = c.numbers(c.input(1));
  const parts = shape.map((extent, axis) => ({ extent, repeat: repeats[axis] ?? 1 }));
  const apart = parts.map(({ extent, repeat }) => (repeat === 1 || extent === 1 ? [extent] : [1, extent]));
  const wide = parts.map(({ extent, repeat }) =>
    repeat === 1 || extent === 1 ? [extent * repeat] : [repeat, extent],
  );
  const spread = c.apply('Expand', [c.reshape(x, apart.flat()), c.ints(...wide.flat())]);
  return [
    c.reshape(
      spread,
      parts.map(({ extent, repeat }) => extent * repeat),
    ),
  ];
}

/** The first so many elements of each batch entry in turn backwards: rows behind both axes, picked by place. */
function reverseSequence<V>(c: Composer<V>): V[] {
  const x = c.input(0);
  const shape = c.shape(x);
  const time = intAttribute(c.node, 'time_axis', 0);
  const batch = intAttribute(c.node, 'batch_axis', 1);
  if (shape.includes(0) || time + batch !== 1) c.fail('these axes are not expanded');
  const [steps = 1, entries = 1] = [shape[time], shape[batch]];
  const [first = 1, second = 1, ...behind] = shape;
  const along = (axis: number, values: readonly number[]): V =>
    c.constant(tensorOf('int32', axis === 0 ? [values.length, 1] : [1, values.length], values));
  const places = along(time, [...Array(steps).keys()]);
  const owners = along(batch, [...Array(entries).keys()]);
  const lengths = c.reshape(c.cast(c.input(1), 'int32'), batch === 0 ? [entries, 1] : [1, entries]);
  const back = c.apply('Sub', [c.apply('Sub', [lengths, c.number(1, lengths)]), places]);
  const place = c.apply('Where', [c.apply('Less', [places, lengths]), back, places]);
  const [outer, inner] = time === 0 ? [place, owners] : [owners, place];
  const index = c.add(c.scaled(outer, second), inner);
  const rows = c.reshape(x, [first * second, elementCount(behind)]);
  return [c.reshape(c.apply('Gather', [rows, index], { axis: attr.int(0) }), shape)];
}

/** Of operators that have facts and a reference of their own. */
export const MOVEMENT_EXPANSIONS: Readonly<Record<string, Expansion>> = {
  Tile: tile,
  ReverseSequence: reverseSequence,
};
