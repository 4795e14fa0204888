import { expect, test } from 'vitest';
import { beforeOf, type OpenModel } from '../../../../renderer/state/app-state.ts';
import { fileNameAmong, modelName, nameAmong } from '../../../../renderer/state/derived/model-name.ts';

const uploaded = (id: string, entry: string): OpenModel =>
  ({ id, summary: { name: 'model.onnx' }, source: { kind: 'upload', upload: id, entry } }) as OpenModel;

const names = (...models: readonly OpenModel[]) => models.map(model => modelName(model, models));

test('models are told apart by their folders, and by numbers where these are the same', () => {
  expect(names(uploaded('a', 'model.onnx'))).toEqual(['model.onnx']);
  expect(names(uploaded('a', 'x/model.onnx'), uploaded('b', 'y/model.onnx'))).toEqual([
    'x/model.onnx',
    'y/model.onnx',
  ]);
  expect(names(uploaded('a', 'model.onnx'), uploaded('b', 'model.onnx'))).toEqual([
    'model.onnx (1)',
    'model.onnx (2)',
  ]);
});

test('the folder shown is the first that differs, however deep the models lie', () => {
  const paths = ['/m/bert/onnx/model.onnx', '/m/gpt/onnx/model.onnx', '/m/gpt/decoder.onnx'];
  expect(paths.map(path => nameAmong(path, paths))).toEqual([
    'bert/…/model.onnx',
    'gpt/…/model.onnx',
    'decoder.onnx',
  ]);
  expect(nameAmong('C:\\m\\bert\\model.onnx', ['D:\\gpt\\model.onnx'])).toBe('bert/model.onnx');
});

test('files are called after what tells the models apart', () => {
  const [a, b] = [uploaded('a', 'bert/model.onnx'), uploaded('b', 'gpt 2/model.onnx')];
  expect(fileNameAmong('model.plan.json', a, [a])).toBe('model.plan.json');
  expect(fileNameAmong('model.plan.json', a, [a, b])).toBe('bert-model.plan.json');
  expect(fileNameAmong('model.plan.json', b, [a, b])).toBe('gpt-2-model.plan.json');
  const same = [uploaded('a', 'model.onnx'), uploaded('b', 'model.onnx')] as const;
  expect(fileNameAmong('model.report.html', same[1], same)).toBe('model-2.report.html');
});

test('the only other model is what the comparison begins with, of several the chosen one', () => {
  const [a, b, c] = ['a', 'b', 'c'].map(id => uploaded(id, id));
  if (!a || !b || !c) throw new Error('there are three');
  expect(beforeOf([a, b], a)).toBe(b);
  expect(beforeOf([a, b, c], a)).toBeUndefined();
  expect(beforeOf([a, b, c], { ...a, against: 'c' })).toBe(c);
});
