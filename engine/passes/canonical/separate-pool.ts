// The largest of a wide window is the largest of the largest along each axis in turn: k + k instead of k · k looks at
// each element. So pyramids of wide windows are pooled (He et al., "Spatial Pyramid Pooling", arXiv 1406.4729).

import { intsAttribute } from '../../ir/attributes.ts';
import { attr } from '../../ir/graph.ts';
import { type SlidingWindow, slidingWindow } from '../../ir/ops/layers/window.ts';
import type { Patch } from '../../ir/patch.ts';
import type { Node } from '../../ir/types.ts';
import { Rewrite } from '../rewrite.ts';
import { endsOf } from './pool.ts';

/** Results between two axes are written and read: less than this many times fewer looks do not pay for it. */
const LEAST_GAIN = 2;

/** MaxPool without places, in one MaxPool per axis where its window is wide. */
export function separateMaxPool(node: Node, patch: Patch): void {
  const [x] = node.inputs;
  const [output, places] = node.outputs;
  if (x === undefined || output === undefined || places !== undefined) return;
  const { shape, dtype } = patch.get(x);
  if (!shape || dtype !== 'float32') return;
  const spatial = shape.slice(2);
  const window = slidingWindow(node, spatial, intsAttribute(node, 'kernel_shape') ?? []);
  const axes = [...spatial.keys()].filter(axis => window.kernel[axis] !== 1 || window.strides[axis] !== 1);
  const whole = window.kernel.reduce((a, b) => a * b, 1);
  if (axes.length < 2 || whole < LEAST_GAIN * looksApart(window, axes)) return;
  const ends = endsOf(window, spatial);
  const rewrite = new Rewrite(patch, node);
  let [at, extents] = [x, spatial];
  for (const axis of axes) {
    const onAxis = (values: readonly number[], other: number) =>
      spatial.map((_, own) => (own === axis ? (values[own] ?? other) : other));
    extents = extents.with(axis, window.output[axis] ?? 1);
    at = rewrite.step(
      'MaxPool',
      [at],
      { shape: [...shape.slice(0, 2), ...extents] },
      {
        kernel_shape: attr.ints(onAxis(window.kernel, 1)),
        strides: attr.ints(onAxis(window.strides, 1)),
        dilations: attr.ints(onAxis(window.dilations, 1)),
        pads: attr.ints([...onAxis(window.padsBegin, 0), ...onAxis(ends, 0)]),
      },
    );
  }
  rewrite.finish(at);
}

/** Looks at elements per result, one axis after the other: what later strides leave out is computed for nothing. */
const looksApart = ({ kernel, strides }: SlidingWindow, axes: readonly number[]): number =>
  axes.reduce((sum, axis, at) => {
    const later = axes.slice(at + 1).reduce((product, next) => product * (strides[next] ?? 1), 1);
    return sum + (kernel[axis] ?? 1) * later;
  }, 0);
