// Functions that have an operator of their own, found by what they compute and not by how they are spelled: a cone
// and the operator's reference are tried on the same numbers. A match is within float32's rounding everywhere, and
// distinct operators differ by a thousand times that.

import { loadConstant } from '../../ir/constants/constant.ts';
import type { ReadBytes } from '../../ir/constants/reading.ts';
import { attr, valueOf } from '../../ir/graph.ts';
import { elementCount, tensorOf } from '../../ir/tensor.ts';
import type { Attribute, Graph, Node, NodeId, Shape, Tensor, ValueId } from '../../ir/types.ts';
import { evaluateNode } from '../../reference/interpreter.ts';
import { type Cone, valuesOf } from './cone.ts';
import { isExercised, type Tried } from './exercised.ts';

/** An operator that computes the same. Parameters are constants of the cone. */
export interface Known {
  readonly op: string;
  readonly version: number;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly scale?: ValueId;
  readonly bias?: ValueId;
}

const TOLERANCE = 5e-6;

function agree(found: Float32Array | undefined, wanted: Float32Array | undefined, scale = 1): boolean {
  if (!found || !wanted || found.length !== wanted.length) return false;
  return found.every((value, i) => {
    const want = wanted[i] ?? Number.NaN;
    return Object.is(value, want) || Math.abs(value - want) <= TOLERANCE * Math.max(scale, Math.abs(want));
  });
}

/** First output of the operator. */
function apply(known: Omit<Known, 'scale' | 'bias'>, inputs: readonly Tensor[]): Float32Array | undefined {
  const node: Node = {
    id: 0 as NodeId,
    name: known.op,
    op: known.op,
    version: known.version,
    inputs: inputs.map((_, i) => i as ValueId),
    outputs: [inputs.length as ValueId],
    attributes: known.attributes,
    origin: [],
  };
  const noFiles = (): never => {
    throw new Error('a function that is tried reads no file');
  };
  const [result] = evaluateNode(node, inputs, { read: noFiles });
  return result?.data instanceof Float32Array ? result.data : undefined;
}

/** Both sides of zero, around the corners of piecewise functions, and far out, as long as e^x is finite. */
const MAGNITUDES = [0.001, 0.1, 0.5, 1, 1.5, 2, 2.4, 2.9, 3, 3.1, 4, 5.5, 6.5, 8, 12, 20, 50, 80];
const POINTS: readonly number[] = [0, ...MAGNITUDES, ...MAGNITUDES.map(x => -x)];
const AT = (x: number): number => POINTS.indexOf(x);

type Values = (x: number) => number;
type Candidate = (f: Values) => Omit<Known, 'scale' | 'bias'>;

const plain =
  (op: string, version: number, attributes: Readonly<Record<string, Attribute>> = {}): Candidate =>
  () => ({ op, version, attributes });

/** Parameters follow from single values of the function. */
const ACTIVATIONS: readonly Candidate[] = [
  plain('Gelu', 20),
  plain('Gelu', 20, { approximate: attr.string('tanh') }),
  plain('HardSwish', 14),
  plain('Mish', 18),
  plain('Sigmoid', 13),
  plain('Softplus', 1),
  plain('Softsign', 1),
  f => ({ op: 'Swish', version: 24, attributes: { alpha: attr.float(rounded(logit(f(1)))) } }),
  f => ({ op: 'LeakyRelu', version: 16, attributes: { alpha: attr.float(rounded(-f(-1))) } }),
  f => ({ op: 'Elu', version: 6, attributes: { alpha: attr.float(rounded(-f(-80))) } }),
  f => ({
    op: 'HardSigmoid',
    version: 6,
    attributes: { alpha: attr.float(rounded(f(0.5) - f(-0.5))), beta: attr.float(rounded(f(0))) },
  }),
];

const logit = (p: number): number => Math.log(p / (1 - p));
/** The number that was meant, from one with float32's error. */
const rounded = (x: number): number => Number(x.toPrecision(6));

/** Operators whose decompositions are worth trying: all activations but these are one node anyway. */
const SIGNS: ReadonlySet<string> = new Set([
  ...[
    'Erf',
    'Tanh',
    'Sigmoid',
    'Exp',
    'Softplus',
    'HardSigmoid',
    'Clip',
    'Min',
    'Max',
    'Where',
    'Abs',
    'Relu',
  ],
]);

/** A function may change where one of its numbers stands, however far from the other points that is. */
const aroundNumbers = ({ numbers }: Cone): number[] =>
  numbers
    .map(Math.fround)
    .filter(Number.isFinite)
    .flatMap(number => [0.9 * number, 1.1 * number, -0.9 * number, -1.1 * number]);

/** The activation that a cone of single elements computes. */
export function activationOf(graph: Graph, cone: Cone, read: ReadBytes): Known | undefined {
  if (cone.axes.length > 0 || cone.parameters.length > 0) return undefined;
  if (!cone.nodes.some(({ op }) => SIGNS.has(op))) return undefined;
  const points = [...POINTS, ...aroundNumbers(cone)];
  const input = tensorOf('float32', [points.length], points);
  const values = valuesOf(graph, cone, input, { read });
  if (!values) return undefined;
  const f = (x: number): number => values[AT(x)] ?? Number.NaN;
  for (const candidate of ACTIVATIONS) {
    const known = candidate(f);
    const finite = Object.values(known.attributes).every(
      value => value.type !== 'float' || (Number.isFinite(value.value) && value.value !== 0),
    );
    if (!finite || !agree(values, apply(known, [input]))) continue;
    return isExercised(graph, cone, [{ input, values }], { read, same: agree }) ? known : undefined;
  }
  return undefined;
}

