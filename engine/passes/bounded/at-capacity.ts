// What is parallel along run-time extents is computed on memory of fixed capacity, with the kernels, fusion and plan
// that everything else has: results within the extent are right, those beyond it are nobody's. Where such a part
// begins, values are continued to their capacity; where it ends, they are cut to the extent of the run. What lies
// beyond and would count (in a sum, say) is masked with what counts nothing.

import { dtypeInfo } from '../../ir/dtypes.ts';
import { attr, capturesOf, valueOf } from '../../ir/graph.ts';
import { findOperator } from '../../ir/ops/index.ts';
import { LENIENT } from '../../ir/ops/movement/gather.ts';
import { type NodeDraft, Patch } from '../../ir/patch.ts';
import { elementCount, tensorBytes, tensorOf } from '../../ir/tensor.ts';
import type { Dtype, Graph, Node, Shape, Value, ValueId } from '../../ir/types.ts';
import { GraphComposer, type GraphValue } from '../expand.ts';
import type { Pass } from '../pass.ts';
import { isLowered } from '../quantised/lower-quantised.ts';
import { type Extent, type Extents, keyOf } from './extent.ts';
import type { Mask, RunTimeExtents } from './operands.ts';
import { type ParallelPart, parallelPart } from './parallel-part.ts';

/** What one part may take and do beyond its extents; what needs more waits for extents that say how much it is. */
const MOST_BYTES = 2 ** 26;
const MOST_FLOPS = 2e8;
const WHERE_VERSION = 16;
const AND_VERSION = 7;

/** What the pass asks of later parts of the compiler. */
export interface CapacityPorts {
  /** at capacity, interpreted nodes would only be slower */
  readonly hasKernel: (graph: Graph, node: Node) => boolean;
  /** operations of a node, by its shapes */
  readonly flops: (graph: Graph, node: Node) => number;
}

/** The pass, with what it asks of later parts of the compiler. */
export function atCapacity(ports: CapacityPorts): Pass {
  return {
    name: 'bounded dimensions',
    run: (graph, { options }) => {
      if (options.reference) return graph;
      const part = parallelPart(graph);
      const chosen = chosenNodes(graph, part, ports);
      return chosen.size === 0 ? graph : new Rewriting(graph, part, chosen).run();
    },
  };
}

const idsOf = (ids: readonly (ValueId | undefined)[]): ValueId[] => ids.filter(id => id !== undefined);

/** Nodes that are computed at capacity: connected parts in which that saves more than what it costs beyond extents. */
function chosenNodes(
  graph: Graph,
  part: ParallelPart,
  { hasKernel, flops }: CapacityPorts,
): ReadonlySet<Node> {
  const candidates = new Set([...part.nodes.keys()].filter(node => fits(graph, part, node, hasKernel)));
  const chosen = new Set<Node>();
  for (const members of components(part, candidates)) {
    const whole = [...members].filter(node => !isCut(graph, part, node));
    const isSmall = whole.reduce((sum, node) => sum + flops(graph, node), 0) <= MOST_FLOPS;
    const affordable = isSmall && bytesOf(graph, members) <= MOST_BYTES;
    const isChosen = isTight(graph, part, members) || (affordable && isWorthwhile(part, members));
    if (isChosen) for (const node of members) chosen.add(node);
  }
  return chosen;
}

/** Whether kernels can leave out what lies beyond the extent: where it is that of the outermost axis of the results. */
const isCut = (graph: Graph, part: ParallelPart, node: Node): boolean =>
  idsOf(node.outputs).every(id => {
    const outermost = (valueOf(graph, id).shape ?? []).findIndex(extent => extent > 1);
    return part.extents.get(id)?.[outermost] !== undefined;
  });

/** Families that passes turn into operators with kernels. */
const REWRITTEN = new Set([
  'convolution',
  'matmul',
  'pooling',
  'normalization',
  'reduction',
  'recurrent',
  'attention',
]);

