// Elementwise operators change places with what only moves elements, so that they stand beside the kernel that makes
// what they read, or that reads what they make, and can be part of it: f(M(x)) = M(f(x)). They move towards the kernel
// before them where there is one, otherwise towards the one behind. Operands that are constants move along, and so do
// tensors that lie in memory like what they meet there.

import { intAttribute, intsAttribute } from '../../ir/attributes.ts';
import type { ReadBytes } from '../../ir/constants/reading.ts';
import { attr, consumersOf, producerOf, valueOf } from '../../ir/graph.ts';
import { reshapedLayout, sameLayout, transposedLayout } from '../../ir/layout.ts';
import { type NodeDraft, Patch } from '../../ir/patch.ts';
import { printAttribute } from '../../ir/print.ts';
import { broadcastShapes, elementCount, normalizeAxis, sameShape } from '../../ir/tensor.ts';
import type { Graph, Node, Shape, ValueId } from '../../ir/types.ts';
import { type HasKernel, withLayouts } from '../layout/layout.ts';
import type { Pass } from '../pass.ts';
import { movedConstant } from './moved-constant.ts';

/** What a node runs as, as far as it matters here. */
export interface Role {
  readonly elementwise: boolean;
  /** a kernel that applies expressions to its results, or to what it reads */
  readonly post: boolean;
  readonly pre: boolean;
}
type RoleOf = (graph: Graph, node: Node) => Role;

/** Movements of all elements of one input: those that may cost nothing, and those that copy. */
const VIEWS: ReadonlySet<string> = new Set(['Reshape', 'Transpose']);
const COPIES: ReadonlySet<string> = new Set(['DepthToSpace', 'SpaceToDepth']);
const MOVEMENTS: ReadonlySet<string> = new Set([...VIEWS, ...COPIES, 'Expand', 'Concat']);
/** Integers are moved before they become floats, and are made of these as they are stored. */
const KEPT: ReadonlySet<string> = new Set([
  'DequantizeLinear',
  'QuantizeLinear',
  'com.microsoft.DequantizeLinear',
  'com.microsoft.QuantizeLinear',
]);
/** Each moves one operator of a row towards its reader: a kernel takes no more of them. */
const MOST_ROUNDS = 48;

/** The graph with the order in memory that each value will have. */
type InOrder = (graph: Graph) => Graph;

/** The pass; it does the same with fusion off, for it is no grouping. */
export function moveBesideKernels(roleOf: RoleOf, hasKernel: HasKernel): Pass {
  return {
    name: 'move beside kernels',
    run: (graph, { read, options }) => {
      const inOrder: InOrder = of => withLayouts(of, hasKernel, options);
      // A role depends on what a node reads, which nodes that stay keep.
      const known = new Map<Node, Role>();
      const role = (of: Graph, node: Node): Role => {
        const found = known.get(node) ?? roleOf(of, node);
        known.set(node, found);
        return found;
      };
      if (!hasNeighbours(graph, role)) return graph;
      let before = graph;
      for (let round = 0; round < MOST_ROUNDS; round++) {
        const after = new Round(before, role, read, inOrder).run();
        if (after === before) return after;
        before = after;
      }
      return before;
    },
  };
}

/** Whether elementwise operators stand beside what moves elements at all. */
function hasNeighbours(graph: Graph, roleOf: RoleOf): boolean {
  return graph.nodes.some(node => {
    if (!MOVEMENTS.has(node.op)) return false;
    const before = node.inputs.map(id => (id === undefined ? undefined : producerOf(graph, id)));
    const behind = node.outputs.flatMap(id => (id === undefined ? [] : consumersOf(graph, id)));
    return [...before, ...behind].some(other => other && roleOf(graph, other).elementwise);
  });
}

/** A value that a node like this one makes of another. */
interface Movement {
  readonly like: Node;
  readonly source: ValueId;
  readonly moved: ValueId;
}

/** Changes of one graph that do not touch each other. */
class Round {
  readonly #graph: Graph;
  readonly #read: ReadBytes;
  readonly #inOrder: InOrder;
  /** the graph with orders in memory, once they were asked for */
  #ordered: Graph | undefined;
  readonly #patch: Patch;
  readonly #roles: ReadonlyMap<Node, Role>;
  /** values that a kernel makes, or elementwise operators and movements behind one that nothing else reads */
  readonly #rooted = new Set<ValueId>();
  /** values that one kernel reads, behind views and elementwise operators that nothing else reads */
  readonly #awaited = new Set<ValueId>();
  readonly #touched = new Set<Node>();
  readonly #made = new Set<ValueId>();
  /** results that became movements in this round */
  readonly #movements = new Map<ValueId, Movement>();

