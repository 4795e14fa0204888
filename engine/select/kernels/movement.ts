// Movements: every output element is some input element or a constant, so each is one or more copies with strides.
// A copy iterates over a box; source and target say where its elements lie.

import { type Continuation, continuationOf, padOf, type Segment, segmentsOf } from '../../fusion/padding.ts';
import { intAttribute, intsAttribute, stringAttribute } from '../../ir/attributes.ts';
import { sliceOf } from '../../ir/slice.ts';
import { normalizeAxis, rowMajorStrides } from '../../ir/tensor.ts';
import type { Node, Shape, ValueId } from '../../ir/types.ts';
import { accessAlong, broadcastTo, type Located } from '../access.ts';
import { identity, type SelectContext } from '../context.ts';
import type { Access } from '../spec/access.ts';
import type { KernelSpec } from '../spec/kernel.ts';

interface Ends {
  readonly context: SelectContext;
  readonly node: Node;
  readonly inputs: readonly Located[];
  readonly outputs: readonly Located[];
}

type Movement = (ends: Ends) => KernelSpec[];

const MOVEMENTS: Readonly<Record<string, Movement>> = {
  Identity: broadcast,
  Relayout: broadcast,
  Expand: broadcast,
  Reshape: reshape,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};

/** Copies, and fills of what is around them; none where everything lies where it belongs already. */
export function selectMovement(context: SelectContext, node: Node): KernelSpec[] {
  const movement = MOVEMENTS[node.op];
  if (!movement) throw new Error(`${node.op} moves nothing`);
  const located = (ids: readonly (ValueId | undefined)[]) =>
    ids.flatMap(id => (id === undefined ? [] : [context.locator.of(id)]));
  // Only inputs with elements to move: axes, shapes and amounts are read by the rules themselves.
  const moving = node.op === 'Concat' ? node.inputs : node.inputs.slice(0, 1);
  const specs = movement({ context, node, inputs: located(moving), outputs: located(node.outputs) });
  return specs.filter(spec => !staysInPlace(spec));
}

/** Views and parts that are written where they belong need no copy. */
function staysInPlace(spec: KernelSpec): boolean {
  if (spec.kind !== 'elementwise') return false;
  const { extents, body } = spec;
  // How far it is to the next of one element says nothing.
  const places = ({ strides, ...access }: Access): string =>
    JSON.stringify([access, strides.filter((_, axis) => extents[axis] !== 1)]);
  const [[from], [to]] = [body.reads, body.writes];
  return from !== undefined && to !== undefined && places(from) === places(to);
}

function first(located: readonly Located[], node: Node): Located {
  const [found] = located;
  if (!found) throw new Error(`${node.name} has no input or output`);
  return found;
}

interface Place {
  readonly located: Located;
  readonly strides: readonly number[];
  /** elements beyond the tensor's own first */
  readonly offset?: number;
}

const accessTo = ({ located, strides, offset }: Place): Access => accessAlong(located, strides, offset);

function copy(extents: Shape, from: Place, to: Place): KernelSpec {
  const expression = identity(from.located.dtype);
  return {
    kind: 'elementwise',
    extents,
    body: { expression, reads: [accessTo(from)], writes: [accessTo(to)] },
  };
}

function broadcast({ node, inputs, outputs }: Ends): KernelSpec[] {
  const [from, to] = [first(inputs, node), first(outputs, node)];
  return [
    copy(
      to.shape,
      { located: from, strides: broadcastTo(from, to.shape) },
      { located: to, strides: to.strides },
    ),
  ];
}

/** Elements keep their row-major order; the output is dense and row-major, so it can be seen in the input's shape. */
function reshape({ node, inputs, outputs }: Ends): KernelSpec[] {
  const [from, to] = [first(inputs, node), first(outputs, node)];
  return [
    copy(
      from.shape,
      { located: from, strides: from.strides },
      { located: to, strides: rowMajorStrides(from.shape) },
    ),
  ];
}

function transpose({ node, inputs, outputs }: Ends): KernelSpec[] {
  const [from, to] = [first(inputs, node), first(outputs, node)];
  const permutation = intsAttribute(node, 'perm') ?? [...from.shape.keys()].reverse();
  const strides = permutation.map(axis => from.strides[axis] ?? 0);
  return [copy(to.shape, { located: from, strides }, { located: to, strides: to.strides })];
}

function concat({ node, inputs, outputs }: Ends): KernelSpec[] {
  const to = first(outputs, node);
  const axis = normalizeAxis(intAttribute(node, 'axis', 1), to.shape.length);
  let start = 0;
  return inputs.map(from => {
    const offset = start * (to.strides[axis] ?? 0);
    start += from.shape[axis] ?? 0;
    return copy(
      from.shape,
      { located: from, strides: from.strides },
      { located: to, strides: to.strides, offset },
    );
  });
}

function split({ node, inputs, outputs }: Ends): KernelSpec[] {
  const from = first(inputs, node);
  const axis = normalizeAxis(intAttribute(node, 'axis', 0), from.shape.length);
  let start = 0;
  return outputs.map(to => {
    const offset = start * (from.strides[axis] ?? 0);
    start += to.shape[axis] ?? 0;
    return copy(
      to.shape,
      { located: from, strides: from.strides, offset },
      { located: to, strides: to.strides },
    );
  });
}

