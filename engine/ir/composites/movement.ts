// Movements that are others put together: what repeats is broadcast along axes of its own.

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

/** Of operators that have facts and a reference of their own. */
export const MOVEMENT_EXPANSIONS: Readonly<Record<string, Expansion>> = { Tile: tile };
