// How much of each step's results anybody needs where extents are known only at run time: asked from the end of the
// program backwards. A part is always the beginning of a buffer, because it is what lies below an extent of the
// outermost axis; a kernel whose results are needed up to there reads when it runs where to stop. Invariant: what
// nobody says of a buffer how much of it is needed is needed whole.

import { intsAttribute } from '../ir/attributes.ts';
import { isDynamic } from '../ir/dynamic.ts';
import { consumersOf, valueOf } from '../ir/graph.ts';
import { isFit } from '../ir/ops/control/bounded.ts';
import type { Graph, Node, ValueId } from '../ir/types.ts';
import { hiddenBy } from '../passes/bounded/mask.ts';
import { elementsPerPlace, type Front, frontsOf } from './fronts.ts';
import { limitedStep } from './limits.ts';
import type { SelectedGroup } from './select.ts';
import type { Wanted } from './spec/kernel.ts';
import type { StepDraft } from './step.ts';
import type { Storages } from './storage.ts';

/** The first `count` · `each` elements of a buffer. */
interface Part {
  /** an int64 scalar of the run */
  readonly count: ValueId;
  /** what it is at most */
  readonly capacity: number;
  readonly each: number;
}

type Need = Part | 'all';

const same = (a: Part, b: Part): boolean =>
  a.count === b.count && a.capacity === b.capacity && a.each === b.each;

/** The groups, with the number that says how many results are needed where that is not all of them. */
export function wantedGroups(
  graph: Graph,
  storages: Storages,
  groups: readonly SelectedGroup[],
): readonly SelectedGroup[] {
  if (!graph.nodes.some(({ op }) => isFit(op))) return groups;
  const drafts = groups.map(({ step }) => step);
  const steps = new Needs(graph, storages, drafts).steps();
  return groups.map(({ group, step }, at) => ({
    group,
    step: limitedStep(graph, storages, steps[at] ?? step),
  }));
}

class Needs {
  readonly #graph: Graph;
  readonly #storages: Storages;
  readonly #drafts: readonly StepDraft[];
  /** by owner */
  readonly #needs = new Map<ValueId, Need>();
  /** where a number is made */
  readonly #made = new Map<ValueId, number>();

  constructor(graph: Graph, storages: Storages, drafts: readonly StepDraft[]) {
    this.#graph = graph;
    this.#storages = storages;
    this.#drafts = drafts;
    drafts.forEach(({ writes }, at) => {
      for (const id of writes) this.#made.set(id, at);
    });
  }

  steps(): readonly StepDraft[] {
    for (const id of this.#graph.outputs) this.#needAll([id]);
    const steps = this.#drafts.map((draft, at) => [draft, at] as const);
    return steps
      .toReversed()
      .map(([draft, at]) => (draft.kind === 'kernel' ? this.#kernel(draft, at) : this.#interpreted(draft)))
      .toReversed();
  }

  #add(owner: ValueId, need: Need): void {
    const known = this.#needs.get(owner);
    const agrees = known === undefined || (known !== 'all' && need !== 'all' && same(known, need));
    this.#needs.set(owner, agrees ? need : 'all');
  }

  /** What is as long as the run says is as much as was cut of it. */
  #needAll(ids: readonly ValueId[]): void {
    for (const id of ids) {
      const owner = this.#storages.get(id)?.owner;
      if (owner !== undefined && !isDynamic(valueOf(this.#graph, id))) this.#add(owner, 'all');
    }
  }

  #interpreted(draft: Extract<StepDraft, { kind: 'reference' }>): StepDraft {
    const [whole, ...counts] = draft.node.inputs;
    if (!isFit(draft.node.op) || whole === undefined) this.#needAll(draft.reads);
    else if (counts.length > 0) {
      const axes = intsAttribute(draft.node, 'axes') ?? [];
      const storage = this.#storages.get(whole);
      const parts = axes.flatMap((axis, i) => this.#partOf(whole, axis, counts[i]) ?? []);
      if (storage) this.#add(storage.owner, parts[0] ?? 'all');
    }
    return draft;
  }

  /** Places below a count along an axis, where that is the outermost one of its buffer. */
  #partOf(id: ValueId, axis: number, count: ValueId | undefined): Part | undefined {
    const { shape = [] } = valueOf(this.#graph, id);
    const storage = this.#storages.get(id);
    const capacity = shape[axis];
    const each = storage && elementsPerPlace(storage, shape, axis);
    return count !== undefined && capacity && each ? { count, capacity, each } : undefined;
  }

  #kernel(draft: Extract<StepDraft, { kind: 'kernel' }>, at: number): StepDraft {
    const [spec, ...others] = draft.kernels;
    const fronts = spec && others.length === 0 ? frontsOf(spec) : undefined;
    const wanted = fronts && this.#wantedOf(fronts, at);
    const hidden = this.#hiddenIn(draft);
    const whole = new Set(draft.reads.flatMap(id => this.#storages.get(id)?.owner ?? []));
    for (const { owner, each } of (wanted && fronts?.reads) ?? []) {
      if (each === undefined || !wanted || hidden.has(owner)) continue;
      whole.delete(owner);
      this.#add(owner, { ...wanted, each: wanted.each * each });
    }
    for (const [owner, part] of hidden) {
      whole.delete(owner);
      this.#add(owner, part);
    }
    for (const owner of whole) this.#add(owner, 'all');
    if (!wanted || !fronts) return draft;
    const { count, capacity } = wanted;
    const owner = this.#storages.get(count)?.owner ?? count;
    const limit: Wanted = { count: { space: 'arena', id: owner }, capacity, axis: fronts.axis };
    return { ...draft, reads: [...new Set([...draft.reads, count])], wanted: limit };
  }

  /** Places of a kernel's outermost axis that are needed of all its results: so many for each of a count. */
  #wantedOf({ extent, writes }: Front, at: number): Part | undefined {
    const parts = writes.flatMap(({ owner, each }) => {
      const need = this.#needs.get(owner);
      if (need === undefined) return [];
      return need === 'all' || each === undefined ? [undefined] : [{ ...need, each: need.each / each }];
    });
    const [first] = parts;
    if (!first || !parts.every(part => part && same(part, first))) return undefined;
    const isMade = (this.#made.get(first.count) ?? Number.POSITIVE_INFINITY) < at;
    return isMade && Number.isInteger(first.each) && first.each * first.capacity === extent
      ? first
      : undefined;
  }

  /** Owners of what a step reads only to hide what lies beyond an extent. */
  #hiddenIn({ reads }: StepDraft): ReadonlyMap<ValueId, Part> {
    const found = new Map<ValueId, Part>();
    const others = new Set<ValueId>();
    for (const id of reads) {
      const owner = this.#storages.get(id)?.owner;
      if (owner === undefined) continue;
      const part = this.#hidden(id);
      if (part && !found.has(owner)) found.set(owner, part);
      else others.add(owner);
    }
    for (const owner of others) found.delete(owner);
    return found;
  }

  #hidden(id: ValueId): Part | undefined {
    const parts = consumersOf(this.#graph, id).map(node => this.#hiding(node, id));
    const [first] = parts;
    return first && parts.every(part => part && same(part, first)) ? first : undefined;
  }

  #hiding(node: Node, id: ValueId): Part | undefined {
    const hidden = hiddenBy(this.#graph, node);
    if (hidden?.kept !== id) return undefined;
    const { shape = [] } = valueOf(this.#graph, id);
    return this.#partOf(id, shape.length + hidden.axis, hidden.count);
  }
}
