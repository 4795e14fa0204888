// One spelling for each meaning: what does nothing goes away, what is a special case of another operator becomes
// that one. A table of rules, applied until none changes anything. Later steps know only the spellings left here.

import { intAttribute, intsAttribute, stringAttribute } from '../../ir/attributes.ts';
import { attr, consumersOf, producerOf, valueOf } from '../../ir/graph.ts';
import { constantNumbers, Patch } from '../../ir/patch.ts';
import { normalizeAxis, sameShape } from '../../ir/tensor.ts';
import type { Attribute, Graph, Node, Shape, ValueId } from '../../ir/types.ts';
import type { Pass, PassContext } from '../pass.ts';
import { canonicalEinsum } from './einsum.ts';
import { gatherOfSlices, scatterOfSlices } from './elements.ts';
import { canonicalFusedMatMul, canonicalGemm, canonicalMatMul } from './matmul.ts';
import { normalizationAsScale } from './norm.ts';
import { canonicalAveragePool } from './pool.ts';
import { canonicalScatter } from './scatter.ts';
import { separateMaxPool } from './separate-pool.ts';
import { sliceOfSlice } from './slice.ts';

/** Changes one node through the patch, or leaves it. */
export type Rule = (node: Node, patch: Patch, context: PassContext) => void;

export const canonicalise: Pass = {
  name: 'canonicalise',
  run: (graph, context) => {
    let before = graph;
    for (;;) {
      const patch = new Patch(before);
      for (const node of before.nodes) RULES[node.op]?.(node, patch, context);
      const after = patch.build();
      if (after === before) return after;
      before = after;
    }
  },
};

const RULES: Readonly<Record<string, Rule>> = {
  Identity: forward,
  Dropout: (node, patch) => {
    const training = constantNumbers(patch.graph, node.inputs[2])?.[0] ?? 0;
    const known = node.inputs[2] === undefined || patch.get(node.inputs[2]).constant !== undefined;
    if (known && training === 0 && unusedBesides(patch.graph, node)) forward(node, patch);
  },
  Cast: (node, patch) => {
    if (typeOf(patch.graph, node.inputs[0]) === typeOf(patch.graph, node.outputs[0])) forward(node, patch);
  },
  CastLike: (node, patch) => {
    if (typeOf(patch.graph, node.inputs[0]) === typeOf(patch.graph, node.outputs[0])) forward(node, patch);
  },
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: reshape,
  Unsqueeze: reshape,
  Expand: forwardSameShape,
  Tile: forwardSameShape,
  // Of one shape with its input is also what is pushed aside: added in front, taken away behind.
  Pad: (node, patch) => {
    const { graph } = patch;
    const given = intsAttribute(node, 'pads') ?? intsAttribute(node, 'paddings');
    const amounts = given ?? constantNumbers(graph, node.inputs[1]);
    if (amounts?.every(amount => amount === 0)) forward(node, patch);
  },
  Slice: (node, patch) => {
    const steps = constantNumbers(patch.graph, node.inputs[4]);
    const forwards = node.inputs[4] === undefined || steps?.every(step => step > 0);
    const [from, to] = [node.inputs[0], node.outputs[0]].map(id => shapeOf(patch.graph, id));
    if (forwards && from && to && sameShape(from, to)) forward(node, patch);
    else sliceOfSlice(node, patch);
  },
  Concat: concat,
  Sum: forwardSingle,
  Max: forwardSingle,
  Min: forwardSingle,
  Mean: forwardSingle,
  Transpose: transpose,
  Gather: gather,
  GatherElements: gatherOfSlices,
  Upsample: upsample,
  AveragePool: canonicalAveragePool,
  Conv: computedBias,
  ConvTranspose: computedBias,
  Einsum: canonicalEinsum,
  Gemm: canonicalGemm,
  MatMul: canonicalMatMul,
  MaxPool: separateMaxPool,
  ScatterElements: scatterOfSlices,
  ScatterND: canonicalScatter,
  BatchNormalization: normalizationAsScale,
  ReduceL1: viaReduce('Abs', 'ReduceSum', undefined),
  ReduceL2: viaReduce(undefined, 'ReduceSumSquare', 'Sqrt'),
  ReduceLogSum: viaReduce(undefined, 'ReduceSum', 'Log'),
  Add: alignBroadcast,
  Sub: alignBroadcast,
  Mul: alignBroadcast,
  Div: alignBroadcast,
  Pow: alignBroadcast,
  And: alignBroadcast,
  Or: alignBroadcast,
  Equal: alignBroadcast,
  Less: alignBroadcast,
  Greater: alignBroadcast,
  'com.microsoft.FusedConv': fusedConv,
  'com.microsoft.FusedMatMul': canonicalFusedMatMul,
};

