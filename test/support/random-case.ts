// Small models drawn from a seed: a test says which operators, the seed says sizes, parameters and data.

import { dtypeInfo } from '../../engine/ir/dtypes.ts';
import { elementCount, tensorOf } from '../../engine/ir/tensor.ts';
import type { Dtype, Shape, Tensor, ValueId } from '../../engine/ir/types.ts';
import { TestGraph } from './build-graph.ts';
import { Random } from './random.ts';

type Range = readonly [low: number, high: number];

/** What numbers are drawn from where a test doesn't say: all there are of narrow types. */
const RANGES: { readonly [D in Dtype]?: Range } = {
  uint4: [0, 15],
  int4: [-8, 7],
  uint8: [0, 255],
  int8: [-128, 127],
  int32: [-3000, 3000],
  float32: [-3, 3],
};

function rangeOf(dtype: Dtype): Range {
  const range = RANGES[dtype];
  if (!range) throw new Error(`say from where to draw ${dtype}`);
  return range;
}

/** A graph under way, the choices it is drawn with, and the tensors for its inputs, in their order. */
export class RandomCase extends Random {
  readonly graph = new TestGraph('drawn');
  readonly inputs: Tensor[] = [];

  input(dtype: Dtype, shape: Shape, [low, high] = rangeOf(dtype)): ValueId {
    this.inputs.push(this.tensor(dtype, shape, low, high));
    return this.graph.input(`x${this.inputs.length}`, dtype, shape);
  }

  constant(dtype: Dtype, shape: Shape, [low, high] = rangeOf(dtype)): ValueId {
    return this.graph.constant('c', this.tensor(dtype, shape, low, high));
  }

  /** Numbers of floats from [low, high), of other types whole ones from `low` to `high`. */
  tensor(dtype: Dtype, shape: Shape, low: number, high: number): Tensor {
    const real = dtypeInfo(dtype).kind === 'float';
    const number = (): number => (real ? low + this.next() * (high - low) : this.whole(low, high));
    return tensorOf(dtype, shape, Array.from({ length: elementCount(shape) }, number));
  }

  /** Scales of quantised numbers, around 0.02 × `size`. */
  scales(shape: Shape = [], size = 1): ValueId {
    return this.constant('float32', shape, [0.01 * size, 0.03 * size]);
  }

  /** A type that products are stored in. */
  stored(): Dtype {
    return this.one<Dtype>('uint8', 'int8');
  }
}
