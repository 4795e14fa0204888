import { expect, test } from 'vitest';
import { openModel } from '../../../../engine/host/open-model.ts';
import { DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { compile } from '../../../../engine/pipeline.ts';
import {
  offlinePlan,
  offlinePlanMetadata,
  readOfflinePlan,
} from '../../../../engine/report/exports/offline-plan.ts';

test('what is written is read again: an offset for every tensor that has a place, −1 for the others', () => {
  for (const name of ['six-tensors', 'mobilenet-v2', 'relu-decoder']) {
    const opened = openModel({ kind: 'sample', name }, {});
    const { report } = compile(opened.graph, DEFAULT_OPTIONS, { read: opened.read, clock: () => 0 });
    const written = offlinePlan(opened.summary, report.asGiven, 'exact');
    const read = readOfflinePlan(offlinePlanMetadata(written));
    expect(read).toHaveLength(written.count);
    const placed = new Map(written.tensors.map(({ index, offset }) => [index, offset]));
    read.forEach((offset, index) => {
      expect(offset, `${name}, tensor ${index}`).toBe(placed.get(index) ?? -1);
    });
    const top = written.tensors.reduce(
      (most, { index, bytes }) => Math.max(most, (read[index] ?? 0) + bytes),
      0,
    );
    expect(top).toBe(written.arenaBytes);
    const again = offlinePlanMetadata({
      ...written,
      tensors: written.tensors.map(tensor => ({ ...tensor, offset: read[tensor.index] ?? -1 })),
    });
    expect(again).toEqual(offlinePlanMetadata(written));
  }
});

const words = (...values: number[]): Uint8Array => new Uint8Array(new Int32Array(values).buffer);

test('padding after the last offset is no offset', () => {
  expect(readOfflinePlan(words(1, 0, 2, 64, -1, 0, 0))).toEqual([64, -1]);
});

test('what the runtime would refuse, or read beyond, is refused', () => {
  expect(() => readOfflinePlan(words(1, 0))).toThrow('found 2');
  expect(() => readOfflinePlan(words(0, 0, 0))).toThrow('expected version 1, found 0');
  expect(() => readOfflinePlan(words(1, 3, 0))).toThrow('found 3');
  expect(() => readOfflinePlan(words(1, 0, 2, 0))).toThrow('found a count of 2');
  expect(() => readOfflinePlan(words(1, 0, -1))).toThrow('found a count of -1');
  expect(() => readOfflinePlan(words(1, 0, 1, -2))).toThrow('found -2');
});
