import { expect, test } from 'vitest';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Tensor, ValueId } from '../../../engine/ir/types.ts';
import { sequenceOf } from '../../../engine/reference/datum.ts';
import type { HostView, TensorView } from '../../../engine/runtime/program.ts';
import { RunData } from '../../../engine/runtime/run-data.ts';

/** At most [2, 4], the first axis fixed. */
const bounded: TensorView = {
  value: 3 as ValueId,
  name: 'found',
  dtype: 'int64',
  shape: [2, 4],
  bounded: [false, true],
  space: 'arena',
  offset: 16,
  strides: [4, 1],
};
const host: HostView = { value: 4 as ValueId, name: 'words', space: 'host' };

const memory = () => new SharedArrayBuffer(256);

test('a bounded tensor lies in its capacity by the strides of the capacity', () => {
  const buffer = memory();
  const data = new RunData(buffer, () => 32);
  const tensor = tensorOf('int64', [2, 3], [1, 2, 3, 4, 5, 6]);
  data.write(bounded, tensor);
  expect(data.read(bounded)).toEqual(tensor);
  const stored = Array.from(new BigInt64Array(buffer, 48, 8), Number);
  expect(stored).toEqual([1, 2, 3, 0, 4, 5, 6, 0]);
});

test('its extents are those of the last write, down to none', () => {
  const data = new RunData(memory(), () => 0);
  data.write(bounded, tensorOf('int64', [2, 4], [1, 2, 3, 4, 5, 6, 7, 8]));
  const empty = tensorOf('int64', [2, 0], []);
  data.write(bounded, empty);
  expect(data.read(bounded)).toEqual(empty);
});

test('beyond its capacity it is held outside, for this run', () => {
  const buffer = memory();
  const data = new RunData(buffer, () => 0);
  const large = tensorOf('int64', [2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  data.write(bounded, large);
  expect(data.read(bounded)).toEqual(large);
  expect(new BigInt64Array(buffer).every(element => element === 0n)).toBe(true);
  data.clear();
  expect(() => data.read(bounded)).toThrow('found is read before it is written');
});

test('a fixed axis must fit', () => {
  const fixed: TensorView = { ...bounded, bounded: [false, false] };
  const data = new RunData(memory(), () => 0);
  const wrong = tensorOf('int64', [2, 3], [1, 2, 3, 4, 5, 6]);
  const { bounded: _, ...plain } = fixed;
  expect(() => data.write(plain, wrong)).toThrow('expected int64 [2, 4], got int64 [2, 3]');
});

test('what has no place in memory is held as it is', () => {
  const data = new RunData(memory(), () => 0);
  const words = sequenceOf([{ dtype: 'string', shape: [1], data: ['one'] }]);
  data.write(host, words);
  expect(data.read(host)).toBe(words);
});

test('what lies in memory stays as it is where it is held outside', () => {
  const data = new RunData(memory(), () => 0);
  const fixed: TensorView = {
    ...{ value: 1 as ValueId, name: 'fixed', dtype: 'float32', shape: [2] },
    ...{ space: 'arena', offset: 0, strides: [1] },
  };
  data.write(fixed, tensorOf('float32', [2], [1, 2]));
  data.write(host, data.look(fixed));
  const items = { ...host, value: 9 as ValueId };
  data.write(items, sequenceOf([data.look(fixed) as Tensor]));
  const before = data.read(fixed);
  data.write(fixed, tensorOf('float32', [2], [3, 4]));
  const kept = tensorOf('float32', [2], [1, 2]);
  expect([data.read(host), data.read(items), before]).toEqual([kept, sequenceOf([kept]), kept]);
  expect(data.look(fixed)).toEqual(tensorOf('float32', [2], [3, 4]));
});

test('a part of a capacity is looked at where it lies in a row, and copied otherwise', () => {
  const buffer = memory();
  const data = new RunData(buffer, () => 0);
  const rows: TensorView = { ...bounded, bounded: [true, false] };
  const tensor = tensorOf('int64', [1, 4], [1, 2, 3, 4]);
  data.write(rows, tensor);
  const seen = data.look(rows) as Tensor;
  expect(seen).toEqual(tensor);
  expect((seen.data as BigInt64Array).buffer).toBe(buffer);
  data.write(bounded, tensorOf('int64', [2, 3], [1, 2, 3, 4, 5, 6]));
  expect((data.look(bounded) as Tensor).data).toEqual(BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n));
});
