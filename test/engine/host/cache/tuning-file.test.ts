import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addMeasured, readMeasured } from '../../../../engine/host/cache/tuning-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'arenascope-tuning-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what was measured is kept and added to', () => {
  const file = path.join(folder, 'deep', 'tuning.json');
  expect(readMeasured(file)).toEqual({});
  addMeasured(file, { a: [6, 16] });
  addMeasured(file, { a: [3, 24], b: [2, 32], c: 'rows' });
  expect(readMeasured(file)).toEqual({ a: [3, 24], b: [2, 32], c: 'rows' });
});

test.each(['', '{"a": [6]}', '{"a": [0, 16]}', '{"a": "sideways"}', '[1, 2]'])(
  'a damaged file (%s) counts as none',
  text => {
    const file = path.join(folder, 'tuning.json');
    writeFileSync(file, text);
    expect(readMeasured(file)).toEqual({});
  },
);
