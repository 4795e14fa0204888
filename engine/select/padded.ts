// Windows over an input that a fused Pad makes larger: the kernel reads what lies in front of the Pad, and its amounts
// are part of the window.

import type { Group, Outside, Padding } from '../fusion/types.ts';
import { valueOf } from '../ir/graph.ts';
import { slidingWindow } from '../ir/ops/layers/window.ts';
import type { Graph, Node, Shape, ValueId } from '../ir/types.ts';
import type { Window } from './spec/window.ts';
import { windowFrom } from './window.ts';

/** The value that a kernel reads as its first input, and how it is padded. */
export interface Source {
  readonly x: ValueId;
  readonly shape: Shape;
  /** what the node itself takes for its input */
  readonly own: Shape;
  readonly padding: Padding | undefined;
}

/** Throws where the node has no input. */
export function sourceOf(graph: Graph, group: Group, node: Node): Source {
  const [input] = node.inputs;
  if (input === undefined) throw new Error(`${node.name}: no input`);
  const padded = group.pre.get(0)?.padded;
  const x = padded?.value ?? input;
  const shape = (id: ValueId): Shape => valueOf(graph, id).shape ?? [];
  return { x, shape: shape(x), own: shape(input), padding: padded?.padding };
}

/** A window with the amounts of the Pad in front of it. */
export interface PaddedWindow {
  readonly window: Window;
  /** of the fused Pad */
  readonly outside: Outside | undefined;
}

/** The node's window with `kernel` spatial extents, over what it reads. */
export function paddedWindow(
  node: Node,
  { shape, own, padding }: Source,
  kernel: readonly number[],
  output: Shape,
): PaddedWindow {
  const sliding = slidingWindow(node, own.slice(2), kernel);
  const more = (pads: readonly number[], amounts: readonly number[] = []) =>
    pads.map((pad, axis) => pad + (amounts[axis + 2] ?? 0));
  const window = windowFrom({
    ...sliding,
    padsBegin: more(sliding.padsBegin, padding?.begin),
    padsEnd: more(sliding.padsEnd, padding?.end),
    input: shape.slice(2),
    output: output.slice(2),
  });
  return { window, outside: padding?.fill };
}
