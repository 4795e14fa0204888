// What is parallel along run-time extents is computed on memory of fixed capacity, with the kernels, fusion and plan
// that everything else has: results within the extent are right, those beyond it are nobody's. Where such a part
// begins, values are continued to their capacity; where it ends, they are cut to the extent of the run. What lies
// beyond and would count (in a sum, say) is masked with what counts nothing.

import { attr, capturesOf, valueOf } from '../ir/graph.ts';
import { LENIENT } from '../ir/ops/gather.ts';
import { findOperator } from '../ir/ops/index.ts';
import { type NodeDraft, Patch } from '../ir/patch.ts';
import { elementCount, tensorBytes, tensorOf } from '../ir/tensor.ts';
import type { Graph, Node, Value, ValueId } from '../ir/types.ts';
import { type ParallelPart, parallelPart } from './extents.ts';
import type { Extent, Extents, Mask } from './parallel-rules.ts';
import type { Pass } from './pass.ts';

/** What one part may take at capacity; what needs more waits for extents that say how much it is. */
const MOST_BYTES = 2 ** 26;
const MOST_FLOPS = 2e8;
const WHERE_VERSION = 16;
const RESHAPE_VERSION = 13;

/** What the pass asks of later parts of the compiler. */
export interface CapacityPorts {
  /** at capacity, interpreted nodes would only be slower */
  readonly hasKernel: (graph: Graph, node: Node) => boolean;
  /** operations of a node, by its shapes */
  readonly flops: (graph: Graph, node: Node) => number;
}

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

/** Nodes that are computed at capacity: connected parts in which that saves more than the way in and out costs. */
function chosenNodes(
  graph: Graph,
  part: ParallelPart,
  { hasKernel, flops }: CapacityPorts,
): ReadonlySet<Node> {
  const candidates = new Set([...part.nodes.keys()].filter(node => fits(graph, part, node, hasKernel)));
  const chosen = new Set<Node>();
  for (const members of components(part, candidates)) {
    const isSmall = [...members].reduce((sum, node) => sum + flops(graph, node), 0) <= MOST_FLOPS;
    const affordable = isTight(graph, part, members) || (isSmall && bytesOf(graph, members) <= MOST_BYTES);
    if (affordable && isWorthwhile(part, members)) for (const node of members) chosen.add(node);
  }
  return chosen;
}

/** Families that passes turn into operators with kernels. */
const REWRITTEN = new Set(['convolution', 'matmul', 'pooling', 'normalization']);

function isRewritten(graph: Graph, node: Node): boolean {
  const { expand, kind = '' } = findOperator(node.op, node.version) ?? {};
  const floats = idsOf([...node.inputs, ...node.outputs]).every(id => valueOf(graph, id).dtype === 'float32');
  return expand !== undefined || (floats && REWRITTEN.has(kind));
}

