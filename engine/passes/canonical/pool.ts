// An average over a window that counts padding, with outputs rounded up: the last window may reach over the padding's
// end, and what lies there does not count. It is the average over the whole window of an input padded so far, times
// how many more positions that has than count; without any such window the rounding changes nothing.

import { boolAttribute, intsAttribute } from '../../ir/attributes.ts';
import { attr } from '../../ir/graph.ts';
import { type SlidingWindow, slidingWindow } from '../../ir/ops/layers/window.ts';
import type { Patch } from '../../ir/patch.ts';
import { tensorOf } from '../../ir/tensor.ts';
import type { Node } from '../../ir/types.ts';
import { Rewrite } from '../rewrite.ts';

/** Rewrites an AveragePool that rounds its output up and counts padding; others stay as they are. */
export function canonicalAveragePool(node: Node, patch: Patch): void {
  const [x] = node.inputs;
  const [output] = node.outputs;
  const rounded = boolAttribute(node, 'ceil_mode', false) && boolAttribute(node, 'count_include_pad', false);
  if (!rounded || x === undefined || output === undefined) return;
  const { shape, dtype } = patch.get(x);
  if (!shape || dtype !== 'float32') return;
  const spatial = shape.slice(2);
  const window = slidingWindow(node, spatial, intsAttribute(node, 'kernel_shape') ?? []);
  const rewrite = new Rewrite(patch, node);
  const { auto_pad: _, ceil_mode: __, ...kept } = node.attributes;
  const attributes = { ...kept, pads: attr.ints([...window.padsBegin, ...endsOf(window, spatial)]) };
  const factors = factorsOf(window, spatial);
  if (factors.every(factor => factor === 1)) {
    patch.replace(node, [{ op: node.op, inputs: [x], outputs: [output], attributes }]);
    return;
  }
  const pooled = rewrite.step(node.op, [x], { shape: [...shape.slice(0, 2), ...window.output] }, attributes);
  const map = patch.constant(`${node.name}/factors`, tensorOf('float32', [1, 1, ...window.output], factors));
  rewrite.finish(rewrite.apply('Mul', pooled, map));
}

const inputsBefore = (window: SlidingWindow, axis: number, position: number): number =>
  position * (window.strides[axis] ?? 1) - (window.padsBegin[axis] ?? 0);

/** The padding at the end of each axis that all outputs fit into, rounded down. */
export function endsOf(window: SlidingWindow, spatial: readonly number[]): number[] {
  return spatial.map((extent, axis) => {
    const last = inputsBefore(window, axis, (window.output[axis] ?? 1) - 1);
    const reach = ((window.kernel[axis] ?? 1) - 1) * (window.dilations[axis] ?? 1) + 1;
    return Math.max(0, last + reach - extent);
  });
}

/** For every output, positions of the window over those of them inside the padded input. */
function factorsOf(window: SlidingWindow, spatial: readonly number[]): number[] {
  let factors = [1];
  for (const [axis, extent] of spatial.entries()) {
    const [kernel = 1, dilation = 1] = [window.kernel[axis], window.dilations[axis]];
    const end = extent + (window.padsEnd[axis] ?? 0);
    const along = Array.from({ length: window.output[axis] ?? 1 }, (_, position) => {
      const inside = Math.ceil((end - inputsBefore(window, axis, position)) / dilation);
      return kernel / Math.min(kernel, inside);
    });
    factors = factors.flatMap(factor => along.map(own => factor * own));
  }
  return factors;
}
