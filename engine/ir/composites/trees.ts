// Ensembles of trees as one table that a kernel walks ('trees.Sum'), with what stands around it as plain operators.
// Invariant: every way through the table ends in a leaf, so that the walk does.

import { intAttribute, intsAttribute, stringAttribute, stringsAttribute } from '../attributes.ts';
import { attr } from '../graph.ts';
import { classLabels } from '../ops/classical/classical.ts';
import { makeTensor, tensorOf } from '../tensor.ts';
import { floatsOf, type Load, MEMBER, namedTrees, numberedTrees, type Trees } from '../trees.ts';
import type { Composer, Expansion } from './composer.ts';

/** `yes` where the feature is at most the split; children are nodes or, as −1 − leaf, leaves. */
interface PlainNode {
  readonly feature: number;
  readonly split: number;
  readonly yes: number;
  readonly no: number;
  /** where a feature goes that is no number */
  readonly missingIsYes: boolean;
}

const word = new Float32Array(1);
const bits = new Int32Array(word.buffer);

/** The largest float32 below a number; NaN, which nothing is at most, where there is none. */
function below(x: number): number {
  word[0] = x;
  const near = word[0] as number;
  if (near < x || Number.isNaN(near)) return near;
  if (near === Number.NEGATIVE_INFINITY) return Number.NaN;
  if (near === 0) return -(2 ** -149);
  bits[0] = (bits[0] as number) + (near > 0 ? -1 : 1);
  return word[0] as number;
}

/** The largest float32 up to a number. */
const upTo = (x: number): number => (Math.fround(x) > x ? below(x) : Math.fround(x));

const LESS_OR_EQUAL = 0;
const LESS = 1;
const GREATER_OR_EQUAL = 2;
const EQUAL = 4;
const NOT_EQUAL = 5;

/** Values that a node compares for equality; undefined where it compares otherwise. */
function valuesOf({ modes, splits, members }: Trees, node: number): readonly number[] | undefined {
  const mode = modes[node] ?? LESS_OR_EQUAL;
  if (mode === MEMBER) return [...(members.get(node) ?? [])];
  return mode === EQUAL || mode === NOT_EQUAL ? [splits[node] ?? 0] : undefined;
}

/** A node as one or more that ask "at most": equality is two of them for each value, strictness the next number. */
function asPlain(trees: Trees, node: number, start: number, place: (child: number) => number): PlainNode[] {
  const mode = trees.modes[node] ?? LESS_OR_EQUAL;
  const feature = trees.features[node] ?? 0;
  const [yes, no] = [place(trees.yes[node] ?? 0), place(trees.no[node] ?? 0)];
  const missing = trees.missingIsYes[node] === 1;
  const values = valuesOf(trees, node);
  if (values?.length === 0) return [{ feature, split: Number.NaN, yes, no, missingIsYes: missing }];
  if (values) {
    const [is, isNot] = mode === NOT_EQUAL ? [no, yes] : [yes, no];
    const missingIs = mode !== NOT_EQUAL && missing;
    return values.flatMap((value, i): PlainNode[] => {
      const [at, next] = [start + 2 * i, i + 1 < values.length ? start + 2 * i + 2 : isNot];
      return [
        { feature, split: upTo(value), yes: at + 1, no: next, missingIsYes: missingIs && i === 0 },
        { feature, split: below(value), yes: next, no: is, missingIsYes: false },
      ];
    });
  }
  const split = trees.splits[node] ?? 0;
  const limit = mode === LESS || mode === GREATER_OR_EQUAL ? below(split) : upTo(split);
  const turned = mode === GREATER_OR_EQUAL || mode === GREATER_OR_EQUAL + 1;
  return turned
    ? [{ feature, split: limit, yes: no, no: yes, missingIsYes: !missing }]
    : [{ feature, split: limit, yes, no, missingIsYes: missing }];
}

interface PlainTrees {
  readonly roots: readonly number[];
  readonly nodes: readonly PlainNode[];
}

function plainTrees(trees: Trees): PlainTrees {
  const starts: number[] = [];
  let total = 0;
  for (const node of trees.features.keys()) {
    starts.push(total);
    const values = valuesOf(trees, node);
    total += values === undefined || values.length === 0 ? 1 : 2 * values.length;
  }
  const place = (child: number): number => (child < 0 ? child : (starts[child] ?? 0));
  const nodes = starts.flatMap((start, node) => asPlain(trees, node, start, place));
  return { roots: trees.roots.map(place), nodes };
}

