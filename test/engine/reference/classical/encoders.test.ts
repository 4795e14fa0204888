// Encoders of features and labels, and maps: what no other runtime here can be asked about.

import { describe, expect, test } from 'vitest';
import { numbersOf } from '../../../../engine/ir/tensor.ts';
import type { Tensor } from '../../../../engine/ir/types.ts';
import { readContainerProto } from '../../../../engine/onnx/container-proto.ts';
import { type Datum, isMaps, isTensor, mapsOf } from '../../../../engine/reference/datum.ts';
import { evaluateData } from '../../../../engine/reference/interpreter.ts';
import { attr, f32, i64, makeNode, type OpOptions, run } from '../run-op.ts';

const texts = (...data: string[]): Tensor => ({ dtype: 'string', shape: [data.length], data });

function runData(op: string, inputs: readonly Datum[], options: OpOptions): Datum {
  const node = makeNode(op, inputs.length, options);
  const [result] = evaluateData(node, inputs, { read: () => new Uint8Array() });
  if (result === undefined) throw new Error(`${op} gave nothing`);
  return result;
}

describe('labels', () => {
  test('LabelEncoder maps strings to numbers and has a default', () => {
    const attributes = {
      keys_strings: attr.strings(['a', 'b']),
      values_int64s: attr.ints([3, 5]),
      default_int64: attr.int(-7),
    };
    expect(numbersOf(run('ai.onnx.ml.LabelEncoder', [texts('b', 'x', 'a')], { attributes }))).toEqual([
      5, -7, 3,
    ]);
  });

  test('LabelEncoder of version 1 numbers its classes, in both directions', () => {
    const options = { version: 1, attributes: { classes_strings: attr.strings(['a', 'b']) } };
    expect(numbersOf(run('ai.onnx.ml.LabelEncoder', [texts('b', 'x', 'a')], options))).toEqual([1, -1, 0]);
    expect(run('ai.onnx.ml.LabelEncoder', [i64([2], [1, 9])], options).data).toEqual(['b', '_Unused']);
  });

  test('CategoryMapper goes by its two lists', () => {
    const attributes = { cats_strings: attr.strings(['a', 'b']), cats_int64s: attr.ints([40, 50]) };
    expect(numbersOf(run('ai.onnx.ml.CategoryMapper', [texts('b', 'x')], { attributes }))).toEqual([50, -1]);
    expect(run('ai.onnx.ml.CategoryMapper', [i64([1], [40])], { attributes }).data).toEqual(['a']);
  });

  test('OneHotEncoder of strings', () => {
    const attributes = { cats_strings: attr.strings(['a', 'b']) };
    const result = run('ai.onnx.ml.OneHotEncoder', [texts('b', 'x')], { attributes });
    expect([result.shape, numbersOf(result)]).toEqual([
      [2, 2],
      [0, 1, 0, 0],
    ]);
  });
});

describe('maps', () => {
  const attributes = { classlabels_strings: attr.strings(['no', 'yes']) };

  test('ZipMap gives each row its labels', () => {
    const result = runData('ai.onnx.ml.ZipMap', [f32([2, 2], [0.25, 0.75, 1, 0])], { attributes });
    if (!isMaps(result)) throw new Error('no maps');
    expect(result.keys.data).toEqual(['no', 'yes']);
    expect([result.values.shape, numbersOf(result.values)]).toEqual([
      [2, 2],
      [0.25, 0.75, 1, 0],
    ]);
  });

  test('DictVectorizer and CastMap read a map', () => {
    const map = mapsOf(i64([3], [7, 2, 4]), f32([1, 3], [0.5, 1.5, 2.5]));
    const vector = runData('ai.onnx.ml.DictVectorizer', [map], {
      attributes: { int64_vocabulary: attr.ints([2, 9, 7]) },
    });
    expect(isTensor(vector) && numbersOf(vector)).toEqual([1.5, 0, 0.5]);
    const dense = runData('ai.onnx.ml.CastMap', [map], { attributes: {} });
    expect(isTensor(dense) && numbersOf(dense)).toEqual([1.5, 2.5, 0.5]);
    const sparse = runData('ai.onnx.ml.CastMap', [map], {
      attributes: { map_form: attr.string('SPARSE'), max_map: attr.int(6) },
    });
    expect(isTensor(sparse) && numbersOf(sparse)).toEqual([0, 0, 1.5, 0, 2.5, 0]);
  });

  test('a file of maps is read as keys and rows of values', () => {
    const field = (number: number, content: readonly number[]) => [
      number * 8 + 2,
      content.length,
      ...content,
    ];
    const scalar = (value: number) => {
      const bytes = new Uint8Array(Float32Array.of(value).buffer);
      return field(3, [0x10, 1, ...field(9, [...bytes])]);
    };
    const map = (...values: number[]) => field(6, [0x18, 3, 0x18, 5, ...field(5, values.flatMap(scalar))]);
    const { maps } = readContainerProto(Uint8Array.from([...map(0.5, 0.25), ...map(1, 2)]));
    expect(numbersOf(maps?.keys as Tensor)).toEqual([3, 5]);
    expect([maps?.values.shape, numbersOf(maps?.values as Tensor)]).toEqual([
      [2, 2],
      [0.5, 0.25, 1, 2],
    ]);
    expect(() => readContainerProto(Uint8Array.from([...map(1, 2), ...map(1)]))).toThrow('same 2 keys');
  });
});