/** Elements of a line above which trying it takes longer than it saves. */
const LONGEST = 65_536;

/** Softmax, its logarithm or a normalisation, over the cone's axes as if they were the last ones. */
export function lineFunctionOf(graph: Graph, cone: Cone, read: ReadBytes): Known | undefined {
  const shape = valueOf(graph, cone.input).shape ?? [];
  const extents = shape.map((extent, axis) => (cone.axes.includes(axis) ? extent : 1));
  const count = elementCount(extents);
  if (cone.axes.length === 0 || count < 3 || count > LONGEST) return undefined;
  const candidates = lineCandidates(graph, cone);
  if (candidates.length === 0) return undefined;
  const tried = (size: number): Tried | undefined => {
    const input = probe(extents, size);
    const values = valuesOf(graph, cone, input, { read });
    return values && { input, values };
  };
  const wide = tried(1);
  if (!wide) return undefined;
  let narrow: (Tried | undefined)[] | undefined;
  const same = (a: Float32Array, b: Float32Array) => agree(a, b, LINE_SCALE);
  for (const known of candidates) {
    const matches = (one: Tried | undefined): one is Tried => {
      if (!one) return false;
      const line = tensorOf('float32', [count], Array.from(one.input.data as Float32Array));
      const rest =
        known.scale === undefined ? normScale(known) : [parameter(graph, known.scale, count, read)];
      const bias = known.bias === undefined ? [] : [parameter(graph, known.bias, count, read)];
      return agree(one.values, apply(known, [line, ...rest, ...bias]), LINE_SCALE);
    };
    if (!matches(wide)) continue;
    // Few come so far.
    narrow ??= narrowSizes(cone).map(tried);
    if (!narrow.every(matches)) continue;
    return isExercised(graph, cone, [...narrow, wide], { read, same }) ? known : undefined;
  }
  return undefined;
}

/** Least magnitude of results of a line that an error is compared with. */
const LINE_SCALE = 4;

/** Lines whose squares are as small as what may be added to them. */
const narrowSizes = ({ numbers }: Cone): number[] => [
  ...new Set([...numbers.filter(number => number > 0 && number < 0.1).map(Math.sqrt), 0.01]),
];

/** Every element another number, their mean not 0. */
function probe(shape: Shape, size: number): Tensor {
  const count = elementCount(shape);
  const numbers = Array.from({ length: count }, (_, i) => size * (Math.sin(i * 12.9898 + 1) * 1.5 + 0.4));
  return tensorOf('float32', shape, numbers);
}

const normScale = ({ op }: Pick<Known, 'op'>): Tensor[] =>
  op.endsWith('Normalization') ? [tensorOf('float32', [1], [1])] : [];

/** A constant with the line's elements. */
function parameter(graph: Graph, id: ValueId, count: number, read: ReadBytes): Tensor {
  const { constant } = valueOf(graph, id);
  const data = constant && loadConstant(constant, read).data;
  if (!(data instanceof Float32Array)) throw new Error('a parameter of a normalisation holds float32');
  return tensorOf(
    'float32',
    [count],
    Array.from({ length: count }, (_, i) => data[i % data.length] ?? 0),
  );
}

function lineCandidates(graph: Graph, cone: Cone): Known[] {
  const ops = new Set(cone.nodes.map(({ op }) => op));
  const one = { axis: attr.int(-1) };
  const exponential = ops.has('Exp') || ops.has('ReduceLogSumExp') || ops.has('Softmax');
  if (exponential) {
    if (cone.axes.length !== 1 || cone.parameters.length > 0) return [];
    return ['Softmax', 'LogSoftmax'].map(op => ({ op, version: 13, attributes: one }));
  }
  const whole = cone.parameters.filter(id => isWhole(graph, cone, id));
  if (whole.length !== cone.parameters.length || whole.length > 2) return [];
  const [a, b] = whole;
  const affine: Pick<Known, 'scale' | 'bias'>[] =
    a === undefined
      ? [{}]
      : b === undefined
        ? [{ scale: a }]
        : [
            { scale: a, bias: b },
            { scale: b, bias: a },
          ];
  const small = [...new Set([...cone.numbers, 0])].filter(number => number >= 0 && number < 0.1);
  return small.flatMap(epsilon =>
    affine.flatMap(parameters =>
      [
        { op: 'LayerNormalization', version: 17 },
        { op: 'RMSNormalization', version: 23 },
      ]
        .filter(({ op }) => op === 'LayerNormalization' || parameters.bias === undefined)
        .map(known => ({ ...known, attributes: { ...one, epsilon: attr.float(epsilon) }, ...parameters })),
    ),
  );
}

/** Whether a constant has every element of the line. */
const isWhole = (graph: Graph, { input, axes }: Cone, id: ValueId): boolean => {
  const shape = valueOf(graph, input).shape ?? [];
  const line = axes.reduce((product, axis) => product * (shape[axis] ?? 1), 1);
  return elementCount(valueOf(graph, id).shape ?? []) === line;
};