function isRewritten(graph: Graph, node: Node): boolean {
  const { expand, kind = '' } = findOperator(node.op, node.version) ?? {};
  const floats = idsOf([...node.inputs, ...node.outputs]).every(id => valueOf(graph, id).dtype === 'float32');
  return expand !== undefined || isLowered(node.op) || (floats && REWRITTEN.has(kind));
}

function fits(graph: Graph, part: ParallelPart, node: Node, hasKernel: CapacityPorts['hasKernel']): boolean {
  const values = idsOf([...node.inputs, ...node.outputs]).map(id => valueOf(graph, id));
  const sound = values.every(
    ({ shape, dtype, constant }) =>
      constant || (shape && dtype && dtypeInfo(dtype).bits % 8 === 0 && elementCount(shape) > 0),
  );
  const masked = part.nodes.get(node)?.masks?.every(({ input }) => {
    const id = node.inputs[input];
    return id !== undefined && valueOf(graph, id).dtype !== 'bool';
  });
  const rewritten = part.nodes.get(node)?.lower !== undefined || isRewritten(graph, node);
  return sound && masked !== false && (rewritten || hasKernel(graph, node));
}

/** Nodes that hang together through values of run-time extents. */
function components(part: ParallelPart, candidates: ReadonlySet<Node>): Set<Node>[] {
  const found: Set<Node>[] = [];
  const byValue = new Map<ValueId, Set<Node>>();
  for (const node of candidates) {
    const ids = idsOf([...node.inputs, ...node.outputs]).filter(id => part.extents.has(id));
    const touched = new Set(ids.flatMap(id => byValue.get(id) ?? []));
    const joined = new Set<Node>([...[...touched].flatMap(other => [...other]), node]);
    for (const other of touched) found.splice(found.indexOf(other), 1);
    found.push(joined);
    for (const id of ids) byValue.set(id, joined);
    for (const [id, members] of byValue) if (touched.has(members)) byValue.set(id, joined);
  }
  return found;
}

/** Work that is slow without kernels. */
const HEAVY = new Set(['convolution', 'matmul', 'recurrent', 'attention']);

function isWorthwhile(part: ParallelPart, members: ReadonlySet<Node>): boolean {
  const written = new Set([...members].flatMap(node => idsOf(node.outputs)));
  const read = new Set([...members].flatMap(node => idsOf(node.inputs)));
  const entries = [...read].filter(id => part.extents.has(id) && !written.has(id)).length;
  const heavy = [...members].some(({ op, version }) => HEAVY.has(findOperator(op, version)?.kind ?? ''));
  return heavy || members.size > entries;
}

/** Whether all extents are those of inputs, whose capacities were chosen for extents that were met. */
function isTight(graph: Graph, part: ParallelPart, members: ReadonlySet<Node>): boolean {
  const touched = [...members].flatMap(node => idsOf([...node.inputs, ...node.outputs]));
  const labels = touched.flatMap(id => part.extents.get(id) ?? []);
  return labels.every(label => !label || graph.inputs.includes(label.source));
}

const bytesOf = (graph: Graph, members: ReadonlySet<Node>): number =>
  [...members]
    .flatMap(node => idsOf(node.outputs))
    .reduce((sum, id) => sum + sizeBytes(valueOf(graph, id)), 0);

const sizeBytes = ({ dtype, shape }: Value): number => (dtype && shape ? tensorBytes(dtype, shape) : 0);

/** What lies beyond the extents may be anything, indices too. */
const attributesAtCapacity = (
  op: string,
  version: number,
  attributes: Node['attributes'],
): Node['attributes'] =>
  findOperator(op, version)?.kind === 'gather' ? { ...attributes, [LENIENT]: attr.int(1) } : attributes;

