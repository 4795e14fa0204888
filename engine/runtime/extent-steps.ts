// Steps that only count, cut or continue run-time extents, done where their values lie: turns of a loop make many of
// them, each with other shapes, and there is nothing in them to be inferred. What does not lie in memory is left to the
// interpreter.

import { intAttribute, intsAttribute } from '../ir/attributes.ts';
import { isFit } from '../ir/ops/control/bounded.ts';
import { normalizeAxis } from '../ir/tensor.ts';
import type { Shape, Tensor } from '../ir/types.ts';
import { extentAlong } from '../reference/control/bounded.ts';
import { isTensor } from '../reference/datum.ts';
import type { ReferenceStep, TensorView, ValueView } from './program.ts';
import { beginsAt, hasRoom, type RunData } from './run-data.ts';
import { shareBytes } from './tensor-access.ts';

/** Does the step; false where the interpreter has to. */
type ExtentCall = () => boolean;

/** Ready to run many times; undefined for steps of other kinds, and for those that the interpreter has to do. */
export function extentCall(step: ReferenceStep, data: RunData): ExtentCall | undefined {
  if (isFit(step.node.op)) return fitCall(step, data);
  return CALLS[step.node.op]?.(step, data);
}

const CALLS: Readonly<Record<string, (step: ReferenceStep, data: RunData) => ExtentCall | undefined>> = {
  'bounded.Extent': countCall,
  'bounded.Below': belowCall,
  Concat: joinCall,
};

/** A value's memory looked at as far as its extents go, or as all of its capacity: nothing moves. */
function fitCall({ node, inputs, outputs }: ReferenceStep, data: RunData): ExtentCall {
  const [from, ...counts] = inputs;
  const [to] = outputs;
  if (!from || 'constant' in from || !to?.shape) throw new Error(`${node.name} has no memory`);
  if (!to.bounded) {
    return () => {
      data.checkPlace(from);
      return true;
    };
  }
  const capacity = to.shape;
  const axes = intsAttribute(node, 'axes') ?? [];
  return () => {
    const shape = [...capacity];
    for (const [i, axis] of axes.entries()) {
      const count = counts[i];
      const held = count && !('constant' in count) ? data.look(count) : undefined;
      if (!isTensor(held)) throw new Error(`${node.name}: extent ${i} is no number`);
      shape[axis] = Number(held.data[0]);
    }
    data.setShape(to, shape);
    return true;
  };
}

const elementsOf = (value: ReferenceStep['inputs'][number], data: RunData) =>
  value && !('constant' in value) ? data.window(value)?.data : undefined;

function countCall({ node, inputs, outputs }: ReferenceStep, data: RunData): ExtentCall | undefined {
  const [from] = inputs;
  const count = elementsOf(outputs[0], data);
  if (!isInArena(from) || !(count instanceof BigInt64Array)) return undefined;
  const extentOf = extentAlong(node);
  return () => {
    count[0] = BigInt(extentOf(data.shapeOf(from)));
    return true;
  };
}

function belowCall({ inputs, outputs }: ReferenceStep, data: RunData): ExtentCall | undefined {
  const [count, places] = [elementsOf(inputs[0], data), elementsOf(outputs[0], data)];
  if (!(count instanceof BigInt64Array && places instanceof Uint8Array)) return undefined;
  return () => {
    const extent = Number(count[0]);
    places.fill(1, 0, extent).fill(0, extent);
    return true;
  };
}

/** A first part that lies where the whole begins stays there: what is behind it is written. */
function joinCall({ node, inputs, outputs }: ReferenceStep, data: RunData): ExtentCall | undefined {
  const [to] = outputs;
  const parts = inputs.filter(input => input !== undefined);
  const [first, ...others] = parts;
  if (!isInArena(to) || !to.bounded || !first || parts.some(part => isHeldOutside(part))) return undefined;
  const continues = isInArena(first) && beginsAt(first, to);
  const isOver = (part: (typeof parts)[number]) => isInArena(part) && shareBytes(part, to);
  if ((continues ? others : parts).some(isOver)) return undefined;
  const axis = normalizeAxis(intAttribute(node, 'axis', 1), to.shape.length);
  return () => {
    const shapes = parts.map(part => ('constant' in part ? part.constant.shape : data.shapeOf(part)));
    const whole = joinedShape(shapes, axis);
    if (!whole || !hasRoom(to, whole)) return false;
    let start = 0;
    for (const [i, part] of parts.entries()) {
      const stays = i === 0 && continues && data.isPlaced(first as TensorView);
      if (!stays) data.writePart(to, axis, start, tensorIn(part, data));
      start += shapes[i]?.[axis] ?? 0;
    }
    data.setShape(to, whole);
    return true;
  };
}

function tensorIn(part: ValueView | { readonly constant: Tensor }, data: RunData): Tensor {
  const datum = 'constant' in part ? part.constant : data.look(part);
  if (!isTensor(datum)) throw new Error('a part of a concatenation is no tensor');
  return datum;
}

type Operand = ReferenceStep['inputs'][number];

const isInArena = (operand: Operand): operand is TensorView =>
  operand !== undefined && !('constant' in operand) && operand.space === 'arena';

const isHeldOutside = (operand: Operand): boolean =>
  operand !== undefined && !('constant' in operand) && operand.space === 'host';

/** Undefined where they differ along other axes too: then the interpreter says what is wrong. */
function joinedShape([first = [], ...others]: readonly Shape[], axis: number): Shape | undefined {
  let along = first[axis] ?? 0;
  for (const shape of others) {
    if (shape.length !== first.length) return undefined;
    for (let i = 0; i < shape.length; i++) if (i !== axis && shape[i] !== first[i]) return undefined;
    along += shape[axis] ?? 0;
  }
  return first.with(axis, along);
}
