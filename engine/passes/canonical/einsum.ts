// An Einstein summation of two tensors is a matrix product between transposes and reshapes that cost nothing, or copy;
// of more tensors it is several of two.

import { stringAttribute } from '../../ir/attributes.ts';
import { attr } from '../../ir/graph.ts';
import { einsumPlan } from '../../ir/ops/linear-algebra/einsum.ts';
import type { Patch } from '../../ir/patch.ts';
import { elementCount, sameShape } from '../../ir/tensor.ts';
import type { Node, ValueId } from '../../ir/types.ts';
import { Rewrite } from '../rewrite.ts';

/** Labels are sorted into batch (in both and in the result), rows, columns and those that are summed over. */
export function canonicalEinsum(node: Node, patch: Patch): void {
  const [left, right] = node.inputs;
  const [output] = node.outputs;
  if (node.inputs.length > 2) inPairs(node, patch);
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

/** Labels have one letter each; more than there are never occurs with extents that fit into memory. */
const LETTERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/**
 * Several tensors are summed two at a time, those first whose result is smallest: labels that nobody else has are
 * gone after each pair.
 */
function inPairs(node: Node, patch: Patch): void {
  const given = node.inputs.flatMap(id => id ?? []);
  const [output] = node.outputs;
  const shapes = given.map(id => patch.get(id).shape ?? []);
  if (output === undefined || patch.get(output).dtype !== 'float32') return;
  const plan = einsumPlan(stringAttribute(node, 'equation'), shapes);
  if (typeof plan === 'string' || plan.labels.length > LETTERS.length) return;
  const extents = (labels: readonly number[]) => labels.map(label => plan.extents[label] ?? 1);
  // A label twice in a term, or an extent of 1 where others have more, is left to the interpreter.
  const isPlain = plan.operands.every(
    (own, i) => new Set(own).size === own.length && sameShape(extents(own), shapes[i] ?? []),
  );
  if (!isPlain) return;
  const results = plan.outputShape.map((_, label) => label);
  const text = (labels: readonly number[]) => labels.map(label => LETTERS[label]).join('');
  const rewrite = new Rewrite(patch, node);
  let left: readonly Term[] = given.map((id, i) => ({ id, labels: plan.operands[i] ?? [] }));
  while (left.length > 1) {
    const { pair, labels } = cheapestPair(left, results, extents);
    const [a, b] = pair;
    const equation = `${text(a.labels)},${text(b.labels)}->${text(labels)}`;
    const id = rewrite.step(
      'Einsum',
      [a.id, b.id],
      { shape: extents(labels) },
      { equation: attr.string(equation) },
    );
    left = [...left.filter(term => term !== a && term !== b), { id, labels }];
  }
  const [last] = left;
  if (last) rewrite.finish(last.id);
}

interface Term {
  readonly id: ValueId;
  readonly labels: readonly number[];
}

/** The two whose sum over what only they have is smallest, and its labels: the result's own where they are the last. */
function cheapestPair(
  terms: readonly Term[],
  results: readonly number[],
  extents: (labels: readonly number[]) => number[],
): { readonly pair: readonly [Term, Term]; readonly labels: readonly number[] } {
  const pairs = terms.flatMap((a, i) =>
    terms.slice(i + 1).map(b => {
      const wanted = new Set([
        ...results,
        ...terms.flatMap(term => (term === a || term === b ? [] : term.labels)),
      ]);
      const kept = [...new Set([...a.labels, ...b.labels])].filter(label => wanted.has(label));
      const labels = terms.length === 2 ? results : kept;
      return { pair: [a, b] as const, labels, size: elementCount(extents(labels)) };
    }),
  );
  return pairs.reduce((best, other) => (other.size < best.size ? other : best));
}
