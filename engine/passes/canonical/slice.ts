// A slice of a slice is one slice of what the first was taken from: nothing is copied in between.

import { producerOf, valueOf } from '../../ir/graph.ts';
import type { Patch } from '../../ir/patch.ts';
import { sliceOf } from '../../ir/slice.ts';
import { elementCount } from '../../ir/tensor.ts';
import type { Node } from '../../ir/types.ts';

/** Rewrites a Slice of a Slice where both ranges are known; others stay as they are. */
export function sliceOfSlice(node: Node, patch: Patch): void {
  const { graph } = patch;
  const [taken] = node.inputs;
  const [output] = node.outputs;
  const before = taken === undefined ? undefined : producerOf(graph, taken);
  const [source] = before?.op === 'Slice' ? before.inputs : [];
  if (!before || source === undefined || output === undefined) return;
  const [first, second] = [sliceOf(graph, before), sliceOf(graph, node)];
  const { shape: whole, bounded } = valueOf(graph, source);
  const { shape } = valueOf(graph, output);
  // An end that a run decides is not counted from here, and of nothing there is no last element.
  if (!first || !second || !whole || !shape || bounded || valueOf(graph, output).bounded) return;
  if (elementCount(shape) === 0) return;
  const steps = first.steps.map((step, axis) => step * (second.steps[axis] ?? 1));
  const starts = first.starts.map(
    (start, axis) => start + (second.starts[axis] ?? 0) * (first.steps[axis] ?? 1),
  );
  const ends = steps.map((step, axis) => {
    const end = (starts[axis] ?? 0) + ((shape[axis] ?? 0) - 1) * step + Math.sign(step);
    // In front of the first element: below 0 it would count from the end.
    return end < 0 ? -1 - (whole[axis] ?? 0) : end;
  });
  const bounds = { starts, ends, axes: [...shape.keys()], steps };
  const inputs = Object.entries(bounds).map(([name, numbers]) => patch.ints(`${node.name}/${name}`, numbers));
  patch.replace(node, [
    {
      op: 'Slice',
      version: 13,
      inputs: [source, ...inputs],
      outputs: [output],
      attributes: {},
      absorbs: [before],
    },
  ]);
}