function fits(graph: Graph, part: ParallelPart, node: Node, hasKernel: CapacityPorts['hasKernel']): boolean {
  const values = idsOf([...node.inputs, ...node.outputs]).map(id => valueOf(graph, id));
  const sound = values.every(
    ({ shape, dtype, constant }) =>
      constant || (shape && dtype && dtype !== 'string' && elementCount(shape) > 0),
  );
  const masked = part.nodes.get(node)?.masks.every(({ input }) => {
    const id = node.inputs[input];
    return id !== undefined && valueOf(graph, id).dtype === 'float32';
  });
  return sound && masked === true && (isRewritten(graph, node) || hasKernel(graph, node));
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
  return heavy || members.size > entries + 1;
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
const attributesAtCapacity = (node: Node): Node['attributes'] =>
  findOperator(node.op, node.version)?.kind === 'gather'
    ? { ...node.attributes, [LENIENT]: attr.int(1) }
    : node.attributes;

/** The graph with the chosen nodes at capacity. */
class Rewriting {
  readonly #graph: Graph;
  readonly #part: ParallelPart;
  readonly #chosen: ReadonlySet<Node>;
  readonly #patch: Patch;
  /** what others than chosen nodes read */
  readonly #outside: ReadonlySet<ValueId>;
  readonly #atCapacity = new Map<ValueId, ValueId>();
  readonly #extents = new Map<string, ValueId>();
  readonly #masked = new Map<string, ValueId>();
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
    const { masks = [], reshapes = false } = this.#part.nodes.get(node) ?? {};
    const inputs = node.inputs.map((id, input) => {
      if (id === undefined || !this.#part.extents.has(id)) return id;
      const whole = this.#wholeOf(id);
      return masks.filter(mask => mask.input === input).reduce((x, mask) => this.#mask(x, id, mask), whole);
    });
    const outputs = node.outputs.map(id => (id === undefined ? undefined : this.#resultOf(id)));
    const [x] = inputs;
    const [output] = node.outputs;
    if (reshapes && output !== undefined) {
      const shape = this.#patch.ints(`${node.name}/capacity`, valueOf(this.#graph, output).shape ?? []);
      this.#drafts.push({
        op: 'Reshape',
        version: RESHAPE_VERSION,
        inputs: [x, shape],
        outputs,
        attributes: {},
      });
    } else this.#drafts.push({ op: node.op, inputs, outputs, attributes: attributesAtCapacity(node) });
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

  /** A value continued to its capacity. */
  #wholeOf(id: ValueId): ValueId {
    const known = this.#atCapacity.get(id);
    if (known !== undefined) return known;
    const whole = this.#fixed(id);
    const { shape = [] } = valueOf(this.#graph, id);
    this.#step('Fit', [id], whole, { shape: attr.ints(shape), axes: attr.ints([]) });
    this.#atCapacity.set(id, whole);
    return whole;
  }

  /** A result cut to the extents of the run. */
  #cut(id: ValueId, whole: ValueId): void {
    const { shape = [] } = valueOf(this.#graph, id);
    const labels: Extents = this.#part.extents.get(id) ?? [];
    const axes = labels.flatMap((label, axis) => (label ? [axis] : []));
    const counts = labels.flatMap(label => (label ? [this.#extent(label)] : []));
    this.#step('Fit', [whole, ...counts], id, { shape: attr.ints(shape), axes: attr.ints(axes) });
  }

  /** The number itself, read from its source once. */
  #extent({ source, axis }: Extent): ValueId {
    const key = `${source} ${axis}`;
    const known = this.#extents.get(key);
    if (known !== undefined) return known;
    const { name } = valueOf(this.#graph, source);
    const count = this.#patch.value({ name: `${name}/extent ${axis}`, dtype: 'int64', shape: [] });
    this.#step('Extent', [source], count, { axis: attr.int(axis) });
    this.#extents.set(key, count);
    return count;
  }

  #mask(x: ValueId, id: ValueId, { axis, fill }: Mask): ValueId {
    const label = this.#part.extents.get(id)?.[axis];
    const { shape = [] } = this.#patch.get(x);
    const count = shape[axis] ?? 0;
    if (!label) return x;
    const key = `${x} ${axis} ${fill}`;
    const known = this.#masked.get(key);
    if (known !== undefined) return known;
    const { name } = this.#patch.get(x);
    const places = shape.map((_, at) => (at === axis ? count : 1));
    const within = this.#patch.value({ name: `${name}/within`, dtype: 'bool', shape: places });
    const attributes = { axis: attr.int(axis), count: attr.int(count), rank: attr.int(shape.length) };
    this.#step('Below', [this.#extent(label)], within, attributes);
    const neutral = this.#patch.constant(`${name}/neutral`, tensorOf('float32', [], [fill]));
    const masked = this.#patch.value({ name: `${name}/masked`, dtype: 'float32', shape });
    const inputs = [within, x, neutral];
    this.#drafts.push({ op: 'Where', version: WHERE_VERSION, inputs, outputs: [masked], attributes: {} });
    this.#masked.set(key, masked);
    return masked;
  }

  #step(op: string, inputs: readonly ValueId[], output: ValueId, attributes: NodeDraft['attributes']): void {
    this.#drafts.push({
      op: `bounded.${op}`,
      version: 1,
      inputs,
      outputs: [output],
      ...(attributes && { attributes }),
    });
  }
}