/** What a mask holds where its fill is the smallest or the largest number of a type. */
function fillFor(dtype: Dtype, fill: number): number {
  const { kind, bits } = dtypeInfo(dtype);
  if (kind === 'float' || Number.isFinite(fill)) return fill;
  const [least, most] = kind === 'int' ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
  return fill < 0 ? least : most;
}

/** The graph with the chosen nodes at capacity. */
class Rewriting {
  readonly #graph: Graph;
  readonly #part: ParallelPart;
  readonly #chosen: ReadonlySet<Node>;
  readonly #patch: Patch;
  /** what others than chosen nodes read */
  readonly #outside: ReadonlySet<ValueId>;
  readonly #atCapacity = new Map<ValueId, ValueId>();
  /** made so far, each once */
  readonly #made = new Map<string, ValueId>();
  #drafts: NodeDraft[] = [];

  constructor(graph: Graph, part: ParallelPart, chosen: ReadonlySet<Node>) {
    this.#graph = graph;
    this.#part = part;
    this.#chosen = chosen;
    this.#patch = new Patch(graph);
    const others = graph.nodes.filter(node => !chosen.has(node));
    this.#outside = new Set([
      ...graph.outputs,
      ...others.flatMap(node => [...idsOf(node.inputs), ...capturesOf(graph, node)]),
    ]);
  }

  run(): Graph {
    for (const node of this.#graph.nodes) {
      if (!this.#chosen.has(node)) continue;
      this.#drafts = [];
      this.#compute(node);
      this.#patch.replace(node, this.#drafts);
    }
    return this.#patch.build();
  }

  #compute(node: Node): void {
    const { masks = [], lower, outputs: labels = [] } = this.#part.nodes.get(node) ?? {};
    // As soon as they are known: kernels read how much of their results is wanted.
    for (const label of labels.flat()) if (label) this.#extent(label);
    const inputs = node.inputs.map((id, input) => {
      if (id === undefined || !this.#part.extents.has(id)) return id;
      const whole = this.#wholeOf(id);
      return masks.filter(mask => mask.input === input).reduce((x, mask) => this.#mask(x, id, mask), whole);
    });
    const outputs = node.outputs.map(id => (id === undefined ? undefined : this.#resultOf(id)));
    const { op, version, attributes } = node;
    let calls: readonly NodeDraft[] = [{ op, version, inputs, outputs, attributes }];
    if (lower) {
      const composer = new GraphComposer(this.#patch, { ...node, inputs, outputs });
      calls = composer.finish(lower(composer, this.#runFor(composer)));
    }
    for (const call of calls) {
      const { op: name, version: since = version, attributes: given = {} } = call;
      this.#drafts.push({ ...call, attributes: attributesAtCapacity(name, since, given) });
    }
    for (const [i, id] of node.outputs.entries()) {
      const whole = outputs[i];
      if (id !== undefined && whole !== undefined && whole !== id && this.#outside.has(id))
        this.#cut(id, whole);
    }
  }

  /** Where a chosen node puts a result: the value itself where its shape is certain. */
  #resultOf(id: ValueId): ValueId {
    if (!this.#part.extents.has(id)) return id;
    const whole = this.#fixed(id);
    this.#atCapacity.set(id, whole);
    return whole;
  }

  #fixed(id: ValueId): ValueId {
    const { name, dtype, shape } = valueOf(this.#graph, id);
    return this.#patch.value({ name: `${name}/capacity`, ...(dtype && { dtype }), ...(shape && { shape }) });
  }

  /** A value's memory as all of its capacity. */
  #wholeOf(id: ValueId): ValueId {
    const known = this.#atCapacity.get(id);
    if (known !== undefined) return known;
    const whole = this.#fixed(id);
    const { shape = [] } = valueOf(this.#graph, id);
    this.#step('Fit', [id], whole, { shape: attr.ints(shape), axes: attr.ints([]) });
    this.#atCapacity.set(id, whole);
    return whole;
  }

  /** A result as far as the extents of the run go. */
  #cut(id: ValueId, whole: ValueId): void {
    const { shape = [] } = valueOf(this.#graph, id);
    const labels: Extents = this.#part.extents.get(id) ?? [];
    const axes = labels.flatMap((label, axis) => (label ? [axis] : []));
    const counts = labels.flatMap(label => (label ? [this.#extent(label)] : []));
    this.#step('Fit', [whole, ...counts], id, { shape: attr.ints(shape), axes: attr.ints(axes) });
  }

  #once(key: string, make: () => ValueId): ValueId {
    const made = this.#made.get(key) ?? make();
    this.#made.set(key, made);
    return made;
  }

  /** The number itself. */
  readonly #extent = (label: Extent): ValueId =>
    this.#once(keyOf(label), () => {
      const { source, axis, growths } = label;
      const { name } = valueOf(this.#graph, source);
      const count = this.#patch.value({ name: `${name}/extent ${axis}`, dtype: 'int64', shape: [] });
      const numbers = growths.flatMap(({ multiply, add, divide }) => [multiply, add, divide]);
      this.#step('Extent', [source], count, { axis: attr.int(axis), growths: attr.ints(numbers) });
      return count;
    });

  /** Which of an axis' places lie within an extent, for values of so many axes. */
  #below(label: Extent, axis: number, count: number, rank: number): ValueId {
    return this.#once(`below ${keyOf(label)} ${axis} ${count} ${rank}`, () => {
      const { name } = valueOf(this.#graph, label.source);
      const shape = new Array<number>(rank).fill(1).with(axis, count);
      const within = this.#patch.value({ name: `${name}/within`, dtype: 'bool', shape });
      const attributes = { axis: attr.int(axis), count: attr.int(count), rank: attr.int(rank) };
      this.#step('Below', [this.#extent(label)], within, attributes);
      return within;
    });
  }

  readonly #within = (labels: Extents, shape: Shape): ValueId => {
    const each = labels.flatMap((label, axis) =>
      label ? [this.#below(label, axis, shape[axis] ?? 0, shape.length)] : [],
    );
    return each.reduce((a, b) =>
      this.#once(`${a} and ${b}`, () => {
        const [left = [], right = []] = [a, b].map(id => this.#patch.get(id).shape);
        const both = left.map((extent, axis) => Math.max(extent, right[axis] ?? 1));
        const result = this.#patch.value({ name: 'within', dtype: 'bool', shape: both });
        this.#drafts.push({
          op: 'And',
          version: AND_VERSION,
          inputs: [a, b],
          outputs: [result],
          attributes: {},
        });
        return result;
      }),
    );
  };

  #runFor({ operand }: GraphComposer): RunTimeExtents<GraphValue> {
    return {
      extent: label => operand(this.#extent(label)),
      within: (labels, shape) => operand(this.#within(labels, shape)),
    };
  }

  #mask(x: ValueId, id: ValueId, { axis, fill }: Mask): ValueId {
    const label = this.#part.extents.get(id)?.[axis];
    const { name, shape = [], dtype = 'float32' } = this.#patch.get(x);
    if (!label) return x;
    return this.#once(`${x} ${axis} ${fill}`, () => {
      const within = this.#below(label, axis, shape[axis] ?? 0, shape.length);
      const neutral = this.#patch.constant(`${name}/neutral`, tensorOf(dtype, [], [fillFor(dtype, fill)]));
      const masked = this.#patch.value({ name: `${name}/masked`, dtype, shape });
      const inputs = [within, x, neutral];
      this.#drafts.push({ op: 'Where', version: WHERE_VERSION, inputs, outputs: [masked], attributes: {} });
      return masked;
    });
  }

  #step(op: string, inputs: readonly ValueId[], output: ValueId, attributes: Node['attributes']): void {
    this.#drafts.push({ op: `bounded.${op}`, version: 1, inputs, outputs: [output], attributes });
  }
}
