// A layout on its way from the worker to the page: all paths in one array, which is handed over instead of copied.
// Ten thousand small arrays would take the page longer to receive than to draw.

import type { NestedLayout } from './nested.ts';

export interface PackedLayout extends Omit<NestedLayout, 'paths'> {
  /** of all paths, one after the other */
  readonly points: Float64Array<ArrayBuffer>;
  /** where each path begins in `points`, and where the last one ends */
  readonly starts: Int32Array<ArrayBuffer>;
}

export function packed({ paths, ...places }: NestedLayout): PackedLayout {
  const starts = new Int32Array(paths.length + 1);
  paths.forEach((path, index) => {
    starts[index + 1] = (starts[index] ?? 0) + path.length;
  });
  const points = new Float64Array(starts.at(-1) ?? 0);
  paths.forEach((path, index) => {
    points.set(path, starts[index]);
  });
  return { ...places, points, starts };
}

export function unpacked({ points, starts, ...places }: PackedLayout): NestedLayout {
  const paths = Array.from({ length: starts.length - 1 }, (_, index) =>
    points.subarray(starts[index], starts[index + 1]),
  );
  return { ...places, paths };
}
