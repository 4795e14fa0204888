// Classical machine learning (domain ai.onnx.ml): trees, and what stands around them.

import {
  AttributeError,
  floatAttribute,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
  stringsAttribute,
  tensorAttribute,
} from '../ir/attributes.ts';
import { allocate } from '../ir/dtypes.ts';
import { elementCount, makeTensor } from '../ir/tensor.ts';
import type { Dtype, TensorData } from '../ir/types.ts';
import { type Call, inputOf, outputDtype, outputShape, type Reference, type References } from './call.ts';
import { fromNumbers, mapNumbers, type NumberArray, numbers, takeElements } from './elements.ts';
import { sigmoid } from './scalar.ts';

/** Columns of the last axis, by index. */
const arrayFeatureExtractor: Reference = call => {
  const input = inputOf(call, 0);
  const columns = numbers(inputOf(call, 1));
  const width = input.shape.at(-1) ?? 1;
  const map = Int32Array.from(
    { length: elementCount(outputShape(call)) },
    (_, i) => Math.floor(i / columns.length) * width + (columns[i % columns.length] ?? 0),
  );
  return [takeElements(input, outputShape(call), map)];
};

const binarizer: Reference = call => {
  const threshold = floatAttribute(call.node, 'threshold', 0);
  return [mapNumbers(inputOf(call, 0), outputDtype(call), x => (x > threshold ? 1 : 0))];
};

type Label = string | number | bigint;

/** Elements of one of several attributes: a tensor, or a list of one of three types. */
function labels(call: Call, prefix: string): readonly Label[] | undefined {
  const tensor = tensorAttribute(call.node, `${prefix}_tensor`);
  if (tensor) return Array.from(call.load(tensor).data as Iterable<Label>);
  return (
    stringsAttribute(call.node, `${prefix}_strings`) ??
    intsAttribute(call.node, `${prefix}_int64s`)?.map(BigInt) ??
    floatsAttribute(call.node, `${prefix}_floats`)
  );
}

/** What keys without a value become. */
function defaultLabel(call: Call, dtype: Dtype): Label {
  const tensor = tensorAttribute(call.node, 'default_tensor');
  if (tensor) return call.load(tensor).data[0] ?? 0;
  if (dtype === 'string') return stringAttribute(call.node, 'default_string', '_Unused');
  if (dtype === 'int64') return BigInt(intAttribute(call.node, 'default_int64', -1));
  return floatAttribute(call.node, 'default_float', -0);
}

/** NaN is a key like any other. */
const labelEncoder: Reference = call => {
  const input = inputOf(call, 0);
  const dtype = outputDtype(call);
  const [keys = [], values = []] = [labels(call, 'keys'), labels(call, 'values')];
  const table = new Map(keys.map((key, i) => [key, values[i]]));
  const otherwise = defaultLabel(call, dtype);
  const to = allocate(dtype, input.data.length) as Label[] & TensorData;
  for (const [i, key] of (input.data as readonly Label[]).entries()) to[i] = table.get(key) ?? otherwise;
  return [makeTensor(dtype, input.shape, to)];
};

/** The tree as arrays: a node's children are nodes or leaves. */
interface Trees {
  readonly roots: readonly number[];
  readonly features: readonly number[];
  readonly modes: NumberArray;
  readonly splits: NumberArray;
  readonly next: Readonly<Record<'true' | 'false', { ids: readonly number[]; leaf: readonly number[] }>>;
  readonly missingIsTrue: readonly number[];
  /** of set-membership nodes, by node */
  readonly members: ReadonlyMap<number, ReadonlySet<number>>;
  readonly targets: readonly number[];
  readonly weights: NumberArray;
}

const MEMBER = 6;

const COMPARES: readonly ((x: number, split: number) => boolean)[] = [
  (x, split) => x <= split,
  (x, split) => x < split,
  (x, split) => x >= split,
  (x, split) => x > split,
  (x, split) => x === split,
  (x, split) => x !== split,
];

