// Matrix products in two spellings: MatMul of tensors with at least two axes, and Gemm where the second matrix is
// constant, then with alpha = beta = 1, no transA, and at most a bias per column. Everything else is around them, and
// other types than float32 have no Gemm.

import { floatAttribute, intAttribute } from '../../ir/attributes.ts';
import { attr } from '../../ir/graph.ts';
import { fusedMatmulOrder } from '../../ir/ops/linear-algebra/matmul.ts';
import type { NodeDraft, Patch } from '../../ir/patch.ts';
import { elementCount, tensorOf } from '../../ir/tensor.ts';
import type { Constant, Node, Shape, ValueId } from '../../ir/types.ts';
import { deriveFloats } from '../derive.ts';
import type { PassContext } from '../pass.ts';
import { Rewrite } from '../rewrite.ts';

/** Y = alpha·op(A)·op(B) + beta·C. */
export function canonicalGemm(node: Node, patch: Patch, context: PassContext): void {
  const [a, b, c] = node.inputs;
  const [output] = node.outputs;
  if (a === undefined || b === undefined || output === undefined) return;
  const { dtype, shape } = patch.get(output);
  if (!dtype || !shape || !patch.get(a).shape || !patch.get(b).shape) return;
  const isFloat = dtype === 'float32';
  const alpha = floatAttribute(node, 'alpha', 1);
  const beta = floatAttribute(node, 'beta', 1);
  const transposesA = intAttribute(node, 'transA', 0) !== 0;
  // Whole numbers are scaled as floats are, and rounded.
  if (!isFloat && dtype !== 'float64' && (alpha !== 1 || beta !== 1)) return;
  const constantB = isFloat ? patch.get(b).constant : undefined;
  const bias = columnBias(patch, c, shape.at(-1) ?? 1);
  const plain = alpha === 1 && !transposesA && constantB !== undefined && (c === undefined || bias);
  if (plain && beta === 1) return;
  const drafts: NodeDraft[] = [];
  const step = (name: string, extents: Shape, draft: Omit<NodeDraft, 'outputs' | 'version'>): ValueId => {
    const value = patch.value({ name: `${node.name}/${name}`, dtype, shape: extents });
    drafts.push({ ...draft, outputs: [value], version: 13 });
    return value;
  };
  const transposed = (id: ValueId) => {
    const extents = [...(patch.get(id).shape ?? [])].reverse();
    return step('transposed', extents, {
      op: 'Transpose',
      inputs: [id],
      attributes: { perm: attr.ints([1, 0]) },
    });
  };
  const scaled = (id: ValueId, factor: number): ValueId => {
    if (factor === 1) return id;
    const { constant, shape: extents = [] } = patch.get(id);
    if (constant && isFloat) {
      return patch.constant(`${node.name}/scaled`, scaledConstant(constant, extents, factor, context));
    }
    const number = patch.constant(`${node.name}/factor`, tensorOf(dtype, [], [factor]));
    return step('scaled', extents, { op: 'Mul', inputs: [id, number] });
  };
  const left = transposesA ? transposed(a) : a;
  let product: ValueId;
  if (constantB) {
    const transB = attr.int(intAttribute(node, 'transB', 0));
    const columns = bias && c !== undefined ? [scaled(c, beta)] : [];
    const inputs = [left, scaled(b, alpha), ...columns];
    product = step('product', shape, { op: 'Gemm', inputs, attributes: { transB } });
  } else {
    const right = intAttribute(node, 'transB', 0) !== 0 ? transposed(b) : b;
    product = scaled(step('product', shape, { op: 'MatMul', inputs: [left, right] }), alpha);
  }
  if (c !== undefined && !(constantB && bias)) {
    product = step('sum', shape, { op: 'Add', inputs: [product, scaled(c, beta)] });
  }
  const last = drafts.pop();
  if (!last) throw new Error(`${node.name}: a Gemm became nothing`);
  patch.replace(node, [...drafts, { ...last, outputs: [output] }]);
}

