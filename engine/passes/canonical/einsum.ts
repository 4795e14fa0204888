// An Einstein summation of two tensors is a matrix product between transposes and reshapes that cost nothing, or copy;
// of more tensors it is several of two. What is summed over in one tensor alone is a sum of that tensor.

import { stringAttribute } from '../../ir/attributes.ts';
import { attr } from '../../ir/graph.ts';
import { einsumPlan } from '../../ir/ops/linear-algebra/einsum.ts';
import type { Patch } from '../../ir/patch.ts';
import { elementCount, sameShape } from '../../ir/tensor.ts';
import type { Node, ValueId } from '../../ir/types.ts';
import { Rewrite } from '../rewrite.ts';

/** Of one or two tensors: sums of each by itself, then a transpose of the one, or a product of the two. */
export function canonicalEinsum(node: Node, patch: Patch): void {
  if (node.inputs.length > 2) inPairs(node, patch);
  const [output] = node.outputs;
  const given = node.inputs.flatMap(id => id ?? []);
  if (given.length > 2 || output === undefined || patch.get(output).dtype !== 'float32') return;
  if (!given.every(id => patch.get(id).shape)) return;
  const shapes = given.map(id => patch.get(id).shape ?? []);
  const plan = einsumPlan(stringAttribute(node, 'equation'), shapes);
  if (typeof plan === 'string') return;
  const extents = (labels: readonly number[]) => labels.map(label => plan.extents[label] ?? 1);
  // A label twice in a term is a diagonal.
  const repeated = plan.operands.some(own => new Set(own).size !== own.length);
  const stretched = plan.operands.some((own, i) => !sameShape(extents(own), shapes[i] ?? []));
  if (repeated || stretched) return;
  const results = plan.outputShape.map((_, label) => label);
  const summation = new Summation(new Rewrite(patch, node), extents);
  const [one, other] = given.map((id, i) => {
    const own = plan.operands[i] ?? [];
    const kept = [...results, ...plan.operands.filter(labels => labels !== own).flat()];
    return summation.summed({ id, labels: own }, kept);
  });
  if (one) summation.finish(other ? summation.product(one, other, results) : one, results);
}

/** A tensor, and a label for each of its axes. */
interface Term {
  readonly id: ValueId;
  readonly labels: readonly number[];
}

/** The steps of one node. */
class Summation {
  readonly #rewrite: Rewrite;
  readonly #extents: (labels: readonly number[]) => number[];

  constructor(rewrite: Rewrite, extents: (labels: readonly number[]) => number[]) {
    this.#rewrite = rewrite;
    this.#extents = extents;
  }

  /** Summed over what is not to be kept. */
  summed({ id, labels: own }: Term, kept: readonly number[]): Term {
    const labels = own.filter(label => kept.includes(label));
    if (labels.length === own.length) return { id, labels };
    const { patch, node } = this.#rewrite;
    const axes = own.flatMap((label, axis) => (kept.includes(label) ? [] : [axis]));
    const inputs = [id, patch.ints(`${node.name}/axes`, axes)];
    const type = { shape: this.#extents(labels) };
    return { id: this.#rewrite.step('ReduceSum', inputs, type, { keepdims: attr.int(0) }), labels };
  }

  /** Labels are sorted into batch (in both and in the result), rows, columns and those that are summed over. */
  product(one: Term, other: Term, results: readonly number[]): Term {
    const [a, b] = [one.labels, other.labels];
    const batch = results.filter(label => a.includes(label) && b.includes(label));
    const rows = results.filter(label => a.includes(label) && !b.includes(label));
    const columns = results.filter(label => b.includes(label) && !a.includes(label));
    const summed = a.filter(label => !results.includes(label));
    const outer = this.#extents(batch);
    const [m = 1, n = 1, k = 1] = [rows, columns, summed].map(labels => elementCount(this.#extents(labels)));
    const first = this.#shaped(this.#ordered(one, [...batch, ...rows, ...summed]), [...outer, m, k]);
    const second = this.#shaped(this.#ordered(other, [...batch, ...summed, ...columns]), [...outer, k, n]);
    const product = this.#rewrite.step('MatMul', [first, second], { shape: [...outer, m, n] });
    const labels = [...batch, ...rows, ...columns];
    return { id: this.#shaped(product, this.#extents(labels)), labels };
  }

  /** The node's output is this term, its axes in the order of these labels. */
  finish(term: Term, results: readonly number[]): void {
    const id = this.#ordered(term, results);
    const { node } = this.#rewrite;
    const isGiven = node.inputs.includes(id);
    const type = { shape: this.#extents(results) };
    this.#rewrite.finish(isGiven ? this.#rewrite.step('Identity', [id], type) : id);
  }

  #ordered({ id, labels }: Term, wanted: readonly number[]): ValueId {
    const permutation = wanted.map(label => labels.indexOf(label));
    if (permutation.every((axis, i) => axis === i)) return id;
    const type = { shape: this.#extents(wanted) };
    return this.#rewrite.step('Transpose', [id], type, { perm: attr.ints(permutation) });
  }

  #shaped(id: ValueId, shape: readonly number[]): ValueId {
    return sameShape(this.#rewrite.shape(id), shape) ? id : this.#rewrite.reshape(id, shape);
  }
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
