// Random ensembles of trees in kernels against their own references: every comparison, sets, missing features,
// several targets, both spellings.

import { expect, it } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Attribute, Dtype, Tensor } from '../../../engine/ir/types.ts';
import { seededRandom } from '../../../engine/random.ts';
import { inferred, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled } from '../../support/expect-compiled.ts';

const FEATURES = 5;
const MODES = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ'];

class Random {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  whole(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  /** Few different numbers, so that features often equal splits. */
  number(): number {
    return this.whole(-4, 4) / 4;
  }

  rows(count: number): Tensor {
    const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0];
    const element = () => (this.chance(0.1) ? (special[this.whole(0, 3)] ?? 0) : this.number());
    return tensorOf('float32', [count, FEATURES], Array.from({ length: count * FEATURES }, element));
  }
}

interface TreeNode {
  readonly tree: number;
  readonly id: number;
  readonly feature: number;
  readonly mode: string;
  readonly split: number;
  readonly yes: number;
  readonly no: number;
  readonly missing: number;
}

/** Trees of random depth; nodes of a tree in the order of their numbers. */
function randomTrees(random: Random, trees: number, modes: readonly string[]): TreeNode[] {
  const nodes: TreeNode[] = [];
  for (let tree = 0; tree < trees; tree++) {
    let next = 0;
    const grow = (depth: number): number => {
      const id = next++;
      const leaf = depth === 0 || (depth < 4 && random.chance(0.2));
      const mode = leaf ? 'LEAF' : (modes[random.whole(0, modes.length - 1)] ?? '');
      const [yes, no] = leaf ? [0, 0] : [grow(depth - 1), grow(depth - 1)];
      const common = { feature: random.whole(0, FEATURES - 1), split: random.number() };
      nodes.push({ tree, id, mode, yes, no, ...common, missing: Number(random.chance(0.4)) });
      return id;
    };
    grow(4);
  }
  return nodes.toSorted((a, b) => a.tree - b.tree || a.id - b.id);
}

function named(random: Random, kind: 'class' | 'target', targets: readonly number[], most: number) {
  const nodes = randomTrees(random, random.whole(1, 6), MODES);
  const list = (of: (node: TreeNode) => number): Attribute => attr.ints(nodes.map(of));
  const leaves = nodes.filter(({ mode }) => mode === 'LEAF');
  const entries = leaves.flatMap(leaf => Array.from({ length: random.whole(0, most) }, () => leaf));
  return {
    nodes_treeids: list(({ tree }) => tree),
    nodes_nodeids: list(({ id }) => id),
    nodes_featureids: list(({ feature }) => feature),
    nodes_modes: attr.strings(nodes.map(({ mode }) => mode)),
    nodes_values: attr.floats(nodes.map(({ split }) => split)),
    nodes_truenodeids: list(({ yes }) => yes),
    nodes_falsenodeids: list(({ no }) => no),
    nodes_missing_value_tracks_true: list(({ missing }) => missing),
    [`${kind}_treeids`]: attr.ints([nodes[0]?.tree ?? 0, ...entries.map(({ tree }) => tree)]),
    [`${kind}_nodeids`]: attr.ints([leaves[0]?.id ?? 0, ...entries.map(({ id }) => id)]),
    [`${kind}_ids`]: attr.ints([0, ...entries].map(() => targets[random.whole(0, targets.length - 1)] ?? 0)),
    [`${kind}_weights`]: attr.floats([0, ...entries].map(() => random.number())),
  };
}

function check(
  op: string,
  x: Tensor,
  attributes: Readonly<Record<string, Attribute>>,
  outputs: readonly Dtype[],
  label: string,
): void {
  const graph = new TestGraph('trees');
  const names = outputs.map((_, i) => `y${i}`);
  for (const id of graph.nodes(`ai.onnx.ml.${op}`, [graph.input('x', 'float32', x.shape)], {
    attributes,
    outputs: names,
  }))
    if (id !== undefined) graph.output(id);
  expectCompiled(inferred(graph), [x], label, ({ dtype }) => (dtype === 'float32' ? 1e-5 : 0));
}

it('regressors', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = new Random(seed);
    const targets = random.whole(1, 4);
    const base = random.chance(0.5)
      ? { base_values: attr.floats(Array.from({ length: targets }, () => 0.5)) }
      : {};
    const attributes = {
      ...named(random, 'target', [...Array(targets).keys()], 3),
      ...base,
      n_targets: attr.int(targets),
      aggregate_function: attr.string(random.chance(0.5) ? 'SUM' : 'AVERAGE'),
      post_transform: attr.string(['NONE', 'LOGISTIC', 'SOFTMAX'][random.whole(0, 2)] ?? ''),
    };
    check('TreeEnsembleRegressor', random.rows(random.whole(1, 20)), attributes, ['float32'], `seed ${seed}`);
  }
});