const typeOf = (graph: Graph, id: ValueId | undefined) =>
  id === undefined ? undefined : valueOf(graph, id).dtype;
const shapeOf = (graph: Graph, id: ValueId | undefined): Shape | undefined =>
  id === undefined ? undefined : valueOf(graph, id).shape;

function unusedBesides(graph: Graph, node: Node): boolean {
  const unused = (id: ValueId) => consumersOf(graph, id).length === 0 && !graph.outputs.includes(id);
  return node.outputs.slice(1).every(id => id === undefined || unused(id));
}

/** The node's first output is its first input. */
function forward(node: Node, patch: Patch): void {
  const [input] = node.inputs;
  const [output] = node.outputs;
  if (input === undefined || output === undefined) return;
  if (patch.alias(output, input)) patch.replace(node, []);
  else if (node.op !== 'Identity') {
    patch.replace(node, [
      { op: 'Identity', version: 13, inputs: [input], outputs: [output], attributes: {} },
    ]);
  }
}

function forwardSameShape(node: Node, patch: Patch): void {
  const from = shapeOf(patch.graph, node.inputs[0]);
  const to = shapeOf(patch.graph, node.outputs[0]);
  if (from && to && sameShape(from, to)) forward(node, patch);
}

/**
 * Parts of a split that are put together again in their order are what was split; parts without elements are none (a
 * cache before its first token).
 */
function concat(node: Node, patch: Patch): void {
  const { graph } = patch;
  const isEmpty = (id: ValueId | undefined): boolean => shapeOf(graph, id)?.includes(0) ?? false;
  const filled = node.inputs.filter(id => !isEmpty(id));
  if (filled.length > 0 && filled.length < node.inputs.length) {
    patch.replace(node, [{ op: 'Concat', inputs: filled, outputs: node.outputs }]);
    return;
  }
  const rank = shapeOf(graph, node.outputs[0])?.length ?? 0;
  const axisOf = (of: Node): number => normalizeAxis(intAttribute(of, 'axis', 0), rank);
  for (const [index, id] of node.inputs.entries()) {
    const split = id === undefined ? undefined : producerOf(graph, id);
    const [whole] = split?.inputs ?? [];
    if (split?.op !== 'Split' || whole === undefined || axisOf(split) !== axisOf(node)) continue;
    const { outputs: parts } = split;
    if (!parts.every((part, k) => part !== undefined && part === node.inputs[index + k])) continue;
    const inputs = node.inputs.toSpliced(index, parts.length, whole);
    patch.replace(node, [{ op: 'Concat', inputs, outputs: node.outputs }]);
    return;
  }
  forwardSingle(node, patch);
}

function forwardSingle(node: Node, patch: Patch): void {
  if (node.inputs.length === 1) forward(node, patch);
}

/** Every change of shape that keeps the elements in order is one Reshape to a constant shape, or nothing. */
function reshape(node: Node, patch: Patch): void {
  const from = shapeOf(patch.graph, node.inputs[0]);
  const to = shapeOf(patch.graph, node.outputs[0]);
  if (!from || !to) return;
  if (sameShape(from, to)) forward(node, patch);
  const [input] = node.inputs;
  const before = input === undefined ? undefined : producerOf(patch.graph, input);
  const chained = before?.op === 'Reshape' && constantNumbers(patch.graph, before.inputs[1]) !== undefined;
  const plain = node.op === 'Reshape' && constantNumbers(patch.graph, node.inputs[1]) !== undefined;
  if (sameShape(from, to) || (plain && !chained)) return;
  const shape = patch.ints(`${node.name}/shape`, to);
  const source = chained ? before.inputs[0] : input;
  const outputs = node.outputs.slice(0, 1);
  patch.replace(node, [{ op: 'Reshape', version: 13, inputs: [source, shape], outputs, attributes: {} }]);
}

