// Operators of ai.onnx.ml against onnxruntime-web, interpreted and compiled.

import { attr } from '../../engine/ir/graph.ts';
import type { Attribute } from '../../engine/ir/types.ts';
import { fixed, floats, i64, type OperatorCase, testAsOther } from '../support/operator-case.ts';

const { ints, int, float, string, floats: list, strings } = attr;

const TRANSFORMS = ['NONE', 'LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO', 'PROBIT'] as const;

const LINEAR: readonly OperatorCase[] = [
  ...TRANSFORMS.slice(0, 4).map(
    (transform): OperatorCase => ({
      op: 'ai.onnx.ml.LinearClassifier',
      inputs: [floats(5, 3)],
      attributes: {
        coefficients: list([0.1, -0.4, 0.7, 0.3, 0.2, -0.1, -0.5, 0.6, 0.4]),
        intercepts: list([0.1, 0.2, -0.3]),
        classlabels_ints: ints([4, 7, 9]),
        post_transform: string(transform),
      },
      outputs: 2,
    }),
  ),
  ...(['NONE', 'LOGISTIC', 'SOFTMAX'] as const).map(
    (transform): OperatorCase => ({
      op: 'ai.onnx.ml.LinearClassifier',
      inputs: [floats(5, 3)],
      attributes: {
        coefficients: list([0.1, -0.4, 0.7]),
        intercepts: list([0.1]),
        classlabels_ints: ints([4, 7]),
        post_transform: string(transform),
      },
      outputs: 2,
    }),
  ),
  {
    op: 'ai.onnx.ml.LinearRegressor',
    inputs: [floats(4, 3)],
    attributes: {
      coefficients: list([0.1, -0.4, 0.7, 1, 2, 3]),
      intercepts: list([0.1, -1]),
      targets: int(2),
    },
  },
];

const FEATURES: readonly OperatorCase[] = [
  {
    op: 'ai.onnx.ml.Scaler',
    inputs: [floats(4, 3)],
    attributes: { offset: list([0.1, -0.4, 0.7]), scale: list([1, 2, 3]) },
  },
  {
    op: 'ai.onnx.ml.Scaler',
    inputs: [i64([2, 3], [1, 2, 3, -4, 5, 6])],
    attributes: { offset: list([0.5]), scale: list([2]) },
  },
  ...['MAX', 'L1', 'L2'].map(
    (norm): OperatorCase => ({
      op: 'ai.onnx.ml.Normalizer',
      inputs: [fixed('float32', [3, 3], [1, 2, 3, 0, 0, 0, 4, 1, 0.5])],
      attributes: { norm: string(norm) },
    }),
  ),
  {
    op: 'ai.onnx.ml.Imputer',
    inputs: [fixed('float32', [2, 3], [1, Number.NaN, 3, Number.NaN, 5, 6])],
    attributes: { imputed_value_floats: list([7, 8, 9]), replaced_value_float: float(Number.NaN) },
  },
  {
    op: 'ai.onnx.ml.Imputer',
    inputs: [i64([2, 3], [1, -1, 3, -1, 5, 6])],
    attributes: { imputed_value_int64s: ints([7]), replaced_value_int64: int(-1) },
  },
  {
    op: 'ai.onnx.ml.FeatureVectorizer',
    inputs: [floats(2, 3), floats(2, 1)],
    attributes: { inputdimensions: ints([3, 1]) },
    fed: [0, 1],
  },
  {
    op: 'ai.onnx.ml.OneHotEncoder',
    inputs: [i64([4], [1, 5, 3, 2])],
    attributes: { cats_int64s: ints([1, 2, 3]), zeros: int(1) },
  },
  {
    op: 'ai.onnx.ml.OneHotEncoder',
    inputs: [fixed('float32', [2, 2], [1, 5, 3, 2])],
    attributes: { cats_int64s: ints([1, 2, 3]), zeros: int(1) },
  },
  { op: 'ai.onnx.ml.Binarizer', inputs: [floats(3, 2)], attributes: { threshold: float(0.5) } },
  {
    op: 'ai.onnx.ml.LabelEncoder',
    inputs: [i64([4], [1, 5, 3, 2])],
    attributes: {
      keys_int64s: ints([1, 2, 3]),
      values_floats: list([0.5, 1.5, 2]),
      default_float: float(-1),
    },
  },
  {
    op: 'ai.onnx.ml.ArrayFeatureExtractor',
    inputs: [floats(3, 4), i64([2], [3, 1])],
  },
];

/** Two trees on two features; the second is deeper. */
const NODES: Readonly<Record<string, Attribute>> = {
  nodes_treeids: ints([0, 0, 0, 1, 1, 1, 1, 1]),
  nodes_nodeids: ints([0, 1, 2, 0, 1, 2, 3, 4]),
  nodes_featureids: ints([0, 0, 0, 1, 0, 0, 0, 0]),
  nodes_values: list([0.3, 0, 0, -0.2, 0.5, 0, 0, 0]),
  nodes_modes: strings(['BRANCH_LEQ', 'LEAF', 'LEAF', 'BRANCH_LT', 'BRANCH_GTE', 'LEAF', 'LEAF', 'LEAF']),
  nodes_truenodeids: ints([1, 0, 0, 1, 3, 0, 0, 0]),
  nodes_falsenodeids: ints([2, 0, 0, 2, 4, 0, 0, 0]),
  nodes_missing_value_tracks_true: ints([1, 0, 0, 0, 0, 0, 0, 0]),
};
const withNaN = fixed('float32', [4, 2], [0.1, -1, 2, 1, Number.NaN, 0.5, 0.8, -0.7]);

