// The least and the most that elements of small integer tensors can be, where they count extents of bounded values:
// a shape made of such counts is bounded in turn.

import { numbersOf } from '../../ir/tensor.ts';
import type { Node, Tensor } from '../../ir/types.ts';

/** Bounds of each element, both inclusive. */
export interface ElementRange {
  readonly least: Tensor;
  readonly most: Tensor;
}

/**
 * Which inputs of an operator may be ranges; undefined: all. More in one of their elements is never less in a result.
 */
const GROWING: Readonly<Record<string, readonly number[] | undefined>> = {
  Add: undefined,
  Cast: [0],
  Ceil: undefined,
  Concat: undefined,
  Div: [0],
  Floor: undefined,
  Gather: [0],
  Identity: [0],
  Max: undefined,
  Min: undefined,
  Mul: undefined,
  ReduceProd: [0],
  Reshape: [0],
  Shape: undefined,
  Size: undefined,
  Slice: [0],
  Squeeze: [0],
  Sub: [0],
  Unsqueeze: [0],
};

/** Inputs that say how large a result is: more there never makes it smaller. */
const SIZING: Readonly<Record<string, readonly number[]>> = {
  ConstantOfShape: [0],
  Expand: [1],
  Range: [1],
  Reshape: [1],
  Slice: [2],
  Tile: [1],
  TopK: [1],
};

/** Where factors below 0 would turn what grows. */
const SCALING: ReadonlySet<string> = new Set(['Mul', 'Div', 'ReduceProd']);

const growsWith = ({ op }: Node, index: number): boolean =>
  Object.hasOwn(GROWING, op) && (GROWING[op]?.includes(index) ?? true);

/** Whether elements of this input say how large the result is. */
export const isSizedBy = ({ op }: Node, index: number): boolean => SIZING[op]?.includes(index) ?? false;

/** What counts is at least 0, and so must be what it is multiplied with. */
const counts = (tensor: Tensor): boolean =>
  tensor.dtype !== 'string' && numbersOf(tensor).every(element => element >= 0);

/**
 * The range of a node's one result from ranges and known elements of its inputs; undefined when there is none.
 * `evaluate` runs the node on tensors.
 */
export function rangeThrough(
  node: Node,
  inputs: readonly (Tensor | ElementRange | undefined)[],
  evaluate: (inputs: readonly (Tensor | undefined)[]) => Tensor | undefined,
): ElementRange | undefined {
  const isRange = (input: Tensor | ElementRange | undefined): input is ElementRange =>
    input !== undefined && 'most' in input;
  if (!inputs.some(isRange) || inputs.some((input, i) => isRange(input) && !growsWith(node, i)))
    return undefined;
  const factors = SCALING.has(node.op)
    ? inputs.flatMap(input => (isRange(input) ? input.least : (input ?? [])))
    : [];
  if (!factors.every(counts)) return undefined;
  const at = (side: keyof ElementRange) =>
    evaluate(inputs.map(input => (isRange(input) ? input[side] : input)));
  const [least, most] = [at('least'), at('most')];
  // What may become less than nothing would be counted from the end.
  if (!least || !most || (node.op === 'Sub' && !counts(least))) return undefined;
  return { least, most };
}