/** Transposes behind each other are one; one that moves nothing is none. */
function transpose(node: Node, patch: Patch): void {
  const shape = shapeOf(patch.graph, node.inputs[0]);
  if (!shape) return;
  const permutation = intsAttribute(node, 'perm') ?? [...shape.keys()].reverse();
  if (permutation.every((axis, i) => axis === i)) {
    forward(node, patch);
    return;
  }
  const before = node.inputs[0] === undefined ? undefined : producerOf(patch.graph, node.inputs[0]);
  if (before?.op !== 'Transpose') return;
  const first = intsAttribute(before, 'perm') ?? [...shape.keys()].reverse();
  patch.replace(node, [
    {
      op: 'Transpose',
      inputs: [before.inputs[0]],
      outputs: node.outputs,
      attributes: { perm: attr.ints(permutation.map(axis => first[axis] ?? 0)) },
      absorbs: [before],
    },
  ]);
}

/** Elements at constant, evenly spaced indices are a slice; a single index also drops the axis. */
function gather(node: Node, patch: Patch): void {
  const [x, indices] = node.inputs;
  const [output] = node.outputs;
  if (x === undefined || indices === undefined || output === undefined) return;
  const { dtype, shape } = patch.get(x);
  const result = patch.get(output).shape;
  const given = constantNumbers(patch.graph, indices);
  const rank = patch.get(indices).shape?.length;
  if (!shape || !result || !dtype || !given || given.length === 0 || (rank !== 0 && rank !== 1)) return;
  const axis = normalizeAxis(intAttribute(node, 'axis', 0), shape.length);
  const places = given.map(index => (index < 0 ? index + (shape[axis] ?? 0) : index));
  const [start = 0, second = start + 1] = places;
  const step = second - start;
  if (step <= 0 || places.some((place, i) => place !== start + i * step)) return;
  const range = [[start], [(places.at(-1) ?? start) + 1], [axis], [step]];
  const bounds = range.map((numbers, i) => patch.ints(`${node.name}/bound${i}`, numbers));
  const sliced =
    rank === 1 ? output : patch.value({ name: `${node.name}/slice`, dtype, shape: shape.with(axis, 1) });
  const slice = { op: 'Slice', version: 13, inputs: [x, ...bounds], outputs: [sliced] };
  const target = patch.ints(`${node.name}/shape`, result);
  const squeeze = { op: 'Reshape', version: 13, inputs: [sliced, target], outputs: [output] };
  patch.replace(node, rank === 1 ? [slice] : [slice, squeeze]);
}

/** Upsample is the asymmetric Resize. Before opset 9 the scales were an attribute. */
function upsample(node: Node, patch: Patch): void {
  const scales = node.attributes.scales;
  const input =
    scales?.type === 'floats'
      ? patch.constant(`${node.name}/scales`, {
          dtype: 'float32',
          shape: [scales.value.length],
          data: Float32Array.from(scales.value),
        })
      : node.inputs[1];
  patch.replace(node, [
    {
      op: 'Resize',
      version: 13,
      inputs: [node.inputs[0], undefined, input],
      outputs: node.outputs,
      attributes: {
        mode: attr.string(stringAttribute(node, 'mode', 'nearest')),
        coordinate_transformation_mode: attr.string('asymmetric'),
        nearest_mode: attr.string('floor'),
      },
    },
  ]);
}

/** A reduction that is a plain one with something elementwise before or after it. */
function viaReduce(before: string | undefined, op: string, after: string | undefined): Rule {
  return (node, patch) => {
    const [input] = node.inputs;
    const [output] = node.outputs;
    if (input === undefined || output === undefined || patch.get(input).dtype !== 'float32') return;
    const like = ({ name, dtype, shape }: ReturnType<Patch['get']>) => ({
      name,
      ...(dtype && { dtype }),
      ...(shape && { shape }),
    });
    const from = before ? patch.value(like(patch.get(input))) : input;
    const to = after ? patch.value(like(patch.get(output))) : output;
    patch.replace(node, [
      ...(before ? [{ op: before, version: 13, inputs: [input], outputs: [from] }] : []),
      { op, inputs: [from, ...node.inputs.slice(1)], outputs: [to], attributes: node.attributes },
      ...(after ? [{ op: after, version: 13, inputs: [to], outputs: [output] }] : []),
    ]);
  };
}