const classes = (ids: readonly number[], weights: readonly number[], labels: readonly number[]) => ({
  class_treeids: ints([0, 0, 1, 1, 1]),
  class_nodeids: ints([1, 2, 2, 3, 4]),
  class_ids: ints(ids),
  class_weights: list(weights),
  classlabels_int64s: ints(labels),
});

const TREES: readonly OperatorCase[] = [
  ...['SUM', 'AVERAGE', 'MIN', 'MAX'].map(
    (aggregate): OperatorCase => ({
      op: 'ai.onnx.ml.TreeEnsembleRegressor',
      inputs: [withNaN],
      attributes: {
        ...NODES,
        target_treeids: ints([0, 0, 1, 1, 1]),
        target_nodeids: ints([1, 2, 2, 3, 4]),
        target_ids: ints([0, 0, 0, 0, 0]),
        target_weights: list([0.5, -0.7, 1.1, -2, 0.3]),
        aggregate_function: string(aggregate),
        base_values: list([0.25]),
        n_targets: int(1),
      },
    }),
  ),
  ...TRANSFORMS.slice(0, 4).map(
    (transform): OperatorCase => ({
      op: 'ai.onnx.ml.TreeEnsembleClassifier',
      inputs: [withNaN],
      attributes: {
        ...NODES,
        ...classes([0, 1, 2, 0, 1], [0.5, 0.7, 1.1, 2, 0.3], [3, 5, 8]),
        post_transform: string(transform),
      },
      outputs: 2,
    }),
  ),
  ...TRANSFORMS.slice(0, 3).flatMap((transform): OperatorCase[] =>
    [
      classes([0, 0, 0, 0, 0], [0.5, -0.7, 1.1, -2, 0.3], [3, 5]),
      classes([1, 1, 1, 1, 1], [0.5, 0.1, 0.2, 0, 0.3], [3, 5]),
      classes([0, 0, 0, 0, 0], [0.5, 0.1, 0.2, 0, 0.3], [3, 5]),
    ].map(own => ({
      op: 'ai.onnx.ml.TreeEnsembleClassifier',
      inputs: [withNaN],
      attributes: { ...NODES, ...own, post_transform: string(transform) },
      outputs: 2,
    })),
  ),
];

/** Three classes with two, one and two vectors of two features. */
const MACHINE: Readonly<Record<string, Attribute>> = {
  support_vectors: list([0.1, 0.5, -0.3, 1.2, 0.8, -0.7, 1.5, 0.2, -1, -0.4]),
  vectors_per_class: ints([2, 1, 2]),
  coefficients: list([0.7, 0.3, -0.5, -0.2, -0.4, 0.6, 0.1, 0.9, -0.3, -0.8]),
  rho: list([0.1, -0.2, 0.05]),
  kernel_params: list([0.5, 0.2, 3]),
  classlabels_ints: ints([2, 4, 6]),
};

const MACHINES: readonly OperatorCase[] = [
  ...['LINEAR', 'POLY', 'RBF', 'SIGMOID'].flatMap((kernel): OperatorCase[] => [
    {
      op: 'ai.onnx.ml.SVMClassifier',
      inputs: [floats(5, 2)],
      attributes: { ...MACHINE, kernel_type: string(kernel) },
      outputs: 2,
    },
    {
      op: 'ai.onnx.ml.SVMClassifier',
      inputs: [floats(5, 2)],
      attributes: {
        ...MACHINE,
        kernel_type: string(kernel),
        prob_a: list([-1.2, -0.8, -2]),
        prob_b: list([0.1, -0.2, 0.3]),
      },
      outputs: 2,
    },
    {
      op: 'ai.onnx.ml.SVMRegressor',
      inputs: [floats(5, 2)],
      attributes: {
        support_vectors: list([0.1, 0.5, -0.3, 1.2, 0.8, -0.7]),
        coefficients: list([0.7, 0.3, -0.5]),
        n_supports: int(3),
        rho: list([0.1]),
        kernel_params: list([0.5, 0.2, 3]),
        kernel_type: string(kernel),
      },
    },
  ]),
  {
    op: 'ai.onnx.ml.SVMClassifier',
    inputs: [floats(5, 2)],
    attributes: {
      support_vectors: list([0.1, 0.5, -0.3, 1.2, 0.8, -0.7]),
      vectors_per_class: ints([2, 1]),
      coefficients: list([0.7, 0.3, -1]),
      rho: list([0.1]),
      kernel_params: list([0.5, 0.2, 3]),
      kernel_type: string('RBF'),
      classlabels_ints: ints([2, 4]),
    },
    outputs: 2,
  },
  {
    op: 'ai.onnx.ml.SVMClassifier',
    inputs: [floats(5, 2)],
    attributes: {
      support_vectors: list([0.1, 0.5, -0.3, 1.2, 0.8, -0.7]),
      vectors_per_class: ints([2, 1]),
      coefficients: list([0.7, 0.3, -1]),
      rho: list([0.1]),
      kernel_params: list([0.5, 0.2, 3]),
      kernel_type: string('RBF'),
      prob_a: list([-1.2]),
      prob_b: list([0.1]),
      classlabels_ints: ints([0, 1]),
    },
    outputs: 2,
  },
];

const CASES = [...LINEAR, ...FEATURES, ...TREES, ...MACHINES];

testAsOther(CASES);