it('classifiers of two and more classes', () => {
  for (let seed = 100; seed <= 150; seed++) {
    const random = new Random(seed);
    const classes = random.whole(2, 4);
    const one = classes === 2 && random.chance(0.7);
    const ids = one ? [random.whole(0, 1)] : [...Array(classes).keys()];
    const attributes = {
      ...named(random, 'class', ids, 2),
      classlabels_int64s: attr.ints(Array.from({ length: classes }, (_, i) => 7 * i + 2)),
      post_transform: attr.string(['NONE', 'LOGISTIC', 'SOFTMAX'][random.whole(0, 2)] ?? ''),
    };
    const x = random.rows(random.whole(1, 20));
    check('TreeEnsembleClassifier', x, attributes, ['int64', 'float32'], `seed ${seed}`);
  }
});

it('the newer operator, with sets', () => {
  for (let seed = 200; seed <= 230; seed++) {
    const random = new Random(seed);
    const nodes = randomTrees(random, random.whole(1, 4), ['0', '1', '2', '3', '4', '5', '6']);
    const inner = nodes.filter(({ mode }) => mode !== 'LEAF');
    const leaves = nodes.filter(({ mode }) => mode === 'LEAF');
    const at = (list: readonly TreeNode[], tree: number, id: number) =>
      list.findIndex(node => node.tree === tree && node.id === id);
    const child = (key: 'yes' | 'no') =>
      inner.map(node => {
        const leaf = at(leaves, node.tree, node[key]);
        return leaf >= 0 ? { id: leaf, leaf: 1 } : { id: at(inner, node.tree, node[key]), leaf: 0 };
      });
    const [yes, no] = [child('yes'), child('no')];
    const sets = inner.flatMap(({ mode }) =>
      mode === '6' ? [...Array.from({ length: random.whole(0, 3) }, () => random.number()), Number.NaN] : [],
    );
    const float = (values: readonly number[]) => attr.tensor(tensorOf('float32', [values.length], values));
    const attributes = {
      n_targets: attr.int(2),
      tree_roots: attr.ints([...new Set(inner.map(({ tree }) => tree))].map(tree => at(inner, tree, 0))),
      nodes_featureids: attr.ints(inner.map(({ feature }) => feature)),
      nodes_modes: attr.tensor(
        tensorOf(
          'uint8',
          [inner.length],
          inner.map(({ mode }) => Number(mode)),
        ),
      ),
      nodes_splits: float(inner.map(({ split }) => split)),
      nodes_truenodeids: attr.ints(yes.map(({ id }) => id)),
      nodes_trueleafs: attr.ints(yes.map(({ leaf }) => leaf)),
      nodes_falsenodeids: attr.ints(no.map(({ id }) => id)),
      nodes_falseleafs: attr.ints(no.map(({ leaf }) => leaf)),
      nodes_missing_value_tracks_true: attr.ints(inner.map(({ missing }) => missing)),
      membership_values: float(sets),
      leaf_targetids: attr.ints(leaves.map(() => random.whole(0, 1))),
      leaf_weights: float(leaves.map(() => random.number())),
      aggregate_function: attr.int(random.whole(0, 1)),
      post_transform: attr.int(random.whole(0, 2)),
    };
    check('TreeEnsemble', random.rows(9), attributes, ['float32'], `seed ${seed}`);
  }
});

it('a tree that comes back to where it was stays with the interpreter, which says so', () => {
  const attributes = {
    ...named(new Random(1), 'target', [0], 1),
    nodes_treeids: attr.ints([0, 0]),
    nodes_nodeids: attr.ints([0, 1]),
    nodes_featureids: attr.ints([0, 0]),
    nodes_modes: attr.strings(['BRANCH_LEQ', 'LEAF']),
    nodes_values: attr.floats([5, 0]),
    nodes_truenodeids: attr.ints([0, 0]),
    nodes_falsenodeids: attr.ints([1, 0]),
    nodes_missing_value_tracks_true: attr.ints([0, 0]),
  };
  const x = tensorOf('float32', [1, FEATURES], [0, 0, 0, 0, 0]);
  expect(() => check('TreeEnsembleRegressor', x, attributes, ['float32'], 'endless')).toThrow('does not end');
});