function slice({ context, node, inputs, outputs }: Ends): KernelSpec[] {
  const [from, to] = [first(inputs, node), first(outputs, node)];
  const range = sliceOf(context.graph, node);
  if (!range) throw new Error(`${node.name}: the bounds are not constant`);
  const offset = range.starts.reduce((sum, start, axis) => sum + start * (from.strides[axis] ?? 0), 0);
  const strides = from.strides.map((stride, axis) => stride * (range.steps[axis] ?? 1));
  return [copy(to.shape, { located: from, strides, offset }, { located: to, strides: to.strides })];
}

/** The inside is copied; around it lie boxes of the fill, cut so that none overlaps another. */
function pad({ context, node, inputs, outputs }: Ends): KernelSpec[] {
  const [from, to] = [first(inputs, node), first(outputs, node)];
  const continuation = continuationOf(context.graph, node);
  if (continuation) return continued(from, to, continuation);
  const padding = padOf(context.graph, node);
  if (!padding) throw new Error(`${node.name}: the padding is not constant`);
  const cropped = padding.begin.map(amount => Math.max(0, -amount));
  const start = padding.begin.map(amount => Math.max(0, amount));
  const inner = from.shape.map(
    (extent, axis) => extent - (cropped[axis] ?? 0) - Math.max(0, -(padding.end[axis] ?? 0)),
  );
  const dot = (amounts: readonly number[], strides: readonly number[]) =>
    amounts.reduce((sum, amount, axis) => sum + amount * (strides[axis] ?? 0), 0);
  const inside = copy(
    inner,
    { located: from, strides: from.strides, offset: dot(cropped, from.strides) },
    { located: to, strides: to.strides, offset: dot(start, to.strides) },
  );
  const boxes: KernelSpec[] = [];
  to.shape.forEach((extent, axis) => {
    const begin = start[axis] ?? 0;
    const end = begin + (inner[axis] ?? 0);
    for (const [low, high] of [
      [0, begin],
      [end, extent],
    ] as const) {
      if (high <= low) continue;
      // Axes before this one are only as wide as the inside, those behind it whole.
      const extents = to.shape.map((whole, at) =>
        at < axis ? (inner[at] ?? 0) : at > axis ? whole : high - low,
      );
      const origin = to.shape.map((_, at) => (at < axis ? (start[at] ?? 0) : at > axis ? 0 : low));
      const write = accessTo({ located: to, strides: to.strides, offset: dot(origin, to.strides) });
      boxes.push({ kind: 'fill', extents, value: padding.fill, write });
    }
  });
  return [inside, ...boxes];
}

/** A copy for every combination of the axes' parts. */
function continued(from: Located, to: Located, { begin, end, fill }: Continuation): KernelSpec[] {
  const combinations = from.shape.reduce<readonly (readonly Segment[])[]>(
    (lists, extent, axis) =>
      lists.flatMap(list =>
        Object.values(segmentsOf(extent, begin[axis] ?? 0, end[axis] ?? 0, fill))
          .filter(({ count }) => count > 0)
          .map(segment => [...list, segment]),
      ),
    [[]],
  );
  return combinations.map(parts => {
    const sum = (strides: readonly number[], index: (part: Segment) => number) =>
      parts.reduce((total, part, axis) => total + index(part) * (strides[axis] ?? 0), 0);
    return copy(
      parts.map(({ count }) => count),
      {
        located: from,
        strides: parts.map(({ step }, axis) => step * (from.strides[axis] ?? 0)),
        offset: sum(from.strides, part => part.from),
      },
      { located: to, strides: to.strides, offset: sum(to.strides, part => part.at) },
    );
  });
}

/** [N, C·b², H, W] → [N, C, H·b, W·b]; blocks are counted before ('DCR') or behind ('CRD') the channels. */
function depthToSpace({ node, inputs, outputs }: Ends): KernelSpec[] {
  const [from, to] = [first(inputs, node), first(outputs, node)];
  const order = stringAttribute(node, 'mode', 'DCR') === 'CRD' ? 'channel first' : 'block first';
  return [blocks(node, from, to, order)];
}

/** [N, C, H·b, W·b] → [N, b²·C, H, W]. */
function spaceToDepth({ node, inputs, outputs }: Ends): KernelSpec[] {
  const [from, to] = [first(inputs, node), first(outputs, node)];
  const moved = blocks(node, to, from, 'block first');
  if (moved.kind !== 'elementwise') return [moved];
  const { expression, reads, writes } = moved.body;
  return [{ ...moved, body: { expression, reads: writes, writes: reads } }];
}

/** The copy from deep to wide over (n, channel, block row, block column, y, x). */
function blocks(
  node: Node,
  deep: Located,
  wide: Located,
  order: 'block first' | 'channel first',
): KernelSpec {
  const size = intAttribute(node, 'blocksize', 1);
  const [batch = 1, channels = 1] = wide.shape;
  const [, , height = 1, width = 1] = deep.shape;
  const [dn = 0, dc = 0, dy = 0, dx = 0] = deep.strides;
  const [wn = 0, wc = 0, wy = 0, wx = 0] = wide.strides;
  const [channel, row, column] =
    order === 'block first' ? [dc, size * channels * dc, channels * dc] : [size * size * dc, size * dc, dc];
  return copy(
    [batch, channels, size, size, height, width],
    { located: deep, strides: [dn, channel, row, column, dy, dx] },
    { located: wide, strides: [wn, wc, wy, wx, size * wy, size * wx] },
  );
}
