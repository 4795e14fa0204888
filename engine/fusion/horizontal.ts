// Horizontal fusion: products with constant weights that read the same input become one, as wide as all of them; what
// each of them made is a part of its result, looked at where it lies. Whether that pays is a matter of numbers.

import { intAttribute, intsAttribute } from '../ir/attributes.ts';
import { attr, consumersOf, operandShape, producerOf, valueOf } from '../ir/graph.ts';
import { type NodeDraft, Patch } from '../ir/patch.ts';
import { printAttribute } from '../ir/print.ts';
import { elementCount, tensorOf } from '../ir/tensor.ts';
import type { Constant, Graph, Node, Shape, ValueId } from '../ir/types.ts';
import { deriveFloats } from '../passes/derive.ts';
import { mergedAxes } from '../passes/layout/merged-axes.ts';
import { splitAxes } from '../passes/layout/views.ts';
import type { Pass, PassContext } from '../passes/pass.ts';

/** A product and what follows it in registers anyway: a number per column added, one activation. */
interface Product {
  readonly node: Node;
  readonly columns: number;
  readonly bias: Node | undefined;
  readonly activation: Node | undefined;
  readonly output: ValueId;
}

type HasKernel = (graph: Graph, node: Node) => boolean;

/** The pass; it groups, so it does nothing with fusion off, and leaves alone what is named in `disabledGroups`. */
export function joinProducts(hasKernel: HasKernel): Pass {
  return {
    name: 'join products',
    run: (graph, context) => {
      const { fusion, reference, disabledGroups } = context.options;
      if (!fusion || reference) return graph;
      const patch = new Patch(graph);
      for (const siblings of siblingsOf(graph, hasKernel)) {
        const off = siblings.some(({ node }) => disabledGroups.includes(node.name));
        if (!off && pays(graph, siblings)) join(graph, patch, siblings, context);
      }
      return patch.build();
    },
  };
}

/**
 * One product takes less time; its parts live side by side until the last is read, and its input dies early. Parts
 * that meet in one reader would live together anyway.
 */
function pays(graph: Graph, products: readonly Product[]): boolean {
  const [first] = products;
  if (!first) return false;
  const widths = products.map(({ columns }) => columns);
  const sizes = products.map(({ output }) => elementCount(operandShape(graph, output)));
  const more = sizes.reduce((sum, size) => sum + size, 0) - Math.max(...sizes);
  const lives = more <= elementCount(operandShape(graph, first.node.inputs[0])) || meet(graph, products);
  return lives && savedShare(workOf(graph, first.node, first.columns), widths) > 0;
}

/** Between projections and the end of attention, or of a gate. */
const PASSING: ReadonlySet<string> = new Set([
  ...['Reshape', 'Transpose', 'Identity', 'MatMul', 'Softmax', 'Where', 'RMSNormalization'],
  ...['Add', 'Sub', 'Mul', 'Div', 'Relu', 'Sigmoid', 'Tanh', 'Gelu', 'Swish', 'HardSwish'],
]);
const MOST_STEPS = 12;

/** Layers with weights of their own are no meeting: each may run as soon as its part is there. */
const passes = (graph: Graph, node: Node): boolean =>
  PASSING.has(node.op) &&
  (node.op !== 'MatMul' || node.inputs.every(id => id !== undefined && !valueOf(graph, id).constant));

/** Whether some node depends on all parts through nothing but products of them and what is done to each element. */
function meet(graph: Graph, products: readonly Product[]): boolean {
  const reached = products.map(({ output }) => {
    const found = new Set<Node>();
    let edge: readonly ValueId[] = [output];
    for (let step = 0; step < MOST_STEPS && edge.length > 0; step++) {
      const readers = edge.flatMap(id => consumersOf(graph, id)).filter(node => passes(graph, node));
      edge = readers
        .filter(node => !found.has(node))
        .flatMap(node => node.outputs.filter(id => id !== undefined));
      for (const node of readers) found.add(node);
    }
    return found;
  });
  const [first = new Set<Node>(), ...others] = reached;
  return [...first].some(node => others.every(found => found.has(node)));
}

/** Columns that are computed together. */
const TILE_COLUMNS = 16;
/** What a kernel of its own costs besides its work, in multiply-adds: workers are woken and wait for each other. */
const KERNEL_COST = 50_000;
/** Bytes of input that stay in the second-level cache; reading more again costs this many multiply-adds a float. */
const CACHED_BYTES = 256 * 1024;
const RELOAD_COST = 2;