/** Whether no way through the nodes comes back to where it was, and all children are there. */
function ends({ roots, nodes }: PlainTrees, leaves: number): boolean {
  const [OPEN, DONE] = [1, 2];
  const state = new Uint8Array(nodes.length);
  const isLeaf = (child: number): boolean => child < 0 && -1 - child < leaves;
  const stack = [...roots];
  while (stack.length > 0) {
    const at = stack.at(-1) ?? 0;
    const node = nodes[at];
    if (isLeaf(at) || state[at] === DONE) stack.pop();
    else if (!node) return false;
    else if (state[at] === OPEN) {
      state[at] = DONE;
      stack.pop();
    } else {
      state[at] = OPEN;
      for (const child of [node.yes, node.no]) {
        if (state[child] === OPEN) return false;
        stack.push(child);
      }
    }
  }
  return true;
}

const BYTES_PER_NODE = 16;

/** What all trees add up to for every row and target, as float32. */
function sumOf<V>(c: Composer<V>, x: V, trees: Trees, targets: number): V {
  const plain = plainTrees(trees);
  if (!ends(plain, trees.leaves.length)) c.fail('a tree does not end');
  const place = (child: number): number => (child < 0 ? child : child * BYTES_PER_NODE);
  const nodes = new Int32Array(plain.nodes.length * 4);
  const splits = new Float32Array(nodes.buffer);
  for (const [i, { feature, split, yes, no, missingIsYes }] of plain.nodes.entries()) {
    nodes[4 * i] = 2 * feature + Number(missingIsYes);
    splits[4 * i + 1] = split;
    nodes[4 * i + 2] = place(yes);
    nodes[4 * i + 3] = place(no);
  }
  const features = c.shape(x)[1] ?? 0;
  const entries = trees.leaves.flat();
  const inside =
    plain.nodes.every(({ feature }) => feature >= 0 && feature < features) &&
    entries.every(({ target }) => target >= 0 && target < targets);
  if (!inside || plain.roots.length === 0 || entries.length === 0)
    c.fail('features or targets are not there');
  const ints = (values: readonly number[]): V => c.constant(tensorOf('int32', [values.length], values));
  const starts = [0];
  for (const leaf of trees.leaves) starts.push((starts.at(-1) ?? 0) + leaf.length);
  const weights = entries.map(({ weight }) => weight);
  return c.apply(
    'trees.Sum',
    [
      x,
      c.constant(makeTensor('int32', [plain.nodes.length, 4], nodes)),
      ints(plain.roots.map(place)),
      ints(starts),
      ints(entries.map(({ target }) => target)),
      c.constant(tensorOf('float32', [weights.length], weights)),
    ],
    {
      targets: attr.int(targets),
      missing: attr.int(Number(plain.nodes.some(({ missingIsYes }) => missingIsYes))),
    },
  );
}

function transformed<V>(c: Composer<V>, scores: V, transform: string): V {
  switch (transform) {
    case 'NONE':
      return scores;
    case 'LOGISTIC':
      return c.apply('Sigmoid', [scores]);
    case 'SOFTMAX':
      return c.apply('Softmax', [scores], { axis: attr.int(-1) });
    default:
      return c.fail(`${transform} has no kernel`);
  }
}

const load: Load = constant => {
  if (constant.kind !== 'inline') throw new Error('attributes are read with the graph');
  return constant.tensor;
};

/** Rows of float32 features. */
function rowsOf<V>(c: Composer<V>): V {
  const x = c.input(0);
  const shape = c.shape(x);
  if (c.dtype(x) !== 'float32' || shape.includes(0)) c.fail('expected float32 features');
  return shape.length === 2 ? x : c.reshape(x, [shape.length < 2 ? 1 : (shape[0] ?? 1), shape.at(-1) ?? 1]);
}

function withBase<V>(c: Composer<V>, sums: V): V {
  const base = floatsOf(c.node, 'base_values', load);
  return base.length === 0 ? sums : c.add(sums, c.constant(tensorOf('float32', [base.length], base)));
}

/** Sums or averages of all trees, per target, transformed. */
function regression<V>(
  c: Composer<V>,
  trees: Trees,
  targets: number,
  average: boolean,
  transform: string,
): V[] {
  const sums = sumOf(c, rowsOf(c), trees, targets);
  const scores = average ? c.scaled(sums, 1 / trees.roots.length) : sums;
  return [transformed(c, withBase(c, scores), transform)];
}

