// The constants of a recurrent layer as its two halves take them: those of the product over the input, with the biases
// that are merely added, and those of the recurrence; for all directions side by side, or for one.

import { intAttribute } from '../../ir/attributes.ts';
import type { ReadBytes } from '../../ir/constants/reading.ts';
import type { Shape, ValueId } from '../../ir/types.ts';
import { deriveFloats } from '../derive.ts';
import type { Rewrite } from '../rewrite.ts';
import type { RecurrentSizes } from './chunks.ts';

/** Constants of one direction, or of all side by side. */
export interface DirectionParameters {
  /** [features, directions · gate · hidden] */
  readonly weights: ValueId;
  readonly bias: ValueId | undefined;
  readonly recurrence: ValueId;
  /** the recurrence's bias of a gate that is reset behind its product */
  readonly inner: ValueId | undefined;
  readonly peepholes: ValueId | undefined;
}

/** A layer's constants in the form that the two halves take. */
export class RecurrentParameters {
  readonly resetAfter: boolean;
  readonly #rewrite: Rewrite;
  readonly #sizes: RecurrentSizes;
  readonly #read: ReadBytes;
  readonly #made = new Map<number, DirectionParameters>();

  constructor(rewrite: Rewrite, sizes: RecurrentSizes, read: ReadBytes) {
    const { node } = rewrite;
    this.resetAfter = node.op === 'GRU' && intAttribute(node, 'linear_before_reset', 0) !== 0;
    this.#rewrite = rewrite;
    this.#sizes = sizes;
    this.#read = read;
  }

  all(): DirectionParameters {
    return this.#make(0, this.#sizes.directions);
  }

  of(direction: number): DirectionParameters {
    const known = this.#made.get(direction) ?? this.#make(direction, 1);
    this.#made.set(direction, known);
    return known;
  }

  #make(from: number, count: number): DirectionParameters {
    const { directions, features, hidden, gates } = this.#sizes;
    const columns = count * gates * hidden;
    const own = (data: Float32Array): Float32Array => {
      const one = data.length / directions;
      return data.subarray(from * one, (from + count) * one);
    };
    const part = (index: number): ValueId | undefined => {
      const id = this.#rewrite.node.inputs[index];
      if (id === undefined || count === directions) return id;
      const [, ...others] = this.#rewrite.shape(id);
      return this.#derive(index, 'direction', [from, count], [count, ...others], data => own(data).slice());
    };
    const weights = this.#derive(1, 'input weights', [from, count], [features, columns], data =>
      transposed(own(data), columns, features),
    );
    const recurrence = part(2);
    if (weights === undefined || recurrence === undefined)
      throw new Error('a recurrent layer without weights');
    return {
      weights,
      recurrence,
      bias: this.#derive(3, 'bias', [from, count], [columns], data =>
        inputBias(own(data), count, gates, hidden, this.resetAfter),
      ),
      inner: this.resetAfter
        ? this.#derive(3, 'recurrence bias', [from, count], [count, hidden], data =>
            recurrenceBias(own(data), count, hidden),
          )
        : undefined,
      peepholes: part(7),
    };
  }

  #derive(
    index: number,
    name: string,
    part: readonly [from: number, count: number],
    shape: Shape,
    compute: (data: Float32Array) => Float32Array,
  ): ValueId | undefined {
    const { patch, node } = this.#rewrite;
    const id = node.inputs[index];
    const how = `${name} of ${node.op} ${this.resetAfter} ${part.join()}`;
    const constant = id === undefined ? undefined : patch.get(id).constant;
    if (!constant) return undefined;
    return patch.constant(`${node.name}/${name}`, deriveFloats(how, shape, [constant], this.#read, compute));
  }
}

function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = data[row * columns + column] ?? 0;
  return result;
}

/**
 * [direction][input | recurrence][gate][hidden] → [direction][gate][hidden], both added where the sum is all that
 * counts.
 */
function inputBias(
  data: Float32Array,
  directions: number,
  gates: number,
  hidden: number,
  resetAfter: boolean,
): Float32Array {
  const rows = gates * hidden;
  const joined = resetAfter ? rows - hidden : rows;
  return Float32Array.from({ length: directions * rows }, (_, i) => {
    const [direction, row] = [Math.floor(i / rows), i % rows];
    const own = data[2 * direction * rows + row] ?? 0;
    return row < joined ? own + (data[(2 * direction + 1) * rows + row] ?? 0) : own;
  });
}

/** The recurrence's bias of a GRU's last gate. */
function recurrenceBias(data: Float32Array, directions: number, hidden: number): Float32Array {
  return Float32Array.from(
    { length: directions * hidden },
    (_, i) => data[(6 * Math.floor(i / hidden) + 5) * hidden + (i % hidden)] ?? 0,
  );
}