  constructor(graph: Graph, roleOf: RoleOf, read: ReadBytes, inOrder: InOrder) {
    this.#graph = graph;
    this.#read = read;
    this.#inOrder = inOrder;
    this.#patch = new Patch(graph);
    this.#roles = new Map(graph.nodes.map(node => [node, roleOf(graph, node)]));
    for (const node of graph.nodes) if (this.#isRooted(node)) this.#add(this.#rooted, node.outputs);
    for (const node of graph.nodes.toReversed())
      if (this.#awaits(node)) this.#add(this.#awaited, node.inputs);
  }

  run(): Graph {
    for (const node of this.#graph.nodes) {
      const [output] = node.outputs;
      if (KEPT.has(node.op) || !this.#isElementwise(node) || output === undefined) continue;
      const changed =
        this.#withoutExpand(node, output) ||
        this.#beforeExpand(node, output) ||
        this.#towardsProducer(node, output) ||
        this.#intoParts(node, output);
      if (!changed) this.#towardsReader(node, output);
    }
    return this.#patch.build();
  }

  #add(set: Set<ValueId>, ids: readonly (ValueId | undefined)[]): void {
    for (const id of ids) if (id !== undefined) set.add(id);
  }

  #isElementwise(node: Node): boolean {
    return this.#roles.get(node)?.elementwise ?? false;
  }

  #isRooted(node: Node): boolean {
    if (this.#roles.get(node)?.post) return true;
    const [output] = node.outputs;
    if (output === undefined || !this.#passes(node)) return false;
    const count = elementCount(this.#shape(output));
    return node.inputs.some(
      id =>
        id !== undefined &&
        this.#rooted.has(id) &&
        this.#staysIn(id) &&
        elementCount(this.#shape(id)) === count,
    );
  }

  #passes(node: Node): boolean {
    return this.#isElementwise(node) || VIEWS.has(node.op) || COPIES.has(node.op);
  }

  /** Whether all that reads the value could be part of the kernel that makes it: what waits for others could not. */
  #staysIn(id: ValueId): boolean {
    return consumersOf(this.#graph, id).every(reader => this.#passes(reader));
  }

  #awaits(node: Node): boolean {
    const [output] = node.outputs;
    const passes = this.#isElementwise(node) || VIEWS.has(node.op);
    return (
      this.#roles.get(node)?.pre ||
      (passes && output !== undefined && this.#awaited.has(output) && this.#isReadOnce(output))
    );
  }

  #isReadOnce(id: ValueId): boolean {
    return consumersOf(this.#graph, id).length === 1 && !this.#graph.outputs.includes(id);
  }

  #shape(id: ValueId): Shape {
    return this.#patch.get(id).shape ?? [];
  }

  #take(...nodes: readonly Node[]): boolean {
    if (nodes.some(node => this.#touched.has(node))) return false;
    for (const node of nodes) this.#touched.add(node);
    return true;
  }

  /** A value like another one, of this shape. */
  #like(id: ValueId, shape: Shape): ValueId {
    const { dtype, name } = this.#patch.get(id);
    return this.#patch.value({ name: `${name}/moved`, shape, ...(dtype && { dtype }) });
  }

  /** An operand is broadcast as it is read: nothing has to be expanded for it. */
  #withoutExpand(node: Node, output: ValueId): boolean {
    for (const [index, id] of node.inputs.entries()) {
      const before = id === undefined ? undefined : producerOf(this.#graph, id);
      const [source] = before?.op === 'Expand' ? before.inputs : [];
      if (source === undefined) continue;
      const inputs = node.inputs.with(index, source);
      const shape = broadcastShapes(...inputs.flatMap(one => (one === undefined ? [] : [this.#shape(one)])));
      if (!shape || !sameShape(shape, this.#shape(output)) || !this.#take(node)) continue;
      this.#patch.replace(node, [{ op: node.op, inputs, outputs: [output] }]);
      return true;
    }
    return false;
  }

  /** f(Expand(x)) → Expand(f(x)): less is computed, and what reads it may broadcast as it reads. */
  #beforeExpand(node: Node, output: ValueId): boolean {
    const sources = node.inputs.map(id => {
      const before = id === undefined ? undefined : producerOf(this.#graph, id);
      return before?.op === 'Expand' ? before.inputs[0] : id;
    });
    const at = sources.findIndex((id, index) => id !== node.inputs[index]);
    const expanded = node.inputs[at];
    const expand = expanded === undefined ? undefined : producerOf(this.#graph, expanded);
    if (node.outputs.length > 1 || !expand) return false;
    const target = this.#shape(output);
    const shape = broadcastShapes(...sources.flatMap(id => (id === undefined ? [] : [this.#shape(id)])));
    if (!shape || elementCount(shape) >= elementCount(target) || !this.#take(node)) return false;
    const made = this.#like(output, shape);
    const extents = this.#patch.ints(`${node.name}/extents`, target);
    this.#patch.replace(node, [
      { op: node.op, inputs: sources, outputs: [made] },
      {
        ...{ op: 'Expand', version: 13, inputs: [made, extents], outputs: [output], attributes: {} },
        of: expand,
      },
    ]);
    return true;
  }

  /** f(M(x)) → M(f(x)), where a kernel makes x. */
  #towardsProducer(node: Node, output: ValueId): boolean {
    const shape = this.#shape(output);
    const movements = node.inputs.map(id => this.#movementOf(id, node, shape));
    const first = movements.find(movement => movement !== undefined);
    const rooted = movements.some(movement => movement && this.#rooted.has(movement.source));
    if (!first || !rooted) return false;
    const { like } = first;
    const target = this.#shape(first.source);
    const drafts: NodeDraft[] = [];
    const inputs = node.inputs.map((id, index) => {
      const movement = movements[index];
      if (movement) return this.#isAlike(movement, first) ? movement.source : undefined;
      if (id === undefined) return undefined;
      if (this.#patch.get(id).constant)
        return movedConstant(this.#patch, id, { shape, target, back: like }, this.#read);
      const back = this.#backwards(id, first, shape);
      if (back) drafts.push(back);
      return back?.outputs[0];
    });
    if (isLost(node, inputs) || !this.#take(node)) return false;
    const made = this.#like(output, target);
    this.#rooted.add(made);
    this.#made.add(made);
    this.#movements.set(output, { like, source: made, moved: output });
    const { op, version, attributes } = like;
    this.#patch.replace(node, [
      ...drafts,
      { op: node.op, inputs, outputs: [made] },
      { op, version, attributes, inputs: [made, ...like.inputs.slice(1)], outputs: [output], of: like },
    ]);
    return true;
  }

  /**
   * The view of a tensor that meets the source of a movement element by element as the tensor meets what was moved;
   * undefined where it would not lie in memory as the source does, or could follow the kernel that makes it.
   */
  #backwards(id: ValueId, { like, source }: Movement, shape: Shape): NodeDraft | undefined {
    const follows = this.#rooted.has(id) && this.#isReadOnce(id);
    if (!VIEWS.has(like.op) || follows || !sameShape(this.#shape(id), shape)) return undefined;
    this.#ordered ??= this.#inOrder(this.#graph);
    const [own, other] = [this.#ordered.values[id], this.#ordered.values[source]];
    const target = this.#shape(source);
    if (!own || !other) return undefined;
    const order = (intsAttribute(like, 'perm') ?? [...shape.keys()].reverse()).entries();
    const perm = [...order].sort(([, a], [, b]) => a - b).map(([axis]) => axis);
    const layout =
      like.op === 'Transpose'
        ? transposedLayout(shape, own.layout, perm)
        : reshapedLayout(shape, own.layout, target);
    if (layout === 'copy' || !sameLayout(target, layout, other.layout)) return undefined;
    const outputs = [this.#like(id, target)];
    return like.op === 'Transpose'
      ? { op: 'Transpose', version: 13, inputs: [id], outputs, attributes: { perm: attr.ints(perm) } }
      : {
          ...{ op: 'Reshape', version: 13, outputs, attributes: {} },
          inputs: [id, this.#patch.ints(`${like.name}/back`, target)],
        };
  }

  /** What moves all elements of an operand to this shape, for this reader alone where it copies them. */
  #movementOf(id: ValueId | undefined, reader: Node, shape: Shape): Movement | undefined {
    const node = id === undefined ? undefined : producerOf(this.#graph, id);
    if (!node || id === undefined || !sameShape(this.#shape(id), shape)) return undefined;
    const [source] = node.inputs;
    const movement = this.#movements.get(id) ?? (source !== undefined && { like: node, source, moved: id });
    if (!movement) return undefined;
    const { op } = movement.like;
    const readers = consumersOf(this.#graph, id);
    const others = readers.some(other => other !== reader) || this.#graph.outputs.includes(id);
    if (COPIES.has(op)) return others ? undefined : movement;
    return VIEWS.has(op) && this.#isFor(movement, readers) ? movement : undefined;
  }

  /**
   * Whether what is moved, seen as it is or moved, is read by elementwise operators only: they all go before the
   * movement, and it is not stored for others. What was made in this round is.
   */
  #isFor({ source, moved }: Movement, readers: readonly Node[]): boolean {
    const alone = this.#made.has(source) || this.#isReadOnce(source);
    const elementwise = readers.every(reader => this.#isElementwise(reader));
    return alone && elementwise && !this.#graph.outputs.includes(moved);
  }

  /** Whether two movements put elements in the same places. */
  #isAlike(a: Movement, b: Movement): boolean {
    const how = ({ like: { op, attributes }, source, moved }: Movement): string => {
      const texts = Object.entries(attributes).map(([name, value]) => `${name}=${printAttribute(value)}`);
      return [op, ...texts.sort(), this.#shape(source), this.#shape(moved)].join(' ');
    };
    return a === b || how(a) === how(b);
  }

  /** f(Concat(x, y)) → Concat(f(x), f(y)), where kernels make x and y for it alone. */
  #intoParts(node: Node, output: ValueId): boolean {
    const at = node.inputs.findIndex(id => id !== undefined && !this.#patch.get(id).constant);
    const whole = node.inputs[at];
    const concat = whole === undefined ? undefined : producerOf(this.#graph, whole);
    if (concat?.op !== 'Concat' || whole === undefined || !this.#isReadOnce(whole)) return false;
    const shape = this.#shape(whole);
    const axis = normalizeAxis(intAttribute(concat, 'axis', 0), shape.length);
    const alike = (id: ValueId | undefined, index: number): boolean => {
      if (index === at || id === undefined) return true;
      const { constant, shape: own = [] } = this.#patch.get(id);
      const along = own[axis - (shape.length - own.length)] ?? 1;
      return constant !== undefined && along === 1 && own.length <= shape.length;
    };
    const parts = concat.inputs.filter(id => id !== undefined);
    const alone = parts.every(id => this.#rooted.has(id) && this.#isReadOnce(id));
    if (!alone || !node.inputs.every(alike) || !sameShape(shape, this.#shape(output))) return false;
    if (!this.#take(node, concat)) return false;
    const { op, version, attributes } = concat;
    const made = parts.map(id => {
      const { dtype } = this.#patch.get(output);
      return this.#patch.value({
        name: `${this.#patch.get(id).name}/${node.op}`,
        shape: this.#shape(id),
        ...(dtype && { dtype }),
      });
    });
    this.#patch.replace(node, [
      ...parts.map((id, index) => ({
        op: node.op,
        inputs: node.inputs.with(at, id),
        outputs: [made[index]],
      })),
      { op, version, attributes, inputs: made, outputs: [output], of: concat },
    ]);
    return true;
  }

  /** M(f(x)) → f(M(x)), where no kernel makes x, and one reads the result. */
  #towardsReader(node: Node, output: ValueId): void {
    const [movement] = consumersOf(this.#graph, output);
    const [moved] = movement?.outputs ?? [];
    const awaited = this.#awaited.has(output) && this.#isReadOnce(output);
    if (!movement || moved === undefined || !VIEWS.has(movement.op) || !awaited) return;
    if (node.inputs.some(id => id !== undefined && this.#rooted.has(id))) return;
    const [shape, target] = [this.#shape(output), this.#shape(moved)];
    if (!this.#allFollow(node, shape)) return;
    const { version, attributes } = node;
    const drafts: NodeDraft[] = [];
    const inputs = node.inputs.map(id => {
      if (id === undefined) return undefined;
      if (valueOf(this.#graph, id).constant)
        return movedConstant(this.#patch, id, { shape, target, along: movement }, this.#read);
      if (!sameShape(this.#shape(id), shape)) return undefined;
      const operand = this.#like(id, target);
      const from = [id, ...movement.inputs.slice(1)];
      drafts.push({ op: movement.op, inputs: from, outputs: [operand], attributes: movement.attributes });
      return operand;
    });
    if (isLost(node, inputs) || drafts.length === 0 || !this.#take(node, movement)) return;
    const last = { op: node.op, version, attributes, inputs, outputs: [moved], of: node };
    this.#patch.replace(movement, [...drafts, last]);
  }

  /**
   * Whether the operators before it that it would be computed with can go where it goes: those that stay are a kernel
   * all the same, in which it costs nothing, and the kernel behind would read more.
   */
  #allFollow(node: Node, shape: Shape): boolean {
    return node.inputs.every(id => {
      if (id === undefined || valueOf(this.#graph, id).constant) return true;
      if (!sameShape(this.#shape(id), shape)) return false;
      const before = producerOf(this.#graph, id);
      const isApart = !before || KEPT.has(before.op) || !this.#isElementwise(before) || !this.#isReadOnce(id);
      return isApart || this.#allFollow(before, shape);
    });
  }
}

/** Whether an operand has no counterpart. */
const isLost = (node: Node, inputs: readonly (ValueId | undefined)[]): boolean =>
  inputs.some((id, index) => id === undefined && node.inputs[index] !== undefined);
