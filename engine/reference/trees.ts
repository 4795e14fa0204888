// Ensembles of trees (domain ai.onnx.ml): the newer operator with one list per node property, and the classifier
// and regressor before it, whose nodes name their tree. Both become the same arrays.

import {
  AttributeError,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
  stringsAttribute,
  tensorAttribute,
} from '../ir/attributes.ts';
import { classLabels, rowsOf } from '../ir/ops/classical.ts';
import { type Call, inputOf, outputDtype, outputShape, type Reference, type References } from './call.ts';
import { fromNumbers, type NumberArray, numbers } from './elements.ts';
import { bothScores, labelTensor, largestIndex, postTransform, transformScores } from './scores.ts';

/** One weight that a leaf adds to a target. */
interface LeafWeight {
  readonly target: number;
  readonly weight: number;
}

/** The trees as arrays: a node's children are nodes or, as −1 − leaf, leaves. */
interface Trees {
  readonly roots: readonly number[];
  readonly features: readonly number[];
  readonly modes: ArrayLike<number>;
  readonly splits: ArrayLike<number>;
  readonly yes: readonly number[];
  readonly no: readonly number[];
  readonly missingIsYes: readonly number[];
  /** of set-membership nodes, by node */
  readonly members: ReadonlyMap<number, ReadonlySet<number>>;
  /** by leaf */
  readonly leaves: readonly (readonly LeafWeight[])[];
}

const MEMBER = 6;

/** Names of the modes in the older operators; the newer one numbers them. */
const MODES = [
  'BRANCH_LEQ',
  'BRANCH_LT',
  'BRANCH_GTE',
  'BRANCH_GT',
  'BRANCH_EQ',
  'BRANCH_NEQ',
  'BRANCH_MEMBER',
];

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

const listOf = (call: Call, name: string): readonly number[] => intsAttribute(call.node, name) ?? [];

function tensorData(call: Call, name: string): NumberArray {
  const tensor = tensorAttribute(call.node, name);
  if (tensor === undefined) throw new AttributeError(`${call.node.op}: attribute ${name} is missing`);
  return numbers(call.load(tensor));
}

/** TreeEnsemble: every leaf has one target. */
function numberedTrees(call: Call): Trees {
  const modes = tensorData(call, 'nodes_modes');
  const sets = tensorAttribute(call.node, 'membership_values');
  const children = (ids: string, isLeaf: string): number[] => {
    const leaf = listOf(call, isLeaf);
    return listOf(call, ids).map((id, i) => (leaf[i] ? -1 - id : id));
  };
  const weights = tensorData(call, 'leaf_weights');
  return {
    roots: listOf(call, 'tree_roots'),
    features: listOf(call, 'nodes_featureids'),
    modes,
    splits: tensorData(call, 'nodes_splits'),
    yes: children('nodes_truenodeids', 'nodes_trueleafs'),
    no: children('nodes_falsenodeids', 'nodes_falseleafs'),
    missingIsYes: listOf(call, 'nodes_missing_value_tracks_true'),
    members: sets ? membersOf(modes, numbers(call.load(sets))) : new Map(),
    leaves: listOf(call, 'leaf_targetids').map((target, i) => [{ target, weight: weights[i] ?? 0 }]),
  };
}

/** A list of floats, or the tensor of doubles that may stand for it. */
function floatsOf(call: Call, name: string): ArrayLike<number> {
  const tensor = tensorAttribute(call.node, `${name}_as_tensor`);
  return tensor ? numbers(call.load(tensor)) : (floatsAttribute(call.node, name) ?? []);
}

/** TreeEnsembleClassifier and -Regressor: nodes by tree and number; `kind` is class or target. */
function namedTrees(call: Call, kind: 'class' | 'target'): Trees {
  const [trees, ids] = [listOf(call, 'nodes_treeids'), listOf(call, 'nodes_nodeids')];
  const key = (tree: number | undefined, id: number | undefined) => `${tree} ${id}`;
  const nodeAt = new Map(ids.map((id, i) => [key(trees[i], id), i]));
  const modes = (stringsAttribute(call.node, 'nodes_modes') ?? []).map(mode => MODES.indexOf(mode));
  const leaves: LeafWeight[][] = ids.map(() => []);
  const [ofTree, ofNode] = [listOf(call, `${kind}_treeids`), listOf(call, `${kind}_nodeids`)];
  const weights = floatsOf(call, `${kind}_weights`);
  for (const [i, target] of listOf(call, `${kind}_ids`).entries()) {
    const leaf = nodeAt.get(key(ofTree[i], ofNode[i]));
    if (leaf !== undefined) leaves[leaf]?.push({ target, weight: weights[i] ?? 0 });
  }
  const children = (name: string) =>
    listOf(call, name).map((id, i) => {
      const child = nodeAt.get(key(trees[i], id)) ?? i;
      return modes[child] === -1 ? -1 - child : child;
    });
  const first = new Map<number, number>();
  for (const [i, tree] of trees.entries()) if (!first.has(tree)) first.set(tree, i);
  return {
    roots: [...first.values()].map(node => (modes[node] === -1 ? -1 - node : node)),
    features: listOf(call, 'nodes_featureids'),
    modes,
    splits: floatsOf(call, 'nodes_values'),
    yes: children('nodes_truenodeids'),
    no: children('nodes_falsenodeids'),
    missingIsYes: listOf(call, 'nodes_missing_value_tracks_true'),
    members: new Map(),
    leaves,
  };
}

/** The leaf that a row of features reaches from a root. */
function leafOf(trees: Trees, root: number, row: ArrayLike<number>): number {
  let node = root;
  for (let depth = 0; node >= 0; depth++) {
    if (depth > trees.features.length) throw new RangeError('a tree does not end');
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

function rowsIn(call: Call): NumberArray[] {
  const input = inputOf(call, 0);
  const rows = rowsOf(input.shape);
  const data = numbers(input);
  const width = data.length / Math.max(1, rows);
  return Array.from({ length: rows }, (_, row) => data.subarray(row * width, (row + 1) * width));
}

/** Names of the transforms by the numbers of the newer operator. */
const TRANSFORMS = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'];

function scoresOfRows(call: Call, trees: Trees, aggregate: Aggregate, transform: string) {
  const targets = outputShape(call)[1] ?? 1;
  const base = floatsOf(call, 'base_values');
  const scores = rowsIn(call).flatMap(row => {
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
  return scoresOfRows(call, numberedTrees(call), aggregate, transform);
};

const treeEnsembleRegressor: Reference = call => {
  const name = stringAttribute(call.node, 'aggregate_function', 'SUM');
  const aggregate = AGGREGATES.find(known => known === name) ?? 'SUM';
  return scoresOfRows(call, namedTrees(call, 'target'), aggregate, postTransform(call.node));
};

const treeEnsembleClassifier: Reference = call => {
  const { node } = call;
  const trees = namedTrees(call, 'class');
  const { count: classes } = classLabels(node);
  const base = Array.from(floatsOf(call, 'base_values'));
  const ids = new Set(listOf(call, 'class_ids'));
  const single = classes === 2 && ids.size === 1;
  const positive = Array.from(floatsOf(call, 'class_weights')).every(weight => weight >= 0);
  const all = rowsIn(call).map(row => {
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

export const TREES: References = {
  'ai.onnx.ml.TreeEnsemble': treeEnsemble,
  'ai.onnx.ml.TreeEnsembleClassifier': treeEnsembleClassifier,
  'ai.onnx.ml.TreeEnsembleRegressor': treeEnsembleRegressor,
};
