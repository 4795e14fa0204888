// A recurrent layer in chunks of steps, so that what its input contributes to all steps need not exist at once. Every
// direction goes its own way through the chunks, states are passed on from one to the next, and results are joined.
// Invariant: together the chunks compute what the layer does in one piece.

import { attr } from '../ir/graph.ts';
import type { ValueId } from '../ir/types.ts';
import type { Rewrite } from './rewrite.ts';

/** One direction over some neighbouring steps. */
export interface RecurrentChunk {
  readonly direction: number;
  /** steps [from, to) */
  readonly from: number;
  readonly to: number;
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
 * Chunks in the order in which they run; one for all directions and steps where that takes no more memory than the
 * layer's own input or output. `reversed`: whether a direction begins with the last step.
 */
export function recurrentChunks(
  { time, batch, directions, features, hidden, gates }: RecurrentSizes,
  reversed: (direction: number) => boolean,
): readonly RecurrentChunk[] | 'whole' {
  const held = Math.max(features, directions * hidden);
  const count = Math.ceil((directions * gates * hidden) / held);
  const steps = Math.max(Math.ceil(time / count), Math.ceil(LEAST_ROWS / batch));
  if (steps >= time) return 'whole';
  return Array.from({ length: directions }, (_, direction) => {
    const chunks = Array.from({ length: Math.ceil(time / steps) }, (__, i) => {
      return { direction, from: i * steps, to: Math.min(time, (i + 1) * steps) };
    });
    return reversed(direction) ? chunks.reverse() : chunks;
  }).flat();
}

/** A cut along the first axis. */
function cut(rewrite: Rewrite, id: ValueId, from: number, to: number): ValueId {
  const [extent, ...others] = rewrite.shape(id);
  if (from === 0 && to === extent) return id;
  const bounds = [[from], [to], [0]].map(values => rewrite.patch.ints(`${rewrite.node.name}/bounds`, values));
  return rewrite.step('Slice', [id, ...bounds], { shape: [to - from, ...others] });
}

function joined(rewrite: Rewrite, parts: readonly ValueId[], axis: number): ValueId {
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return only;
  const extent = parts.reduce((sum, id) => sum + (rewrite.shape(id)[axis] ?? 1), 0);
  const shape = rewrite.shape(parts[0] ?? rewrite.input(0)).with(axis, extent);
  return rewrite.step('Concat', parts, { shape }, { axis: attr.int(axis) });
}

/** Runs the chunks; results of all steps and the last states, joined over steps and directions. */
export function inChunks(
  rewrite: Rewrite,
  chunks: readonly RecurrentChunk[],
  layer: {
    readonly x: ValueId;
    readonly directions: number;
    readonly first: readonly (ValueId | undefined)[];
    readonly states: number;
  },
  run: (part: ValueId, direction: number, states: readonly (ValueId | undefined)[]) => ValueId[],
): ValueId[] {
  const perDirection = Array.from({ length: layer.directions }, (_, direction) => {
    let states: readonly (ValueId | undefined)[] = Array.from({ length: layer.states }, (__, i) => {
      const id = layer.first[i];
      return id === undefined ? undefined : cut(rewrite, id, direction, direction + 1);
    });
    const parts: { readonly from: number; readonly y: ValueId }[] = [];
    for (const { from, to } of chunks.filter(chunk => chunk.direction === direction)) {
      const [y, ...last] = run(cut(rewrite, layer.x, from, to), direction, states);
      if (y === undefined) throw new Error(`${rewrite.node.name}: a chunk without results`);
      parts.push({ from, y });
      states = last;
    }
    const inOrder = parts.sort((a, b) => a.from - b.from).map(({ y }) => y);
    return [joined(rewrite, inOrder, 0), ...states.flatMap(id => id ?? [])];
  });
  return [0, ...Array.from({ length: layer.states }, (_, i) => i + 1)].map(output =>
    joined(
      rewrite,
      perDirection.flatMap(results => results[output] ?? []),
      output === 0 ? 1 : 0,
    ),
  );
}
