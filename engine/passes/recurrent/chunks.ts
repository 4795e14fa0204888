// A recurrent layer in chunks of steps, so that what its input contributes to all steps need not exist at once. All
// directions go through their chunks at the same time, each in its own order, so that threads can share them; states
// are passed on from one chunk to the next, and results are joined.
// Invariant: together the chunks compute what the layer does in one piece.

import { attr } from '../../ir/graph.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Rewrite } from '../rewrite.ts';

/** Some neighbouring steps of every direction. */
export interface RecurrentChunk {
  /** first step of each direction */
  readonly starts: readonly number[];
  readonly steps: number;
}

/** Fewest rows of a product for which the weights are worth reading. */
const LEAST_ROWS = 8;

/** What the sizes of a layer's tensors come from. */
export interface RecurrentSizes {
  readonly time: number;
  readonly batch: number;
  readonly directions: number;
  readonly features: number;
  readonly hidden: number;
  /** products per hidden element */
  readonly gates: number;
}

/**
 * Chunks in the order in which they run; one for all steps where that takes no more memory than the layer's own input
 * or output. `reversed`: whether a direction begins with the last step.
 */
export function recurrentChunks(
  { time, batch, directions, features, hidden, gates }: RecurrentSizes,
  reversed: (direction: number) => boolean,
): readonly RecurrentChunk[] | 'whole' {
  const held = Math.max(features, directions * hidden);
  const count = Math.ceil((directions * gates * hidden) / held);
  const most = Math.max(Math.ceil(time / count), Math.ceil(LEAST_ROWS / batch));
  if (most >= time) return 'whole';
  return Array.from({ length: Math.ceil(time / most) }, (_, i) => {
    const done = i * most;
    const steps = Math.min(most, time - done);
    const start = (direction: number) => (reversed(direction) ? time - done - steps : done);
    return { starts: Array.from({ length: directions }, (__, direction) => start(direction)), steps };
  });
}

/** A cut along an axis. */
function cut(rewrite: Rewrite, id: ValueId, axis: number, from: number, to: number): ValueId {
  const shape = rewrite.shape(id);
  if (from === 0 && to === shape[axis]) return id;
  const bounds = [[from], [to], [axis]].map(values =>
    rewrite.patch.ints(`${rewrite.node.name}/bounds`, values),
  );
  return rewrite.step('Slice', [id, ...bounds], { shape: shape.with(axis, to - from) });
}

/** Parts one after the other along an axis. */
export function joined(rewrite: Rewrite, parts: readonly ValueId[], axis: number): ValueId {
  const [first, ...others] = parts;
  if (first === undefined) throw new Error(`${rewrite.node.name}: nothing to join`);
  if (others.length === 0) return first;
  const extent = parts.reduce((sum, id) => sum + (rewrite.shape(id)[axis] ?? 1), 0);
  const shape = rewrite.shape(first).with(axis, extent);
  return rewrite.step('Concat', parts, { shape }, { axis: attr.int(axis) });
}

/**
 * Runs the chunks; results of all steps and the last states. `run` gets the input's steps for each direction and the
 * states, and makes results [step, direction, …] and states.
 */
export function inChunks(
  rewrite: Rewrite,
  chunks: readonly RecurrentChunk[],
  { x, first }: { readonly x: ValueId; readonly first: readonly (ValueId | undefined)[] },
  run: (parts: readonly ValueId[], states: readonly (ValueId | undefined)[]) => ValueId[],
): ValueId[] {
  let states = first;
  const made: { readonly starts: readonly number[]; readonly y: ValueId }[] = [];
  for (const { starts, steps } of chunks) {
    const parts = starts.map(start => cut(rewrite, x, 0, start, start + steps));
    const [y, ...last] = run(parts, states);
    if (y === undefined) throw new Error(`${rewrite.node.name}: a chunk without results`);
    made.push({ starts, y });
    states = last;
  }
  const perDirection = (chunks[0]?.starts ?? []).map((_, direction) => {
    const inOrder = made.toSorted((a, b) => (a.starts[direction] ?? 0) - (b.starts[direction] ?? 0));
    const own = inOrder.map(({ y }) => cut(rewrite, y, 1, direction, direction + 1));
    return joined(rewrite, own, 0);
  });
  return [joined(rewrite, perDirection, 1), ...states.flatMap(id => id ?? [])];
}