function treeEnsembleRegressor<V>(c: Composer<V>): V[] {
  const aggregate = stringAttribute(c.node, 'aggregate_function', 'SUM');
  if (aggregate !== 'SUM' && aggregate !== 'AVERAGE') c.fail(`${aggregate} has no kernel`);
  const transform = stringAttribute(c.node, 'post_transform', 'NONE');
  const trees = namedTrees(c.node, 'target', load);
  return regression(c, trees, intAttribute(c.node, 'n_targets', 1), aggregate === 'AVERAGE', transform);
}

function treeEnsemble<V>(c: Composer<V>): V[] {
  const [AVERAGE, SUM] = [0, 1];
  const aggregate = intAttribute(c.node, 'aggregate_function', SUM);
  if (aggregate !== SUM && aggregate !== AVERAGE) c.fail('this aggregate has no kernel');
  const transform = ['NONE', 'SOFTMAX', 'LOGISTIC'][intAttribute(c.node, 'post_transform', 0)] ?? 'other';
  const trees = numberedTrees(c.node, load);
  return regression(c, trees, intAttribute(c.node, 'n_targets'), aggregate === AVERAGE, transform);
}

/** Labels by index; without names the index is the label. */
function labelled<V>(c: Composer<V>, index: V, classes: number): V {
  const texts = stringsAttribute(c.node, 'classlabels_strings') ?? [];
  const given = intsAttribute(c.node, 'classlabels_int64s') ?? [...Array(classes).keys()];
  const labels =
    texts.length > 0
      ? makeTensor('string', [texts.length], [...texts])
      : tensorOf('int64', [given.length], given);
  return c.apply('Gather', [c.constant(labels), index]);
}

/** The one score of each row [rows, 1] decides between two classes. */
function binary<V>(c: Composer<V>, score: V, id: number, transform: string): V[] {
  const positive = floatsOf(c.node, 'class_weights', load).every(weight => weight >= 0);
  const chosen = c.apply('Greater', [score, c.number(positive ? 0.5 : 0, score)]);
  const label = c.reshape(c.cast(chosen, 'int64'), [c.shape(score)[0] ?? 1]);
  const opposite = c.apply('Neg', [score]);
  const both = (): V => {
    if (id !== 0) return transformed(c, c.concat(1, c.mul(score, c.number(0, score)), score), transform);
    if (transform === 'LOGISTIC') return c.apply('Sigmoid', [c.concat(1, opposite, score)]);
    const other = positive ? c.add(opposite, c.number(1, score)) : opposite;
    return c.concat(1, other, score);
  };
  return [labelled(c, label, 2), both()];
}

function treeEnsembleClassifier<V>(c: Composer<V>): V[] {
  const { node } = c;
  const trees = namedTrees(node, 'class', load);
  const classes = classLabels(node).count;
  const transform = stringAttribute(node, 'post_transform', 'NONE');
  if (transform === 'PROBIT' || transform === 'SOFTMAX_ZERO') c.fail(`${transform} has no kernel`);
  const ids = [...new Set(intsAttribute(node, 'class_ids') ?? [])];
  const sums = sumOf(c, rowsOf(c), trees, classes);
  const [id = 0] = ids;
  if (classes === 2 && ids.length === 1) {
    const base = floatsOf(node, 'base_values', load);
    const start = (base.length === 2 ? base[1] : base[0]) ?? 0;
    const score = c.slice(sums, 1, id, id + 1);
    return binary(c, start === 0 ? score : c.add(score, c.number(start, score)), id, transform);
  }
  const scores = withBase(c, sums);
  const best = c.apply('ArgMax', [scores], { axis: attr.int(1), keepdims: attr.int(0) });
  return [labelled(c, best, classes), transformed(c, scores, transform)];
}

/** Of operators that have facts and a reference of their own. */
export const TREE_EXPANSIONS: Readonly<Record<string, Expansion>> = {
  'ai.onnx.ml.TreeEnsemble': treeEnsemble,
  'ai.onnx.ml.TreeEnsembleClassifier': treeEnsembleClassifier,
  'ai.onnx.ml.TreeEnsembleRegressor': treeEnsembleRegressor,
};
