// Writing out one quantised operator: stored numbers become real ones, and results are rounded and stored again.

import { loadConstant } from '../../ir/constants/constant.ts';
import type { ReadBytes } from '../../ir/constants/reading.ts';
import { integerRange } from '../../ir/dtypes.ts';
import type { Patch } from '../../ir/patch.ts';
import { elementCount, normalizeAxis, tensorOf } from '../../ir/tensor.ts';
import type { Constant, Dtype, Node, Shape, Tensor, ValueId } from '../../ir/types.ts';
import { SMALL } from '../derive.ts';
import type { PassContext } from '../pass.ts';
import { Rewrite } from '../rewrite.ts';

/** A tensor of stored numbers with what they mean. */
export interface Quantised {
  readonly stored: ValueId;
  readonly scale: ValueId;
  readonly zero: ValueId | undefined;
  /** axis that scale and zero point have an element each for, unless they have but one */
  readonly axis: number;
}

/** A rewrite with the arithmetic of quantised numbers. */
export class Quantising extends Rewrite {
  readonly read: ReadBytes;

  constructor(patch: Patch, node: Node, { read }: PassContext) {
    super(patch, node);
    this.read = read;
  }

  /** Inputs index, index + 1 and index + 2: stored numbers, scale, zero point. */
  quantised(index: number, axis = 0): Quantised {
    const [stored, scale] = [this.input(index), this.input(index + 1)];
    return { stored, scale, zero: this.node.inputs[index + 2], axis };
  }

  /** Parameters of one axis, aligned with a tensor of this shape; a single one is a scalar. */
  aligned(parameters: ValueId, shape: Shape, axis: number): ValueId {
    const count = elementCount(this.shape(parameters));
    if (count === 1 && this.shape(parameters).length === 0) return parameters;
    const target =
      count === 1 ? [] : [count, ...shape.slice(normalizeAxis(axis, shape.length) + 1).map(() => 1)];
    const { constant, name } = this.patch.get(parameters);
    if (!constant) return this.reshape(parameters, target);
    const tensor = loadConstant(constant, this.read);
    return this.patch.constant(`${name}/aligned`, { ...tensor, shape: target });
  }

  /** Stored numbers less their zero point, as float32. */
  centred({ stored, zero, axis }: Omit<Quantised, 'scale'>): ValueId {
    const { constant, name, shape = [] } = this.patch.get(stored);
    const known = zero === undefined ? undefined : this.patch.get(zero).constant;
    if (constant && (zero === undefined || known)) {
      const zeros = known && loadConstant(known, this.read);
      return this.patch.constant(`${name}/centred`, centredConstant(constant, shape, zeros, axis, this.read));
    }
    const numbers = this.cast(stored, 'float32');
    if (zero === undefined || (known && isZero(loadConstant(known, this.read)))) return numbers;
    return this.apply('Sub', numbers, this.float(this.aligned(zero, shape, axis)));
  }

  /** Parameters as float32; constants are converted now. */
  float(parameters: ValueId): ValueId {
    const { constant, name, dtype } = this.patch.get(parameters);
    if (dtype === 'float32') return parameters;
    if (!constant) return this.cast(parameters, 'float32');
    const { shape, data } = loadConstant(constant, this.read);
    return this.patch.constant(`${name}/float32`, tensorOf('float32', shape, Array.from(data, Number)));
  }

  /** The real numbers a quantised tensor stands for. */
  real(of: Quantised): ValueId {
    const scale = this.aligned(of.scale, this.shape(of.stored), of.axis);
    return this.apply('Mul', this.centred(of), scale);
  }

  /** Real numbers divided by the scale already, rounded to even and held in the type's range. */
  stored(scaled: ValueId, zero: ValueId | undefined, dtype: Dtype, axis = 0): ValueId {
    return this.clipped(this.#moved(this.apply('Round', scaled), zero, axis), dtype);
  }

  #moved(numbers: ValueId, zero: ValueId | undefined, axis: number): ValueId {
    const known = zero === undefined ? undefined : this.patch.get(zero).constant;
    const still = zero === undefined || (known && isZero(loadConstant(known, this.read)));
    return still
      ? numbers
      : this.apply('Add', numbers, this.float(this.aligned(zero, this.shape(numbers), axis)));
  }

  clipped(numbers: ValueId, dtype: Dtype): ValueId {
    const [low, high] = integerRange(dtype);
    const held = this.step('Clip', [numbers, this.number(low), this.number(high)], {
      shape: this.shape(numbers),
    });
    return this.cast(held, dtype);
  }

  /**
   * Quantises real numbers with the scale and zero point at these inputs, as the node's output. `late`: rounded when
   * the zero point is added, which decides about numbers half way between two.
   */
  finishReal(real: ValueId, scale: number, late = false): void {
    const scaled = this.apply('Div', real, this.aligned(this.input(scale), this.shape(real), 0));
    const zero = this.node.inputs[scale + 1];
    if (!late) this.finish(this.stored(scaled, zero, this.outputDtype));
    else this.finish(this.clipped(this.apply('Round', this.#moved(scaled, zero, 0)), this.outputDtype));
  }

  get outputDtype(): Dtype {
    const [output] = this.node.outputs;
    const { dtype } = output === undefined ? {} : this.patch.get(output);
    if (!dtype) throw new Error(`${this.node.name}: no type of the output`);
    return dtype;
  }
}

const isZero = ({ data }: Tensor): boolean => Array.from(data, Number).every(number => number === 0);

function centredConstant(
  constant: Constant,
  shape: Shape,
  zeros: Tensor | undefined,
  axis: number,
  read: ReadBytes,
): Constant {
  const compute = (from: ReadBytes): Tensor => {
    const data = Float32Array.from(loadConstant(constant, from).data as ArrayLike<number>);
    if (zeros && !isZero(zeros)) {
      const zero = Array.from(zeros.data, Number);
      const inner = elementCount(shape.slice(normalizeAxis(axis, shape.length) + 1));
      for (let i = 0; i < data.length; i++) {
        const at = zero.length === 1 ? 0 : Math.floor(i / inner) % zero.length;
        data[i] = (data[i] ?? 0) - (zero[at] ?? 0);
      }
    }
    return { dtype: 'float32', shape, data };
  };
  return elementCount(shape) <= SMALL
    ? { kind: 'inline', tensor: compute(read) }
    : { kind: 'computed', dtype: 'float32', shape, compute };
}
