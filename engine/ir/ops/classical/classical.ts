// Classical machine learning (domain ai.onnx.ml) beside trees: linear models, support vectors, encoders of features.

import { floatsAttribute, intAttribute, intsAttribute, stringsAttribute } from '../../attributes.ts';
import type { Dtype, Node, Shape } from '../../types.ts';
import { always, dtypeOf, fail, type InferContext, operator, shapeOf } from '../definition.ts';

/** Rows of a matrix; a vector is one row. */
export const rowsOf = (shape: Shape): number => (shape.length < 2 ? 1 : (shape[0] ?? 0));

/** Labels of a classifier and their type; absent ones are 0, 1, … */
export function classLabels(node: Node): { readonly dtype: Dtype; readonly count: number } {
  const texts = stringsAttribute(node, 'classlabels_strings');
  if (texts && texts.length > 0) return { dtype: 'string', count: texts.length };
  const numbers = intsAttribute(node, 'classlabels_int64s') ?? intsAttribute(node, 'classlabels_ints') ?? [];
  return { dtype: 'int64', count: numbers.length };
}

/** Labels and scores per row. */
const classifier = (op: string, columns: (node: Node, labels: number) => number) =>
  operator(`ai.onnx.ml.${op}`, {
    kind: 'trees',
    dtypes: ({ node }) => [classLabels(node).dtype, 'float32'],
    shapes: context => {
      const rows = rowsOf(shapeOf(context, 0));
      return [[rows], [rows, columns(context.node, classLabels(context.node).count)]];
    },
  });

/** Scores of a linear classifier: one per intercept, or per label where one decides between two. */
function linearColumns(node: Node, labels: number): number {
  const scores = floatsAttribute(node, 'intercepts')?.length ?? labels;
  return scores === 1 && labels === 2 ? 2 : scores;
}

/** Scores of a machine: per class, or one for each pair of classes without probabilities. */
function machineColumns(node: Node, labels: number): number {
  const vectors = intsAttribute(node, 'vectors_per_class') ?? [];
  if (vectors.length === 0) return labels;
  const proba = (floatsAttribute(node, 'prob_a')?.length ?? 0) > 0;
  if (proba || labels === 2) return labels;
  return (labels * (labels - 1)) / 2;
}

/** Encoded categories: a new last axis. */
function oneHotShape(context: InferContext): Shape {
  const categories =
    intsAttribute(context.node, 'cats_int64s') ?? stringsAttribute(context.node, 'cats_strings') ?? [];
  return [...shapeOf(context, 0), categories.length];
}

function vectorLength(context: InferContext): Shape {
  const names =
    stringsAttribute(context.node, 'string_vocabulary') ??
    intsAttribute(context.node, 'int64_vocabulary') ??
    fail(context, 'the vocabulary is missing');
  return [1, names.length];
}

const CAST_TO: Readonly<Record<string, Dtype>> = {
  TO_FLOAT: 'float32',
  TO_INT64: 'int64',
  TO_STRING: 'string',
};

function castDtype({ node }: InferContext): Dtype {
  const to = node.attributes.cast_to;
  return CAST_TO[to?.type === 'string' ? to.value : 'TO_FLOAT'] ?? 'float32';
}

export const CLASSICAL = [
  classifier('LinearClassifier', linearColumns),
  classifier('SVMClassifier', machineColumns),
  classifier('TreeEnsembleClassifier', (_, labels) => labels),
  operator('ai.onnx.ml.SVMRegressor', {
    kind: 'trees',
    dtypes: always('float32'),
    shapes: context => [[rowsOf(shapeOf(context, 0)), 1]],
  }),
  operator('ai.onnx.ml.TreeEnsembleRegressor', {
    kind: 'trees',
    dtypes: always('float32'),
    shapes: context => [[rowsOf(shapeOf(context, 0)), intAttribute(context.node, 'n_targets', 1)]],
  }),
  operator('ai.onnx.ml.OneHotEncoder', {
    kind: 'elementwise',
    dtypes: always('float32'),
    shapes: context => [oneHotShape(context)],
  }),
  operator('ai.onnx.ml.CategoryMapper', {
    kind: 'trees',
    dtypes: context => [dtypeOf(context, 0) === 'string' ? 'int64' : 'string'],
  }),
  operator('ai.onnx.ml.ZipMap', {
    kind: 'container',
    container: 'sequence',
    dtypes: always('float32'),
    shapes: () => [],
  }),
  operator('ai.onnx.ml.DictVectorizer', { kind: 'container', shapes: context => [vectorLength(context)] }),
  operator('ai.onnx.ml.CastMap', {
    kind: 'container',
    dtypes: context => [castDtype(context)],
    shapes: ({ node }) => {
      const form = node.attributes.map_form;
      const sparse = form?.type === 'string' && form.value === 'SPARSE';
      return [sparse ? [1, intAttribute(node, 'max_map', 1)] : undefined];
    },
    dataDependent: true,
  }),
  operator('ai.onnx.ml.Binarizer', { kind: 'elementwise' }),
];
