// Inputs for a run that brings none: the same seed gives the same tensors in every process, whatever runs them.
// Floats are uniform in [−1, 1), bytes in [0, 256), booleans and other integers 0 or 1 (they are often indices).

import { allocate, dtypeInfo, isBig } from '../ir/dtypes.ts';
import { elementCount } from '../ir/tensor.ts';
import type { Dtype, Shape, Tensor } from '../ir/types.ts';
import { seededRandom } from '../random.ts';

/** An input that a tensor is made for. */
export interface InputDescription {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: Shape;
}

/** One tensor per input; each input's values depend on the seed and its position only. */
export function seededInputs(inputs: readonly InputDescription[], seed: number): Tensor[] {
  return inputs.map((input, index) => seededTensor(input.dtype, input.shape, seed * 1009 + index));
}

function seededTensor(dtype: Dtype, shape: Shape, seed: number): Tensor {
  const random = seededRandom(seed);
  const data = allocate(dtype, elementCount(shape));
  const { kind, bits } = dtypeInfo(dtype);
  const draw = (): number => {
    if (kind === 'float' || kind === 'complex') return 2 * random() - 1;
    return Math.floor(random() * (kind === 'uint' && bits === 8 ? 256 : 2));
  };
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    if (!isBig(dtype)) throw new Error(`${dtype} held as bigint`);
    for (let i = 0; i < data.length; i++) data[i] = BigInt(draw());
  } else if (ArrayBuffer.isView(data)) {
    for (let i = 0; i < data.length; i++) data[i] = draw();
  }
  return { dtype, shape, data };
}
