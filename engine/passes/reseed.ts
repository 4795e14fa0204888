// Weights for models that were published without any: every float32 constant whose elements are all equal is replaced
// by seeded values, He-scaled where it is a weight (variance 2 / fan-in: He et al. 2015, arXiv 1502.01852), so that
// outputs depend on every weight and stay finite. The result is an ordinary graph: other engines can run it too.

import { loadConstant, type ReadBytes } from '../ir/constant.ts';
import { Patch } from '../ir/patch.ts';
import { elementCount } from '../ir/tensor.ts';
import type { Constant, Graph, Node, Shape, Tensor, Value } from '../ir/types.ts';

/** Larger ones than this are made anew whenever they are asked for. */
const KEPT_ELEMENTS = 65_536;

/** A graph with inferred shapes → the same graph with seeded weights. The same seed gives the same values. */
export function reseed(graph: Graph, seed: number, read: ReadBytes): Graph {
  const patch = new Patch(graph);
  const makers = new Map<number, Node>();
  for (const node of graph.nodes) {
    const [output] = node.outputs;
    if (node.op === 'ConstantOfShape' && output !== undefined) makers.set(output, node);
  }
  for (const value of graph.values) {
    if (!value?.shape || value.dtype !== 'float32' || elementCount(value.shape) < 2) continue;
    const maker = makers.get(value.id);
    const isWeight = maker !== undefined || (value.constant !== undefined && isSplat(value.constant, read));
    if (!isWeight) continue;
    patch.update(value.id, { constant: seeded(value.shape, seed, value) });
    if (maker) patch.replace(maker, []);
  }
  return patch.build();
}

function isSplat(constant: Constant, read: ReadBytes): boolean {
  const { data } = loadConstant(constant, read);
  for (let i = 1; i < data.length; i++) if (data[i] !== data[0]) return false;
  return true;
}

function seeded(shape: Shape, seed: number, value: Value): Constant {
  const compute = (): Tensor => ({ dtype: 'float32', shape, data: numbers(shape, seed * 65_537 + value.id) });
  return elementCount(shape) <= KEPT_ELEMENTS
    ? { kind: 'inline', tensor: compute() }
    : { kind: 'computed', dtype: 'float32', shape, compute };
}

/**
 * Matrices and kernels are uniform with variance 2 / fan-in around 0. Vectors are positive and near 1, which suits
 * all that they are used for: scales, variances, means and biases.
 */
function numbers(shape: Shape, seed: number): Float32Array {
  const count = elementCount(shape);
  const fanIn = count / Math.max(1, shape[0] ?? 1);
  const isVector = shape.filter(extent => extent > 1).length <= 1;
  const half = isVector ? 0.25 : Math.sqrt(6 / fanIn);
  const middle = isVector ? 0.75 : 0;
  const data = new Float32Array(count);
  // A linear congruential generator (Numerical Recipes' constants): fast, and enough for weights.
  let state = seed | 0;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    data[i] = middle + half * (state / 2 ** 31);
  }
  return data;
}
