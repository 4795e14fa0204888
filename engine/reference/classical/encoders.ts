// Encoders of features and labels (domain ai.onnx.ml), and maps from labels to numbers.

import {
  boolAttribute,
  floatAttribute,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
  stringsAttribute,
  tensorAttribute,
} from '../../ir/attributes.ts';
import { allocate } from '../../ir/dtypes.ts';
import { classLabels } from '../../ir/ops/classical/classical.ts';
import { elementCount, makeTensor } from '../../ir/tensor.ts';
import type { Dtype, Tensor, TensorData } from '../../ir/types.ts';
import { type Call, inputOf, outputDtype, outputShape, type Reference, type References } from '../call.ts';
import { isMaps, mapsOf } from '../datum.ts';
import { fromNumbers, mapNumbers, numbers, takeElements, withShape } from '../elements.ts';
import { labelTensor } from './scores.ts';

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

/** Names to numbers, or numbers to names. */
function numbered(call: Call, names: readonly string[], ids: readonly bigint[]): Tensor[] {
  const input = inputOf(call, 0);
  const dtype = outputDtype(call);
  if (input.dtype === 'string') {
    const table = call.once('table', () => new Map(names.map((name, i) => [name, ids[i]])));
    const otherwise = BigInt(intAttribute(call.node, 'default_int64', -1));
    const texts = input.data as readonly string[];
    const data = new BigInt64Array(texts.length);
    for (let i = 0; i < data.length; i++) data[i] = table.get(texts[i] ?? '') ?? otherwise;
    return [makeTensor(dtype, input.shape, data)];
  }
  const table = call.once('table', () => new Map(ids.map((id, i) => [id, names[i]])));
  const otherwise = stringAttribute(call.node, 'default_string', '_Unused');
  const texts = Array.from(input.data as BigInt64Array, id => table.get(id) ?? otherwise);
  return [makeTensor(dtype, input.shape, texts)];
}

const categoryMapper: Reference = call =>
  numbered(
    call,
    stringsAttribute(call.node, 'cats_strings') ?? [],
    (intsAttribute(call.node, 'cats_int64s') ?? []).map(BigInt),
  );

/** 1 at the place of the category; a category that is not listed gives zeros where that is allowed. */
const oneHotEncoder: Reference = call => {
  const input = inputOf(call, 0);
  const texts = stringsAttribute(call.node, 'cats_strings');
  const categories: readonly (string | number)[] = texts ?? intsAttribute(call.node, 'cats_int64s') ?? [];
  const zeros = boolAttribute(call.node, 'zeros', true);
  const result = new Float64Array(elementCount(outputShape(call)));
  for (let i = 0; i < input.data.length; i++) {
    const element = input.data[i] ?? 0;
    const at = categories.indexOf(texts ? String(element) : Math.trunc(Number(element)));
    if (at >= 0) result[i * categories.length + at] = 1;
    else if (!zeros) throw new RangeError(`${call.node.op}: the category ${element} is unknown`);
  }
  return [fromNumbers('float32', outputShape(call), result)];
};

/** One map per row, from the class labels to the row's scores. */
const zipMap: Reference = call => {
  const scores = inputOf(call, 0);
  const count = scores.shape.at(-1) ?? 0;
  const { dtype } = classLabels(call.node);
  const all = labelTensor(call.node, [...Array(count).keys()]);
  if (all.dtype !== dtype) throw new Error(`${call.node.op}: labels of type ${all.dtype}`);
  return [mapsOf(all, withShape(scores, [scores.data.length / Math.max(1, count), count]))];
};

/** What a map has for each key; a key that is missing gives nothing. */
function lookup(call: Call): ReadonlyMap<Label, Label> {
  const maps = call.data[0];
  if (!isMaps(maps)) throw new Error(`${call.node.op} "${call.node.name}": input 0 is no map`);
  const values = maps.values.data as ArrayLike<Label>;
  return new Map(Array.from(maps.keys.data as ArrayLike<Label>, (key, i) => [key, values[i] ?? 0]));
}

const dictVectorizer: Reference = call => {
  const table = lookup(call);
  const names: readonly Label[] =
    stringsAttribute(call.node, 'string_vocabulary') ??
    (intsAttribute(call.node, 'int64_vocabulary') ?? []).map(BigInt);
  const dtype = outputDtype(call);
  const absent: Label = dtype === 'string' ? '' : dtype === 'int64' ? 0n : 0;
  const data = allocate(dtype, names.length) as Label[] & TensorData;
  for (const [i, name] of names.entries()) data[i] = table.get(name) ?? absent;
  return [makeTensor(dtype, [1, names.length], data)];
};

/** Values in the order of their keys; in sparse form at the places the keys name. */
const castMap: Reference = call => {
  const pairs = [...lookup(call)].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const sparse = stringAttribute(call.node, 'map_form', 'DENSE') === 'SPARSE';
  const width = sparse ? intAttribute(call.node, 'max_map', 1) : pairs.length;
  const dtype = outputDtype(call);
  const data = allocate(dtype, width) as Label[] & TensorData;
  for (const [i, [key, value]] of pairs.entries()) {
    const at = sparse ? Number(key) : i;
    const as = dtype === 'string' ? String(value) : dtype === 'int64' ? BigInt(value) : Number(value);
    if (at < width) data[at] = as;
  }
  return [makeTensor(dtype, [1, width], data)];
};

/** NaN is a key like any other. Before version 2 the labels were numbered. */
const labelEncoder: Reference = call => {
  const classes = stringsAttribute(call.node, 'classes_strings');
  if (classes) {
    const ids = call.once('ids', () => classes.map((_, i) => BigInt(i)));
    return numbered(call, classes, ids);
  }
  const input = inputOf(call, 0);
  const dtype = outputDtype(call);
  const table = call.once('table', () => {
    const [keys = [], values = []] = [labels(call, 'keys'), labels(call, 'values')];
    return new Map(keys.map((key, i) => [key, values[i]]));
  });
  const otherwise = defaultLabel(call, dtype);
  const to = allocate(dtype, input.data.length) as Label[] & TensorData;
  for (const [i, key] of (input.data as readonly Label[]).entries()) to[i] = table.get(key) ?? otherwise;
  return [makeTensor(dtype, input.shape, to)];
};

export const ENCODERS: References = {
  'ai.onnx.ml.ArrayFeatureExtractor': arrayFeatureExtractor,
  'ai.onnx.ml.Binarizer': binarizer,
  'ai.onnx.ml.LabelEncoder': labelEncoder,
  'ai.onnx.ml.CategoryMapper': categoryMapper,
  'ai.onnx.ml.OneHotEncoder': oneHotEncoder,
  'ai.onnx.ml.ZipMap': zipMap,
  'ai.onnx.ml.DictVectorizer': dictVectorizer,
  'ai.onnx.ml.CastMap': castMap,
};