/** Before opset 7 the second operand's first axis could be given; since then shapes align on the right. */
function alignBroadcast(node: Node, patch: Patch): void {
  if (node.version >= 7 || intAttribute(node, 'broadcast', 0) === 0) return;
  const [a, b] = node.inputs;
  const whole = shapeOf(patch.graph, a);
  const part = shapeOf(patch.graph, b);
  if (a === undefined || b === undefined || !whole || !part) return;
  const axis = intAttribute(node, 'axis', whole.length - part.length);
  const missing = whole.length - part.length - (axis < 0 ? axis + whole.length : axis);
  const shape = [...part, ...new Array<number>(Math.max(0, missing)).fill(1)];
  const dtype = typeOf(patch.graph, b);
  const aligned = patch.value({ name: `${patch.get(b).name}/aligned`, shape, ...(dtype && { dtype }) });
  const target = patch.ints(`${node.name}/shape`, shape);
  patch.replace(node, [
    { op: 'Reshape', version: 13, inputs: [b, target], outputs: [aligned] },
    { op: node.op, version: 7, inputs: [a, aligned], outputs: node.outputs, attributes: {} },
  ]);
}

const ACTIVATION_PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  LeakyRelu: ['alpha'],
  Clip: ['min', 'max'],
  HardSigmoid: ['alpha', 'beta'],
};

/** A bias per channel that the model computes is added behind the convolution. */
function computedBias(node: Node, patch: Patch): void {
  const [x, w, bias] = node.inputs;
  const [output] = node.outputs;
  if (bias === undefined || output === undefined || patch.get(bias).constant) return;
  const { name, dtype, shape } = patch.get(output);
  const { shape: [channels] = [] } = patch.get(bias);
  if (!dtype || !shape || channels === undefined) return;
  const extents = [channels, ...shape.slice(2).map(() => 1)];
  const target = patch.ints(`${name}/bias/shape`, extents);
  const aligned = patch.value({ name: `${name}/bias`, dtype, shape: extents });
  const convolved = patch.value({ name: `${name}/convolved`, dtype, shape });
  patch.replace(node, [
    { op: 'Reshape', version: 13, inputs: [bias, target], outputs: [aligned], attributes: {} },
    { op: node.op, inputs: [x, w], outputs: [convolved] },
    { op: 'Add', version: 13, inputs: [convolved, aligned], outputs: [output], attributes: {} },
  ]);
}

/** Convolution, then the sum with a fourth input, then one activation. */
function fusedConv(node: Node, patch: Patch): void {
  const [x, w, bias, residual] = node.inputs;
  const [output] = node.outputs;
  if (output === undefined) return;
  const { activation, activation_params: parameters, ...convolution } = node.attributes;
  const op = activation?.type === 'string' ? activation.value : '';
  const { dtype, shape, name } = patch.get(output);
  const between = () => patch.value({ name, ...(dtype && { dtype }), ...(shape && { shape }) });
  const values = parameters?.type === 'floats' ? parameters.value : [];
  const attributes: Record<string, Attribute> = {};
  for (const [i, key] of (ACTIVATION_PARAMETERS[op] ?? []).entries()) {
    const value = values[i];
    if (value !== undefined) attributes[key] = attr.float(value);
  }
  const summed = op === '' ? output : between();
  const convolved = residual === undefined ? summed : between();
  const inputs = bias === undefined ? [x, w] : [x, w, bias];
  patch.replace(node, [
    { op: 'Conv', version: 11, inputs, outputs: [convolved], attributes: convolution },
    ...(residual === undefined
      ? []
      : [{ op: 'Add', version: 13, inputs: [convolved, residual], outputs: [summed] }]),
    ...(op === '' ? [] : [{ op, version: 6, inputs: [summed], outputs: [output], attributes }]),
  ]);
}
