import { expect, it } from 'vitest';
import { findEntry, findModels } from '../../../renderer/bridge/picked-files.ts';

const picked = (...paths: string[]) => paths.map(path => ({ path, file: new File([], path) }));

it.each([
  [['a.onnx'], 'a.onnx'],
  [['net/data.bin', 'net/model.onnx'], 'net/model.onnx'],
  [['net/old/a.onnx', 'net/b.onnx'], 'net/b.onnx'],
  [['a.pb', 'deep/er/b.onnx'], 'deep/er/b.onnx'],
  [['just-one-file'], 'just-one-file'],
])('the model among %j', (paths, entry) => expect(findEntry(picked(...paths))?.path).toBe(entry));

it('is none among several files of other kinds', () => {
  expect(findEntry(picked('a.txt', 'b.bin'))).toBeUndefined();
  expect(findEntry([])).toBeUndefined();
});

it.each([
  [['a.onnx', 'b.onnx', 'b.data'], ['a.onnx', 'b.onnx'], []],
  [['net/b.onnx', 'net/old/a.onnx', 'net/b.data'], ['net/b.onnx'], ['net/old/a.onnx']],
  [['a.onnx', 'net/b.onnx'], ['a.onnx'], ['net/b.onnx']],
  [['model.pb', 'data.bin'], ['model.pb'], []],
  [['a.txt', 'b.bin'], [], []],
])('of %j opens %j and leaves out %j', (paths, models, leftOut) => {
  const found = findModels(picked(...paths));
  expect(found.models.map(({ path }) => path)).toEqual(models);
  expect(found.leftOut.map(({ path }) => path)).toEqual(leftOut);
});