/** What several products read: rows of so many terms, elements of input in all. */
interface Work {
  readonly rows: number;
  readonly terms: number;
  readonly input: number;
}

function workOf(graph: Graph, node: Node, columns: number): Work {
  const [x, w] = node.inputs;
  return {
    rows: elementCount(operandShape(graph, node.outputs[0])) / columns,
    terms: elementCount(operandShape(graph, w)) / columns,
    input: elementCount(operandShape(graph, x)),
  };
}

/** Share of the time that one product saves against several, by a model of columns, kernels and cache. */
function savedShare({ rows, terms, input }: Work, widths: readonly number[]): number {
  const reload = input * 4 > CACHED_BYTES ? input * RELOAD_COST : 0;
  const cost = (columns: number): number =>
    rows * terms * Math.ceil(columns / TILE_COLUMNS) * TILE_COLUMNS + KERNEL_COST + reload;
  const apart = widths.reduce((sum, columns) => sum + cost(columns), 0);
  return 1 - cost(widths.reduce((sum, columns) => sum + columns, 0)) / apart;
}

/** Products that may be one, at least two together. */
function siblingsOf(graph: Graph, hasKernel: HasKernel): Product[][] {
  const families = new Map<string, Product[]>();
  for (const node of graph.nodes) {
    const product = productOf(graph, node);
    if (!product || !canBePart(graph, product.output, hasKernel)) continue;
    const attributes = Object.entries(node.attributes).map(
      ([name, value]) => `${name}=${printAttribute(value)}`,
    );
    const activation = product.activation && [
      product.activation.op,
      ...Object.values(product.activation.attributes).map(printAttribute),
    ];
    const key = [node.op, node.inputs[0], ...attributes.sort(), activation].join(' ');
    families.set(key, [...(families.get(key) ?? []), product]);
  }
  return [...families.values()].filter(({ length }) => length > 1);
}

const ACTIVATIONS: ReadonlySet<string> = new Set([
  ...['Relu', 'Sigmoid', 'Tanh', 'Gelu', 'Swish', 'HardSwish', 'HardSigmoid', 'LeakyRelu', 'Elu', 'Mish'],
]);

function productOf(graph: Graph, node: Node): Product | undefined {
  const [x, w, b] = node.inputs;
  const [result] = node.outputs;
  if (x === undefined || w === undefined || result === undefined) return undefined;
  const weights = valueOf(graph, w);
  const constant = weights.constant && (b === undefined || valueOf(graph, b).constant);
  if (!constant || weights.dtype !== 'float32' || valueOf(graph, x).constant) return undefined;
  // Weights that stay in few bits are not made to floats for this.
  if (weights.constant && weights.constant.kind !== 'file' && weights.constant.dequantised) return undefined;
  const columns = columnsOf(node, weights.shape ?? []);
  if (columns === undefined) return undefined;
  const bias = node.op === 'MatMul' ? biasBehind(graph, result, columns) : undefined;
  const summed = bias?.outputs[0] ?? result;
  const reader = onlyReader(graph, summed);
  const activation = reader && ACTIVATIONS.has(reader.op) && reader.inputs.length === 1 ? reader : undefined;
  return { node, columns, bias, activation, output: activation?.outputs[0] ?? summed };
}

/** Columns of a product whose weights can be put side by side; undefined for windows and stacks of matrices. */
function columnsOf(node: Node, weights: Shape): number | undefined {
  switch (node.op) {
    case 'MatMul':
      return weights.length === 2 ? weights[1] : undefined;
    case 'Gemm':
      return weights[intAttribute(node, 'transB', 0) !== 0 ? 0 : 1];
    case 'Conv':
      return intAttribute(node, 'group', 1) === 1 && weights.slice(2).every(extent => extent === 1)
        ? weights[0]
        : undefined;
    default:
      return undefined;
  }
}

function onlyReader(graph: Graph, id: ValueId): Node | undefined {
  const [reader, ...others] = consumersOf(graph, id);
  return others.length === 0 && !graph.outputs.includes(id) ? reader : undefined;
}

const biasOf = (graph: Graph, { node, bias }: Product): ValueId | undefined =>
  bias ? bias.inputs.find(id => id !== undefined && valueOf(graph, id).constant) : node.inputs[2];