/** Sets are listed one after the other in node order, each closed by NaN. */
function membersOf(modes: NumberArray, listed: NumberArray): Map<number, Set<number>> {
  const members = new Map<number, Set<number>>();
  let at = 0;
  for (const [node, mode] of modes.entries()) {
    if (mode !== MEMBER) continue;
    const set = new Set<number>();
    for (; at < listed.length && !Number.isNaN(listed[at]); at++) set.add(listed[at] ?? 0);
    at++;
    members.set(node, set);
  }
  return members;
}

function treesOf(call: Call): Trees {
  const list = (name: string): readonly number[] => intsAttribute(call.node, name) ?? [];
  const data = (name: string): NumberArray => {
    const tensor = tensorAttribute(call.node, name);
    if (tensor === undefined) throw new AttributeError(`${call.node.op}: attribute ${name} is missing`);
    return numbers(call.load(tensor));
  };
  const modes = data('nodes_modes');
  const sets = tensorAttribute(call.node, 'membership_values');
  return {
    roots: list('tree_roots'),
    features: list('nodes_featureids'),
    modes,
    splits: data('nodes_splits'),
    next: {
      true: { ids: list('nodes_truenodeids'), leaf: list('nodes_trueleafs') },
      false: { ids: list('nodes_falsenodeids'), leaf: list('nodes_falseleafs') },
    },
    missingIsTrue: list('nodes_missing_value_tracks_true'),
    members: sets ? membersOf(modes, numbers(call.load(sets))) : new Map(),
    targets: list('leaf_targetids'),
    weights: data('leaf_weights'),
  };
}

/** The leaf that a row of features reaches from a root. */
function leafOf(trees: Trees, root: number, row: NumberArray): number {
  let node = root;
  for (let depth = 0; depth <= trees.features.length; depth++) {
    const x = row[trees.features[node] ?? 0] ?? 0;
    const mode = trees.modes[node] ?? 0;
    const holds =
      mode === MEMBER ? trees.members.get(node)?.has(x) : COMPARES[mode]?.(x, trees.splits[node] ?? 0);
    const missing = Number.isNaN(x) && trees.missingIsTrue[node] === 1;
    const { ids, leaf } = trees.next[holds || missing ? 'true' : 'false'];
    const next = ids[node] ?? 0;
    if (leaf[node]) return next;
    node = next;
  }
  throw new RangeError('TreeEnsemble: a tree does not end');
}

/** Average, sum, smallest, largest. */
const AGGREGATES: readonly ((sum: number, weight: number) => number)[] = [
  (sum, weight) => sum + weight,
  (sum, weight) => sum + weight,
  Math.min,
  Math.max,
];
const LOGISTIC = 2;

const treeEnsemble: Reference = call => {
  const input = inputOf(call, 0);
  const trees = treesOf(call);
  const [rows = 0, targets = 0] = outputShape(call);
  const width = input.shape[1] ?? 1;
  const data = numbers(input);
  const aggregate = intAttribute(call.node, 'aggregate_function', 1);
  const combine = AGGREGATES[aggregate] ?? Math.max;
  const post = intAttribute(call.node, 'post_transform', 0);
  if (post !== 0 && post !== LOGISTIC)
    throw new AttributeError(`TreeEnsemble: post_transform ${post} is not supported`);
  const result = new Float64Array(rows * targets);
  const seen = new Uint8Array(result.length);
  for (let row = 0; row < rows; row++) {
    for (const root of trees.roots) {
      const leaf = leafOf(trees, root, data.subarray(row * width, (row + 1) * width));
      const at = row * targets + (trees.targets[leaf] ?? 0);
      const weight = trees.weights[leaf] ?? 0;
      result[at] = seen[at] ? combine(result[at] ?? 0, weight) : weight;
      seen[at] = 1;
    }
  }
  const divisor = aggregate === 0 ? trees.roots.length : 1;
  const transform = (x: number) => (post === LOGISTIC ? sigmoid(x) : x);
  return [
    fromNumbers(
      outputDtype(call),
      outputShape(call),
      result.map(x => transform(x / divisor)),
    ),
  ];
};

export const TREES: References = {
  'ai.onnx.ml.ArrayFeatureExtractor': arrayFeatureExtractor,
  'ai.onnx.ml.Binarizer': binarizer,
  'ai.onnx.ml.LabelEncoder': labelEncoder,
  'ai.onnx.ml.TreeEnsemble': treeEnsemble,
};
