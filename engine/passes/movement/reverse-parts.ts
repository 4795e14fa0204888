// A Concat that puts the equal parts of a tensor together again from last to first, some of them negated, is that
// tensor read backwards along an axis of parts: so rotary embeddings turn halves (Su et al., "RoFormer", arXiv
// 2104.09864). Elementwise operators around it go along that axis too, so that one kernel reads both orders and
// nothing is copied.

import { intAttribute } from '../../ir/attributes.ts';
import { consumersOf, producerOf, valueOf } from '../../ir/graph.ts';
import { Patch } from '../../ir/patch.ts';
import { sliceOf } from '../../ir/slice.ts';
import { normalizeAxis, sameShape, tensorOf } from '../../ir/tensor.ts';
import type { Graph, Node, Shape, ValueId } from '../../ir/types.ts';
import type { Pass } from '../pass.ts';
import { Rewrite } from '../rewrite.ts';

type IsElementwise = (graph: Graph, node: Node) => boolean;

/** The pass; it does the same with fusion off, for it is no grouping. */
export function reverseParts(isElementwise: IsElementwise): Pass {
  return {
    name: 'reverse parts',
    run: graph => {
      const patch = new Patch(graph);
      const taken = new Set<Node>();
      for (const concat of graph.nodes) {
        const reversed = concat.op === 'Concat' ? reversedOf(graph, concat) : undefined;
        if (!reversed) continue;
        const around = elementwiseAround(graph, reversed.whole, node => isElementwise(graph, node));
        if (around.size === 0 || !taken.isDisjointFrom(around)) continue;
        for (const node of around) taken.add(node);
        goAlongParts(patch, reversed, around);
      }
      return patch.build();
    },
  };
}

/** A Concat as what it is of another tensor, of the same shape. */
interface Reversed {
  readonly concat: Node;
  readonly whole: ValueId;
  readonly source: ValueId;
  readonly axis: number;
  readonly shape: Shape;
  /** of each part of the result: −1 where it is negated */
  readonly signs: readonly number[];
}

function reversedOf(graph: Graph, concat: Node): Reversed | undefined {
  const [whole] = concat.outputs;
  const count = concat.inputs.length;
  if (whole === undefined || count < 2) return undefined;
  const { dtype, shape = [] } = valueOf(graph, whole);
  const axis = normalizeAxis(intAttribute(concat, 'axis', 0), shape.length);
  const parts = concat.inputs.map(id => {
    const negation = id === undefined ? undefined : producerOf(graph, id);
    const [negated] = negation?.op === 'Neg' ? negation.inputs : [];
    const part = partOf(graph, negated ?? id, axis);
    return part && { ...part, sign: negated === undefined ? 1 : -1 };
  });
  const source = parts[0]?.source;
  const isReversed = parts.every(
    (part, i) => part?.source === source && part?.count === count && part.index === count - 1 - i,
  );
  if (dtype !== 'float32' || source === undefined || !isReversed) return undefined;
  return { concat, whole, source, axis, shape, signs: parts.map(part => part?.sign ?? 1) };
}

interface Part {
  readonly source: ValueId;
  readonly index: number;
  /** equal parts that the source has along the axis */
  readonly count: number;
}

function partOf(graph: Graph, id: ValueId | undefined, axis: number): Part | undefined {
  const node = id === undefined ? undefined : producerOf(graph, id);
  const [source] = node?.inputs ?? [];
  if (!node || id === undefined || source === undefined) return undefined;
  const [whole, own] = [source, id].map(value => valueOf(graph, value).shape ?? []) as [Shape, Shape];
  const [extent = 1, all = 1] = [own[axis], whole[axis]];
  const count = all / extent;
  if (own.length !== whole.length || !Number.isInteger(count) || !sameShape(own, whole.with(axis, extent)))
    return undefined;
  if (node.op === 'Split') {
    const alongAxis = normalizeAxis(intAttribute(node, 'axis', 0), whole.length) === axis;
    const before = node.outputs.slice(0, node.outputs.indexOf(id));
    const extents = before.map(other =>
      other === undefined ? 0 : (valueOf(graph, other).shape?.[axis] ?? 0),
    );
    const index = extents.reduce((sum, one) => sum + one, 0) / extent;
    return alongAxis && Number.isInteger(index) ? { source, index, count } : undefined;
  }
  const range = node.op === 'Slice' ? sliceOf(graph, node) : undefined;
  const index = (range?.starts[axis] ?? 0) / extent;
  const forwards = range?.steps.every(step => step === 1);
  return forwards && Number.isInteger(index) ? { source, index, count } : undefined;
}