function biasBehind(graph: Graph, id: ValueId, columns: number): Node | undefined {
  const reader = onlyReader(graph, id);
  const constant = reader?.inputs.find(other => other !== id);
  if (reader?.op !== 'Add' || constant === undefined || !valueOf(graph, constant).constant) return undefined;
  const { shape = [], dtype } = valueOf(graph, constant);
  return dtype === 'float32' && elementCount(shape) === columns && shape.at(-1) === columns
    ? reader
    : undefined;
}

/** Whether everybody who reads the value can read it with gaps in memory; the caller of the program cannot. */
function canBePart(graph: Graph, id: ValueId, hasKernel: HasKernel): boolean {
  if (graph.outputs.includes(id)) return false;
  return consumersOf(graph, id).every(node => {
    const [output] = node.outputs;
    // A recurrent layer's directions were parted, so that each one's gates live no longer than they must.
    if (node.op === 'Recurrent') return false;
    // Parts of a concatenation are written there at once; a part of two wholes would have to be copied.
    if (!hasKernel(graph, node) || output === undefined || node.op === 'Concat') return false;
    if (node.op === 'Transpose') return canBePart(graph, output, hasKernel);
    if (node.op === 'Reshape') {
      return (
        splitAxes(operandShape(graph, id), operandShape(graph, output)) !== undefined &&
        canBePart(graph, output, hasKernel)
      );
    }
    return mergedAxes(node, operandShape(graph, id).length).length < 2;
  });
}

/**
 * One product in the place of the first, its result split. For the account of it, `widths` are the columns of each
 * product, and `zeros` is how many columns what is added to them has for products without a bias.
 */
function join(graph: Graph, patch: Patch, products: readonly Product[], context: PassContext): void {
  const [first] = products;
  if (!first) return;
  const { node } = first;
  const result = operandShape(graph, node.outputs[0]);
  const axis = node.op === 'Conv' ? 1 : result.length - 1;
  const columns = products.reduce((sum, product) => sum + product.columns, 0);
  const value = (name: string): ValueId =>
    patch.value({ name: `${node.name}/${name}`, dtype: 'float32', shape: result.with(axis, columns) });
  const weights = patch.constant(`${node.name}/weights`, joinedWeights(graph, products, context));
  const biased = products.some(product => biasOf(graph, product) !== undefined);
  const bias = biased
    ? patch.constant(`${node.name}/biases`, joinedBiases(graph, products, context))
    : undefined;
  const drafts: NodeDraft[] = [];
  let wide = value('wide');
  const absorbs = products.flatMap(product =>
    [product.node, product.bias, product.activation].filter(member => member !== undefined),
  );
  const own = node.op !== 'MatMul' && bias !== undefined ? [bias] : [];
  const widths = { widths: attr.ints(products.map(product => product.columns)) };
  const unbiased = products.filter(product => biasOf(graph, product) === undefined);
  const zeros = { zeros: attr.int(unbiased.reduce((sum, product) => sum + product.columns, 0)) };
  drafts.push({
    op: node.op,
    inputs: [node.inputs[0], weights, ...own],
    outputs: [wide],
    attributes: { ...node.attributes, ...widths, ...(own.length > 0 && zeros) },
    absorbs: absorbs.filter(other => other !== node),
  });
  const follow = (op: string, version: number, inputs: readonly ValueId[], attributes = {}): void => {
    const next = value(op.toLowerCase());
    drafts.push({ op, version, inputs: [wide, ...inputs], outputs: [next], attributes });
    wide = next;
  };
  if (node.op === 'MatMul' && bias !== undefined) follow('Add', 14, [bias], zeros);
  if (first.activation)
    follow(first.activation.op, first.activation.version, [], first.activation.attributes);
  const sizes = patch.ints(
    `${node.name}/widths`,
    products.map(product => product.columns),
  );
  const outputs = products.map(({ output }) => output);
  drafts.push({
    op: 'Split',
    version: 13,
    inputs: [wide, sizes],
    outputs,
    attributes: { axis: attr.int(axis) },
  });
  for (const product of products) {
    for (const member of [product.bias, product.activation]) if (member) patch.replace(member, []);
    patch.replace(product.node, product === first ? drafts : []);
  }
}