/** Whether C is a constant with one number per column. */
function columnBias(patch: Patch, c: ValueId | undefined, columns: number): boolean {
  if (c === undefined) return false;
  const { constant, shape = [] } = patch.get(c);
  return constant !== undefined && elementCount(shape) === columns && shape.at(-1) === columns;
}

function scaledConstant(constant: Constant, shape: Shape, factor: number, { read }: PassContext): Constant {
  return deriveFloats(`times ${factor}`, shape, [constant], read, data => data.map(value => value * factor));
}

/** Vectors become matrices of one row or one column, with reshapes around the product. */
export function canonicalMatMul(node: Node, patch: Patch): void {
  const [a, b] = node.inputs;
  const [output] = node.outputs;
  if (a === undefined || b === undefined || output === undefined) return;
  const left = patch.get(a).shape;
  const right = patch.get(b).shape;
  const { dtype, shape } = patch.get(output);
  if (!left || !right || !shape || !dtype) return;
  if (left.length >= 2 && right.length >= 2) {
    asGemm(node, patch, a, b, output);
    return;
  }
  const drafts: NodeDraft[] = [];
  const reshaped = (id: ValueId, extents: Shape): ValueId => {
    const value = patch.value({ name: `${node.name}/matrix`, dtype, shape: extents });
    const target = patch.ints(`${node.name}/shape`, extents);
    drafts.push({ op: 'Reshape', version: 13, inputs: [id, target], outputs: [value] });
    return value;
  };
  const matrixA = left.length === 1 ? reshaped(a, [1, ...left]) : a;
  const matrixB = right.length === 1 ? reshaped(b, [...right, 1]) : b;
  const rows = left.length === 1 ? 1 : (left.at(-2) ?? 1);
  const columns = right.length === 1 ? 1 : (right.at(-1) ?? 1);
  const batch = shape.slice(0, shape.length - (left.length > 1 ? 1 : 0) - (right.length > 1 ? 1 : 0));
  const product = patch.value({ name: `${node.name}/product`, dtype, shape: [...batch, rows, columns] });
  drafts.push({ op: 'MatMul', inputs: [matrixA, matrixB], outputs: [product] });
  const target = patch.ints(`${node.name}/shape`, shape);
  drafts.push({ op: 'Reshape', version: 13, inputs: [product, target], outputs: [output] });
  patch.replace(node, drafts);
}

/** Two plain matrices, the second constant: the spelling that can carry a bias. */
function asGemm(node: Node, patch: Patch, a: ValueId, b: ValueId, output: ValueId): void {
  const left = patch.get(a);
  const right = patch.get(b);
  if (left.shape?.length !== 2 || right.shape?.length !== 2) return;
  if (!right.constant || left.dtype !== 'float32') return;
  patch.replace(node, [{ op: 'Gemm', version: 13, inputs: [a, b], outputs: [output], attributes: {} }]);
}

/** alpha · op(A) · op(B), where op orders the axes. */
export function canonicalFusedMatMul(node: Node, patch: Patch): void {
  const [a, b] = node.inputs;
  const [output] = node.outputs;
  if (a === undefined || b === undefined || output === undefined) return;
  const { shape, dtype } = patch.get(output);
  if (!patch.get(a).shape || !patch.get(b).shape || !shape || dtype !== 'float32') return;
  const rewrite = new Rewrite(patch, node);
  const side = (id: ValueId, name: 'A' | 'B'): ValueId => {
    const extents = rewrite.shape(id);
    const order = fusedMatmulOrder(node, name, extents.length);
    if (order.every((axis, i) => axis === i)) return id;
    const transposed = order.map(axis => extents[axis] ?? 1);
    return rewrite.step('Transpose', [id], { shape: transposed }, { perm: attr.ints(order) });
  };
  const product = rewrite.step('MatMul', [side(a, 'A'), side(b, 'B')], { shape });
  const alpha = floatAttribute(node, 'alpha', 1);
  rewrite.finish(alpha === 1 ? product : rewrite.apply('Mul', product, rewrite.number(alpha)));
}
