// Whether trying a cone on a few numbers says what it computes on all others: every choice that it makes must have
// gone each way, and every number in it must have mattered. A bound that no number reached, or an ε too small to be
// seen beside them, may be what the model is about: so it is never taken for nothing.

import { loadConstant } from '../../ir/constants/constant.ts';
import type { ReadBytes } from '../../ir/constants/reading.ts';
import { valueOf } from '../../ir/graph.ts';
import { constantNumbers } from '../../ir/patch.ts';
import { elementCount, LARGEST_FLOAT, tensorOf } from '../../ir/tensor.ts';
import type { Graph, Node, Tensor, ValueId } from '../../ir/types.ts';
import { type Cone, constantOperands, type Trial, valuesOf } from './cone.ts';

/** What a cone was tried on, and what came of it. */
export interface Tried {
  readonly input: Tensor;
  readonly values: Float32Array;
}

/** `same`: whether two results count as equal. */
export function isExercised(
  graph: Graph,
  cone: Cone,
  tried: readonly Tried[],
  { read, same }: { readonly read: ReadBytes; readonly same: (a: Float32Array, b: Float32Array) => boolean },
): boolean {
  const matters = (id: ValueId): boolean => {
    const { constant } = valueOf(graph, id);
    const number = constant && Number(loadConstant(constant, read).data[0]);
    const changed = tensorOf('float32', valueOf(graph, id).shape ?? [], [number ? 2 * number : 1]);
    return tried.some(({ input, values }) => {
      const others = valuesOf(graph, cone, input, { read, given: new Map([[id, changed]]) });
      return !others || !same(others, values);
    });
  };
  return numbersOf(graph, cone).every(matters) && wentEachWay(graph, cone, tried, read);
}

const COMPARISONS: ReadonlySet<string> = new Set(['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual']);

/** Numbers that are computed with. What is only compared with decides a choice, and both ways are looked at. */
function numbersOf(graph: Graph, { nodes }: Cone): ValueId[] {
  const operands = nodes.flatMap(node => (COMPARISONS.has(node.op) ? [] : constantOperands(graph, node)));
  const isNumber = (id: ValueId): boolean => {
    const { shape, dtype } = valueOf(graph, id);
    return dtype === 'float32' && elementCount(shape ?? []) === 1;
  };
  return [...new Set(operands)].filter(id => isNumber(id) && !isEnd(graph, id));
}

/** A bound at an end of the type keeps all numbers. */
function isEnd(graph: Graph, id: ValueId | undefined): boolean {
  const [number = 0] = (id !== undefined && constantNumbers(graph, id)) || [];
  return Math.abs(number) >= LARGEST_FLOAT;
}

function wentEachWay(graph: Graph, cone: Cone, tried: readonly Tried[], read: ReadBytes): boolean {
  const choices = cone.nodes.filter(({ op }) => Object.hasOwn(CHOICES, op));
  if (choices.length === 0) return true;
  const seen = new Map(choices.map(node => [node, new Set<number>()]));
  const look: Trial['look'] = (node, inputs, result) => {
    const pieces = seen.get(node);
    if (!pieces) return;
    for (let i = 0; i < result.data.length; i++) {
      const piece = CHOICES[node.op]?.piece(
        at(result, i, result),
        inputs.map(input => at(input, i, result)),
      );
      if (piece !== undefined) pieces.add(piece);
    }
  };
  for (const { input } of tried) valuesOf(graph, cone, input, { read, look });
  return choices.every(node => seen.get(node)?.size === CHOICES[node.op]?.count(graph, node));
}

/** Element i of a result, of what is the same everywhere, or NaN where it cannot be told which one is meant. */
function at(tensor: Tensor | undefined, i: number, { data: { length } }: Tensor): number {
  if (!tensor) return Number.NaN;
  const count = tensor.data.length;
  return count === 1 ? Number(tensor.data[0]) : count === length ? Number(tensor.data[i]) : Number.NaN;
}

interface Choice {
  /** how many pieces the operator is made of */
  readonly count: (graph: Graph, node: Node) => number;
  /** on which of them an element lies; undefined: on several, or it cannot be told */
  readonly piece: (result: number, operands: readonly number[]) => number | undefined;
}

const SIGNS: Choice = { count: () => 2, piece: (_, [x = 0]) => (x === 0 ? undefined : Number(x > 0)) };
/** One operand is the result, and no other. */
const PICKED: Choice = {
  count: (_, { inputs }) => inputs.length,
  piece(result, operands) {
    const first = operands.indexOf(result);
    return first >= 0 && first === operands.lastIndexOf(result) ? first : undefined;
  },
};
/** What is between bounds, raised or lowered. */
const BOUNDED: Choice = {
  count: (graph, node) => 1 + [0, 1].filter(side => hasBound(graph, node, side)).length,
  piece: (result, [x = 0]) => Math.sign(result - x),
};

function hasBound(graph: Graph, { attributes, inputs }: Node, side: number): boolean {
  const given = inputs[1 + side];
  return given === undefined ? attributes[side === 0 ? 'min' : 'max'] !== undefined : !isEnd(graph, given);
}

const CHOICES: Readonly<Record<string, Choice>> = {
  Abs: SIGNS,
  Relu: SIGNS,
  LeakyRelu: SIGNS,
  Where: { count: () => 2, piece: (_, [condition]) => condition },
  Min: PICKED,
  Max: PICKED,
  Clip: BOUNDED,
  HardSigmoid: { count: () => 3, piece: result => (result <= 0 ? 0 : result >= 1 ? 2 : 1) },
};