function constantsOf(graph: Graph, ids: readonly (ValueId | undefined)[]): Constant[] {
  return ids.flatMap(id => (id === undefined ? [] : (valueOf(graph, id).constant ?? [])));
}

/** Weights side by side: one behind the other where a column's terms are neighbours, row by row otherwise. */
function joinedWeights(graph: Graph, products: readonly Product[], { read }: PassContext): Constant {
  const ids = products.map(({ node }) => node.inputs[1]);
  const [first] = products;
  const shape = operandShape(graph, ids[0]);
  const columns = products.reduce((sum, product) => sum + product.columns, 0);
  const columnsFirst =
    first?.node.op === 'Conv' || (first !== undefined && intAttribute(first.node, 'transB', 0) !== 0);
  const joined = shape.with(columnsFirst ? 0 : 1, columns);
  return deriveFloats(
    columnsFirst ? 'rows in turn' : 'columns side by side',
    joined,
    constantsOf(graph, ids),
    read,
    (...parts) => {
      const data = new Float32Array(elementCount(joined));
      const terms = columnsFirst ? 1 : (shape[0] ?? 1);
      let at = 0;
      for (let row = 0; row < terms; row++) {
        for (const part of parts) {
          const length = part.length / terms;
          data.set(part.subarray(row * length, (row + 1) * length), at);
          at += length;
        }
      }
      return data;
    },
  );
}

/** Biases one behind the other, 0 where a product has none. */
function joinedBiases(graph: Graph, products: readonly Product[], { read }: PassContext): Constant {
  const constants = products.map((product): Constant => {
    const id = biasOf(graph, product);
    const constant = id === undefined ? undefined : valueOf(graph, id).constant;
    const zeros = new Array<number>(product.columns).fill(0);
    return constant ?? { kind: 'inline', tensor: tensorOf('float32', [product.columns], zeros) };
  });
  const columns = products.reduce((sum, product) => sum + product.columns, 0);
  return deriveFloats('in turn', [columns], constants, read, (...parts) => {
    const data = new Float32Array(columns);
    let at = 0;
    for (const part of parts) {
      data.set(part, at);
      at += part.length;
    }
    return data;
  });
}

/** Products that read the same input and are not one, each with why. */
export function* unjoined(graph: Graph, hasKernel: HasKernel): Generator<readonly [Node, string]> {
  const readers = new Map<string, Product[]>();
  for (const node of graph.nodes) {
    const product = intsAttribute(node, 'widths') ? undefined : productOf(graph, node);
    if (!product) continue;
    const key = `${node.op} ${node.inputs[0]}`;
    readers.set(key, [...(readers.get(key) ?? []), product]);
  }
  const families = siblingsOf(graph, hasKernel);
  for (const products of readers.values()) {
    if (products.length < 2) continue;
    for (const product of products) {
      const { node } = product;
      const [x = -1] = node.inputs;
      const name = producerOf(graph, x as ValueId)?.name ?? graph.values[x]?.name;
      const others = `${products.length - 1} more of ${name}`;
      const family = families.find(members => members.some(member => member.node === node));
      yield [
        node,
        `${node.name} stays apart from ${others}: ${obstacleTo(graph, product, family, hasKernel)}`,
      ];
    }
  }
}

function obstacleTo(
  graph: Graph,
  { output }: Product,
  family: readonly Product[] | undefined,
  hasKernel: HasKernel,
): string {
  if (graph.outputs.includes(output)) return 'an output of the model is no part of a wider one';
  if (!canBePart(graph, output, hasKernel)) return 'its result is not read as a part of a wider one';
  if (!family) return 'they differ in how they are computed, or in what follows them';
  return pays(graph, family)
    ? 'a group of them is switched off'
    : 'all results would live until the last of them is read, or it saves no time';
}

/** What to say of a product that stands for several; undefined for others. */
export function joinedReason(graph: Graph, node: Node): string | undefined {
  const widths = intsAttribute(node, 'widths');
  const [x] = node.inputs;
  if (!widths || x === undefined) return undefined;
  const columns = widths.reduce((sum, width) => sum + width, 0);
  const share = savedShare(workOf(graph, node, columns), widths);
  const name = producerOf(graph, x)?.name ?? valueOf(graph, x).name;
  const saved = `by an estimate ${(100 * share).toFixed(1)} % of the time is saved`;
  return `${widths.length} products of ${name} are one of ${widths.join(' + ')} columns: ${saved}`;
}
