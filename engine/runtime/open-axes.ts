// Which axes of a body's operands differ from run to run: those that inference knows to be bounded, and those that
// were seen to differ. They get a capacity, the next power of two, so that only larger extents need another program.

import type { Dtype, Graph, Shape, Value } from '../ir/types.ts';

/** What a body is compiled for. */
export interface OperandType {
  /** of a sequence: of its items, which may have any shape */
  readonly dtype: Dtype;
  readonly container?: 'sequence';
  /** bounded axes: the capacity; of a sequence none */
  readonly shape: Shape;
  readonly bounded?: readonly boolean[];
  /** per bounded axis: which run-time extent it is; the same number, the same extent */
  readonly extents?: readonly (number | undefined)[];
}

/** What was seen of one body's operands so far. */
export class OpenAxes {
  readonly #values: readonly (Value | undefined)[];
  /** per operand and axis */
  #open: readonly (readonly boolean[])[] | undefined;
  #last: readonly Shape[] = [];

  constructor(body: Graph) {
    const ids = [...body.inputs, ...(body.captures?.keys() ?? [])];
    this.#values = ids.map(id => body.values[id]);
  }

  /**
   * Types that hold for these operands and for all within the same capacities; undefined while no axis is open. Axes
   * that are equally long now are one extent, which is part of the type.
   */
  typesOf(operands: readonly OperandType[]): readonly OperandType[] | undefined {
    const open = this.#learn(operands.map(({ shape }) => shape));
    if (!open.some(axes => axes.includes(true))) return undefined;
    const numbers = new Map<number, number>();
    const numberOf = (extent: number): number => {
      const number = numbers.get(extent) ?? numbers.size;
      numbers.set(extent, number);
      return number;
    };
    const capacities = this.#capacities(operands, open);
    return operands.map((operand, i): OperandType => {
      const { dtype, shape } = operand;
      const bounded = open[i] ?? [];
      if (!bounded.includes(true)) return operand;
      return {
        dtype,
        shape: shape.map((extent, axis) => (bounded[axis] ? (capacities.get(extent) ?? extent) : extent)),
        bounded,
        extents: shape.map((extent, axis) => (bounded[axis] ? numberOf(extent) : undefined)),
      };
    });
  }

  /** By extent: axes that are one extent have one capacity, the smallest that any of them can have. */
  #capacities(operands: readonly OperandType[], open: readonly (readonly boolean[])[]): Map<number, number> {
    const found = new Map<number, number>();
    for (const [i, { shape }] of operands.entries()) {
      for (const [axis, extent] of shape.entries()) {
        if (!open[i]?.[axis]) continue;
        const most = found.get(extent) ?? Number.POSITIVE_INFINITY;
        found.set(extent, Math.min(most, this.#capacity(i, axis, extent)));
      }
    }
    return found;
  }

  #learn(shapes: readonly Shape[]): readonly (readonly boolean[])[] {
    const before = this.#open;
    this.#open = shapes.map((shape, i) => {
      const last = this.#last[i];
      const differs = (axis: number) => last?.length === shape.length && last[axis] !== shape[axis];
      const value = this.#values[i];
      // A vector of unknown shape has one axis that can be the reason.
      const unknown = value?.shape === undefined && shape.length === 1;
      const known = (axis: number) => before?.[i]?.[axis] ?? value?.bounded?.[axis] ?? unknown;
      return shape.map((_, axis) => known(axis) || differs(axis));
    });
    this.#last = shapes;
    return this.#open;
  }

  /** A power of two, or all that there can be. */
  #capacity(operand: number, axis: number, extent: number): number {
    const { shape, bounded } = this.#values[operand] ?? {};
    const most = bounded?.[axis] ? Math.max(extent, shape?.[axis] ?? extent) : Number.POSITIVE_INFINITY;
    return Math.min(most, 2 ** Math.ceil(Math.log2(Math.max(1, extent))));
  }
}

/** Whether both have elements of one type and as many axes. */
const areOfOneKind = (a: OperandType, b: OperandType): boolean =>
  a.dtype === b.dtype && a.container === b.container && a.shape.length === b.shape.length;

/** Whether operands, of the right types, are within these capacities, and what is to be one extent is. Asked every turn. */
export function canHold(types: readonly OperandType[], operands: readonly OperandType[]): boolean {
  const extents: (number | undefined)[] = [];
  for (let i = 0; i < types.length; i++) {
    const [type, operand] = [types[i], operands[i]];
    if (!type || !operand || !areOfOneKind(operand, type)) return false;
    const { shape, extents: numbers } = type;
    for (let axis = 0; axis < shape.length; axis++) {
      const [capacity = 0, extent = 0, number] = [shape[axis], operand.shape[axis], numbers?.[axis]];
      if (number === undefined ? extent !== capacity : extent > capacity) return false;
      if (number === undefined) continue;
      extents[number] ??= extent;
      if (extents[number] !== extent) return false;
    }
  }
  return true;
}

/**
 * How many times larger the capacities of `given` are than those that are needed, at most; undefined where it does not
 * hold for what is needed.
 */
export function spareIn(given: readonly OperandType[], needed: readonly OperandType[]): number | undefined {
  let most = 1;
  for (const [i, type] of needed.entries()) {
    const { shape, extents } = type;
    const other = given[i];
    if (!other || !areOfOneKind(other, type)) return undefined;
    for (const [axis, capacity] of shape.entries()) {
      const [has = 0, number] = [other.shape[axis], extents?.[axis]];
      const fits = number === undefined ? has === capacity : has >= capacity;
      if (!fits || other.extents?.[axis] !== number) return undefined;
      most = Math.max(most, has / capacity);
    }
  }
  return most;
}
