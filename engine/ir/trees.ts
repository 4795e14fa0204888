// Ensembles of trees (domain ai.onnx.ml) as arrays: from the newer operator with one list per node property, and from
// the classifier and regressor before it, whose nodes name their tree.

import {
  AttributeError,
  floatsAttribute,
  intsAttribute,
  stringsAttribute,
  tensorAttribute,
} from './attributes.ts';
import { numbersOf } from './tensor.ts';
import type { Constant, Node, Tensor } from './types.ts';

/** How tensors in attributes are read. */
export type Load = (constant: Constant) => Tensor;

/** One weight that a leaf adds to a target. */
export interface LeafWeight {
  readonly target: number;
  readonly weight: number;
}

/** The trees as arrays: a node's children are nodes or, as −1 − leaf, leaves. */
export interface Trees {
  readonly roots: readonly number[];
  readonly features: readonly number[];
  readonly modes: readonly number[];
  readonly splits: readonly number[];
  readonly yes: readonly number[];
  readonly no: readonly number[];
  readonly missingIsYes: readonly number[];
  /** of set-membership nodes, by node */
  readonly members: ReadonlyMap<number, ReadonlySet<number>>;
  /** by leaf */
  readonly leaves: readonly (readonly LeafWeight[])[];
}

/** Mode of nodes that ask whether a feature is in a set. */
export const MEMBER = 6;

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

/** Sets are listed one after the other in node order, each closed by NaN. */
function membersOf(modes: readonly number[], listed: readonly number[]): Map<number, Set<number>> {
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

const listOf = (node: Node, name: string): readonly number[] => intsAttribute(node, name) ?? [];

function tensorData(node: Node, name: string, load: Load): number[] {
  const tensor = tensorAttribute(node, name);
  if (tensor === undefined) throw new AttributeError(name, `attribute ${name} is missing`, node);
  return numbersOf(load(tensor));
}

/** TreeEnsemble: every leaf has one target. */
export function numberedTrees(node: Node, load: Load): Trees {
  const modes = tensorData(node, 'nodes_modes', load);
  const sets = tensorAttribute(node, 'membership_values');
  const children = (ids: string, isLeaf: string): number[] => {
    const leaf = listOf(node, isLeaf);
    return listOf(node, ids).map((id, i) => (leaf[i] ? -1 - id : id));
  };
  const weights = tensorData(node, 'leaf_weights', load);
  return {
    roots: listOf(node, 'tree_roots'),
    features: listOf(node, 'nodes_featureids'),
    modes,
    splits: tensorData(node, 'nodes_splits', load),
    yes: children('nodes_truenodeids', 'nodes_trueleafs'),
    no: children('nodes_falsenodeids', 'nodes_falseleafs'),
    missingIsYes: listOf(node, 'nodes_missing_value_tracks_true'),
    members: sets ? membersOf(modes, numbersOf(load(sets))) : new Map(),
    leaves: listOf(node, 'leaf_targetids').map((target, i) => [{ target, weight: weights[i] ?? 0 }]),
  };
}

/** A list of floats, or the tensor of doubles that may stand for it. */
export function floatsOf(node: Node, name: string, load: Load): readonly number[] {
  const tensor = tensorAttribute(node, `${name}_as_tensor`);
  return tensor ? numbersOf(load(tensor)) : (floatsAttribute(node, name) ?? []);
}

/** TreeEnsembleClassifier and -Regressor: nodes by tree and number; `kind` is class or target. */
export function namedTrees(node: Node, kind: 'class' | 'target', load: Load): Trees {
  const [trees, ids] = [listOf(node, 'nodes_treeids'), listOf(node, 'nodes_nodeids')];
  const key = (tree: number | undefined, id: number | undefined) => `${tree} ${id}`;
  const nodeAt = new Map(ids.map((id, i) => [key(trees[i], id), i]));
  const modes = (stringsAttribute(node, 'nodes_modes') ?? []).map(mode => MODES.indexOf(mode));
  const leaves: LeafWeight[][] = ids.map(() => []);
  const [ofTree, ofNode] = [listOf(node, `${kind}_treeids`), listOf(node, `${kind}_nodeids`)];
  const weights = floatsOf(node, `${kind}_weights`, load);
  for (const [i, target] of listOf(node, `${kind}_ids`).entries()) {
    const leaf = nodeAt.get(key(ofTree[i], ofNode[i]));
    if (leaf !== undefined) leaves[leaf]?.push({ target, weight: weights[i] ?? 0 });
  }
  const children = (name: string) =>
    listOf(node, name).map((id, i) => {
      const child = nodeAt.get(key(trees[i], id)) ?? i;
      return modes[child] === -1 ? -1 - child : child;
    });
  const first = new Map<number, number>();
  for (const [i, tree] of trees.entries()) if (!first.has(tree)) first.set(tree, i);
  return {
    roots: [...first.values()].map(root => (modes[root] === -1 ? -1 - root : root)),
    features: listOf(node, 'nodes_featureids'),
    modes,
    splits: floatsOf(node, 'nodes_values', load),
    yes: children('nodes_truenodeids'),
    no: children('nodes_falsenodeids'),
    missingIsYes: listOf(node, 'nodes_missing_value_tracks_true'),
    members: new Map(),
    leaves,
  };
}
