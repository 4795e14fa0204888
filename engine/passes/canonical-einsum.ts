// An Einstein summation of two tensors is a matrix product between transposes and reshapes that cost nothing, or copy.

import { stringAttribute } from '../ir/attributes.ts';
import { attr } from '../ir/graph.ts';
import { einsumPlan } from '../ir/ops/einsum.ts';
import type { Patch } from '../ir/patch.ts';
import { elementCount, sameShape } from '../ir/tensor.ts';
import type { Node, ValueId } from '../ir/types.ts';
import { Rewrite } from './rewrite.ts';

/** Labels are sorted into batch (in both and in the result), rows, columns and those that are summed over. */
export function canonicalEinsum(node: Node, patch: Patch): void {
  const [left, right] = node.inputs;
  const [output] = node.outputs;
  if (left === undefined || right === undefined || output === undefined || node.inputs.length !== 2) return;
  const shapes = [left, right].map(id => patch.get(id).shape ?? []);
  if (patch.get(output).dtype !== 'float32' || !patch.get(left).shape || !patch.get(right).shape) return;
  const plan = einsumPlan(stringAttribute(node, 'equation'), shapes);
  if (typeof plan === 'string') return;
  const [a = [], b = []] = plan.operands;
  const results = plan.outputShape.map((_, label) => label);
  const extents = (labels: readonly number[]) => labels.map(label => plan.extents[label] ?? 1);
  // A label twice in a term is a diagonal, one in a single operand but not the result a sum by itself.
  const repeated = [a, b].some(own => new Set(own).size !== own.length);
  const alone = plan.labels.some(
    (_, label) => !results.includes(label) && a.includes(label) !== b.includes(label),
  );
  const stretched = [a, b].some((own, i) => !sameShape(extents(own), shapes[i] ?? []));
  if (repeated || alone || stretched) return;
  const batch = results.filter(label => a.includes(label) && b.includes(label));
  const rows = results.filter(label => a.includes(label) && !b.includes(label));
  const columns = results.filter(label => b.includes(label) && !a.includes(label));
  const summed = a.filter(label => !results.includes(label));

  const rewrite = new Rewrite(patch, node);
  const ordered = (id: ValueId, own: readonly number[], wanted: readonly number[]): ValueId => {
    const permutation = wanted.map(label => own.indexOf(label));
    if (permutation.every((axis, i) => axis === i)) return id;
    return rewrite.step('Transpose', [id], { shape: extents(wanted) }, { perm: attr.ints(permutation) });
  };
  const shaped = (id: ValueId, shape: readonly number[]): ValueId =>
    sameShape(rewrite.shape(id), shape) ? id : rewrite.reshape(id, shape);
  const count = (labels: readonly number[]) => elementCount(extents(labels));
  const outer = extents(batch);
  const [m, n, k] = [count(rows), count(columns), count(summed)];
  const first = shaped(ordered(left, a, [...batch, ...rows, ...summed]), [...outer, m, k]);
  const second = shaped(ordered(right, b, [...batch, ...summed, ...columns]), [...outer, k, n]);
  const product = rewrite.step('MatMul', [first, second], { shape: [...outer, m, n] });
  const labels = [...batch, ...rows, ...columns];
  rewrite.finish(ordered(shaped(product, extents(labels)), labels, results));
}
