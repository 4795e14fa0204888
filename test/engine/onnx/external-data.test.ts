import { expect, it } from 'vitest';
import { loadConstant } from '../../../engine/ir/constants/constant.ts';
import { findValue } from '../../../engine/ir/graph.ts';
import { modelBytes, onnx, open } from './model-bytes.ts';

const EXTERNAL = onnx.TensorProto.DataLocation.EXTERNAL;
const numbers = Float32Array.from({ length: 600 }, (_, i) => i);
const data = { 'dir/sub/w.bin': new Uint8Array(numbers.buffer) };

function openWith(entries: Readonly<Record<string, string>>, dims: readonly number[] = [500]) {
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
  const tensor = { name: 'w', dims: [...dims], dataType: 1, dataLocation: EXTERNAL, externalData };
  const { model, read } = open(modelBytes({ initializer: [tensor] }), data);
  return { model, read, constant: findValue(model.graph, 'w')?.constant };
}

it('large external tensors are ranges of the other file, small ones are read', () => {
  const large = openWith({ location: 'sub/w.bin', offset: '400', length: '2000' });
  expect(large.model.diagnostics).toEqual([]);
  expect(large.constant).toMatchObject({ kind: 'file', file: 'dir/sub/w.bin', offset: 400, length: 2000 });
  expect(large.constant && loadConstant(large.constant, large.read).data).toEqual(numbers.slice(100));
  const small = openWith({ location: 'sub/w.bin' }, [2]);
  expect(small.model.diagnostics).toEqual([]);
  expect(small.constant).toMatchObject({ kind: 'inline', tensor: { data: Float32Array.of(0, 1) } });
});

it.each([
  ['/etc/passwd', 'external-data-refused'],
  ['../w.bin', 'external-data-refused'],
  ['sub/../../w.bin', 'external-data-refused'],
  ['sub\\..\\..\\w.bin', 'external-data-refused'],
  ['C:\\w.bin', 'external-data-refused'],
  ['\\\\host\\w.bin', 'external-data-refused'],
  ['', 'external-data-refused'],
  ['sub/w\0.bin', 'external-data-refused'],
  ['missing.bin', 'external-data-missing'],
])('location %j: %s', (location, id) => {
  const { model, constant } = openWith({ location });
  expect(constant).toBeUndefined();
  expect(findValue(model.graph, 'w')).toMatchObject({ dtype: 'float32', shape: [500] });
  expect(model.diagnostics).toMatchObject([{ severity: 'error', id }]);
  expect(model.diagnostics[0]?.where).toMatch(/^dir\/model\.onnx, byte \d+, tensor "w"$/);
  expect(model.diagnostics[0]?.message).toContain(JSON.stringify(location));
});

it.each([
  [{ offset: '401' }, 'external-data-too-short'],
  [{ offset: '9007199254740993' }, 'external-data-range'],
  [{ offset: '-4' }, 'external-data-range'],
  [{ length: '1e3' }, 'external-data-range'],
  [{ length: '1999' }, 'tensor-size-mismatch'],
])('range %j: %s', (range, id) => {
  const { model } = openWith({ location: 'sub/w.bin', ...range });
  expect(model.diagnostics).toMatchObject([{ severity: 'error', id }]);
});