/** Elementwise operators of the value's shape behind it, and before these where nothing else needs what they make. */
function elementwiseAround(
  graph: Graph,
  value: ValueId,
  isElementwise: (node: Node) => boolean,
): ReadonlySet<Node> {
  const { shape = [] } = valueOf(graph, value);
  const around = new Set<Node>();
  const joins = (node: Node | undefined): node is Node => {
    const [output] = node?.outputs ?? [];
    if (!node || output === undefined || AXES.has(node.op) || !isElementwise(node)) return false;
    return sameShape(valueOf(graph, output).shape ?? [], shape);
  };
  const behind = (id: ValueId): void => {
    for (const node of consumersOf(graph, id)) {
      const [output] = node.outputs;
      if (!joins(node) || around.has(node) || output === undefined) continue;
      around.add(node);
      behind(output);
    }
  };
  const before = (node: Node): void => {
    for (const id of node.inputs) {
      const producer = id === undefined ? undefined : producerOf(graph, id);
      if (id === undefined || !joins(producer) || around.has(producer)) continue;
      const alone = consumersOf(graph, id).every(reader => around.has(reader));
      if (!alone || graph.outputs.includes(id)) continue;
      around.add(producer);
      before(producer);
    }
  };
  behind(value);
  for (const node of [...around]) before(node);
  return around;
}

/** What is elementwise, but knows axes by their number. */
const AXES: ReadonlySet<string> = new Set([
  ...['DequantizeLinear', 'QuantizeLinear', 'com.microsoft.DequantizeLinear', 'com.microsoft.QuantizeLinear'],
]);

/** Writes a Concat and the operators around it anew, over shapes whose axis is split into parts. */
function goAlongParts(patch: Patch, reversed: Reversed, around: ReadonlySet<Node>): void {
  const { graph } = patch;
  const { concat, whole, source, shape } = reversed;
  const inParts = new Map<ValueId, ValueId>();
  const operandOf = (rewrite: Rewrite, id: ValueId): ValueId =>
    inParts.get(id) ?? rewrite.reshape(id, splitShape(rewrite.shape(id), reversed));
  // A factor of the whole is negated instead, often once for all: it is a table, or a constant. Whoever else needs the
  // whole needs its own signs.
  const readers = consumersOf(graph, whole);
  const isProduct = (node: Node): boolean =>
    around.has(node) && node.op === 'Mul' && node.inputs[0] !== node.inputs[1];
  const ofFactor = readers.every(isProduct) && !graph.outputs.includes(whole);
  for (const node of graph.nodes) {
    const [output] = node.outputs;
    if (output === undefined || (node !== concat && !around.has(node))) continue;
    const rewrite = new Rewrite(patch, node);
    const signed = (id: ValueId): ValueId => withSigns(rewrite, id, reversed);
    const made = (): ValueId => {
      if (node === concat) {
        const backwards = readBackwards(rewrite, operandOf(rewrite, source), reversed);
        return ofFactor ? backwards : signed(backwards);
      }
      const negates = ofFactor && readers.includes(node);
      const inputs = node.inputs.map(id => {
        if (id === undefined) return undefined;
        const operand = operandOf(rewrite, id);
        return negates && id !== whole ? signed(operand) : operand;
      });
      return rewrite.again(inputs, splitShape(shape, reversed));
    };
    const value = made();
    inParts.set(output, value);
    // Nobody reads most of these, and what nobody reads goes.
    rewrite.finish(rewrite.reshape(value, shape));
  }
}

/** The shape of an operand with the axis of the whole as two: parts, and what is in one of them. */
function splitShape(own: Shape, { shape, axis, signs }: Reversed): Shape {
  const at = axis - (shape.length - own.length);
  const extent = own[at];
  if (extent === undefined) return own;
  return own.toSpliced(at, 1, ...(extent === 1 ? [1, 1] : [signs.length, extent / signs.length]));
}

/** From the last part to the first. */
function readBackwards(rewrite: Rewrite, id: ValueId, { axis, signs }: Reversed): ValueId {
  const bounds = [-1, -signs.length - 1, axis, -1].map(number =>
    rewrite.patch.ints(`${rewrite.node.name}/backwards`, [number]),
  );
  return rewrite.step('Slice', [id, ...bounds], { shape: rewrite.shape(id) });
}

function withSigns(rewrite: Rewrite, id: ValueId, { signs, shape, axis }: Reversed): ValueId {
  if (signs.every(sign => sign === 1)) return id;
  const inner = shape.slice(axis).map(() => 1);
  const factor = tensorOf('float32', [signs.length, ...inner], signs);
  return rewrite.apply('Mul', id, rewrite.patch.constant(`${rewrite.node.name}/signs`, factor));
}
