// Ensembles of trees (domain ai.onnx.ml): every row goes from each root to a leaf, and the leaves' weights add up.

import { intAttribute, intsAttribute, NodeError, stringAttribute } from '../../ir/attributes.ts';
import { classLabels } from '../../ir/ops/classical/classical.ts';
import { floatsOf, MEMBER, namedTrees, numberedTrees, type Trees } from '../../ir/trees.ts';
import { type Call, inputOf, outputDtype, outputShape, type Reference, type References } from '../call.ts';
import { fromNumbers, numbers } from '../elements.ts';
import { featureRows } from './feature-rows.ts';
import { bothScores, labelTensor, largestIndex, postTransform, transformScores } from './scores.ts';

const COMPARES: readonly ((x: number, split: number) => boolean)[] = [
  (x, split) => x <= split,
  (x, split) => x < split,
  (x, split) => x >= split,
  (x, split) => x > split,
  (x, split) => x === split,
  (x, split) => x !== split,
];

/** The leaf that a row of features reaches from a root. */
function leafOf(trees: Trees, root: number, row: ArrayLike<number>): number {
  let node = root;
  for (let depth = 0; node >= 0; depth++) {
    if (depth > trees.features.length) throw new NodeError('a tree does not end');
    const x = row[trees.features[node] ?? 0] ?? 0;
    const mode = trees.modes[node] ?? 0;
    const holds =
      mode === MEMBER ? trees.members.get(node)?.has(x) : COMPARES[mode]?.(x, trees.splits[node] ?? 0);
    const missing = Number.isNaN(x) && trees.missingIsYes[node] === 1;
    node = (holds || missing ? trees.yes[node] : trees.no[node]) ?? 0;
  }
  return -1 - node;
}

const AGGREGATES = ['AVERAGE', 'SUM', 'MIN', 'MAX'] as const;
type Aggregate = (typeof AGGREGATES)[number];

const combined = (aggregate: Aggregate, a: number, b: number): number =>
  aggregate === 'MIN' ? Math.min(a, b) : aggregate === 'MAX' ? Math.max(a, b) : a + b;

/** What the trees say about one row, per target; undefined where none says anything. */
function verdict(trees: Trees, targets: number, aggregate: Aggregate, row: ArrayLike<number>) {
  const sums = new Array<number | undefined>(targets).fill(undefined);
  for (const root of trees.roots) {
    for (const { target, weight } of trees.leaves[leafOf(trees, root, row)] ?? []) {
      const sum = sums[target];
      sums[target] = sum === undefined ? weight : combined(aggregate, sum, weight);
    }
  }
  if (aggregate !== 'AVERAGE') return sums;
  return sums.map(sum => (sum === undefined ? undefined : sum / trees.roots.length));
}

/** Names of the transforms by the numbers of the newer operator. */
const TRANSFORMS = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'];

function scoresOfRows(call: Call, trees: Trees, aggregate: Aggregate, transform: string) {
  const targets = outputShape(call)[1] ?? 1;
  const base = floatsOf(call.node, 'base_values', call.load);
  const scores = featureRows(call).flatMap(row => {
    const sums = verdict(trees, targets, aggregate, row);
    return transformScores(
      call.node,
      transform,
      sums.map((sum = 0, target) => sum + (base[target] ?? 0)),
    );
  });
  return [fromNumbers(outputDtype(call), outputShape(call), scores)];
}

const treeEnsemble: Reference = call => {
  const aggregate = AGGREGATES[intAttribute(call.node, 'aggregate_function', 1)] ?? 'SUM';
  const transform = TRANSFORMS[intAttribute(call.node, 'post_transform', 0)] ?? 'NONE';
  return scoresOfRows(call, numberedTrees(call.node, call.load), aggregate, transform);
};

const treeEnsembleRegressor: Reference = call => {
  const name = stringAttribute(call.node, 'aggregate_function', 'SUM');
  const aggregate = AGGREGATES.find(known => known === name) ?? 'SUM';
  return scoresOfRows(call, namedTrees(call.node, 'target', call.load), aggregate, postTransform(call.node));
};

const treeEnsembleClassifier: Reference = call => {
  const { node } = call;
  const trees = namedTrees(node, 'class', call.load);
  const { count: classes } = classLabels(node);
  const base = Array.from(floatsOf(call.node, 'base_values', call.load));
  const ids = new Set(intsAttribute(node, 'class_ids') ?? []);
  const single = classes === 2 && ids.size === 1;
  const positive = Array.from(floatsOf(call.node, 'class_weights', call.load)).every(weight => weight >= 0);
  const all = featureRows(call).map(row => {
    const sums = verdict(trees, classes, 'SUM', row);
    if (single) {
      // One class has all weights; its score decides between the two.
      const [id = 0] = ids;
      const score = (sums[id] ?? 0) + (base.length === 2 ? (base[1] ?? 0) : (base[0] ?? 0));
      const both = () => transformScores(node, postTransform(node), [0, score]);
      return {
        label: score > (positive ? 0.5 : 0) ? 1 : 0,
        scores: id === 0 ? bothScores(node, score, positive) : both(),
      };
    }
    const scores = sums.map((sum = 0, i) => sum + (base[i] ?? 0));
    return { label: largestIndex(scores), scores: transformScores(node, postTransform(node), scores) };
  });
  const scores = all.flatMap(({ scores: own }) => own);
  return [
    labelTensor(
      node,
      all.map(({ label }) => label),
    ),
    fromNumbers(outputDtype(call, 1), outputShape(call, 1), scores),
  ];
};

/** The table of select/spec/trees.ts. */
const treesSum: Reference = call => {
  const [x, nodes, roots, starts, targets, weights] = [0, 1, 2, 3, 4, 5].map(i => inputOf(call, i));
  const shape = outputShape(call);
  if (!x || !nodes || !roots || !starts || !targets || !weights) return [];
  const words = numbers(nodes);
  const splits = new Float32Array(words.buffer, words.byteOffset, words.length);
  const [first, list, weight] = [numbers(starts), numbers(targets), numbers(weights)];
  const [data, width, columns] = [numbers(x), x.shape[1] ?? 0, shape[1] ?? 0];
  const sums = new Float64Array((shape[0] ?? 0) * columns);
  for (let row = 0; row < (shape[0] ?? 0); row++) {
    for (const root of numbers(roots)) {
      let node = root;
      while (node >= 0) {
        const at = node / 4;
        const value = data[row * width + ((words[at] ?? 0) >> 1)] ?? 0;
        const missing = Number.isNaN(value) && ((words[at] ?? 0) & 1) === 1;
        node = words[at + (missing || value <= (splits[at + 1] ?? 0) ? 2 : 3)] ?? -1;
      }
      for (let e = first[-1 - node] ?? 0; e < (first[-node] ?? 0); e++) {
        const to = row * columns + (list[e] ?? 0);
        sums[to] = (sums[to] as number) + (weight[e] ?? 0);
      }
    }
  }
  return [fromNumbers('float32', shape, sums)];
};

export const TREES: References = {
  'trees.Sum': treesSum,
  'ai.onnx.ml.TreeEnsemble': treeEnsemble,
  'ai.onnx.ml.TreeEnsembleClassifier': treeEnsembleClassifier,
  'ai.onnx.ml.TreeEnsembleRegressor': treeEnsembleRegressor,
};
