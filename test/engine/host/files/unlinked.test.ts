// Models named through links open: to their folder, to the file itself, and to the folder of test data.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Engines } from '../../../../engine/host/engines/engines.ts';
import { foldersFor, unlinked } from '../../../../engine/host/files/unlinked.ts';
import { writeOnnx } from '../../../../engine/onnx/write.ts';
import { SAMPLES } from '../../../../engine/samples/index.ts';

let folder = '';
beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'arenascope-links-')));
  mkdirSync(path.join(folder, 'real'));
  mkdirSync(path.join(folder, 'other'));
  const sample = SAMPLES.find(({ name }) => name === 'six-tensors') ?? expect.fail();
  writeFileSync(path.join(folder, 'real/model.onnx'), writeOnnx(sample.build()));
  symlinkSync(path.join(folder, 'real'), path.join(folder, 'link'));
  symlinkSync(path.join(folder, 'real/model.onnx'), path.join(folder, 'other/alias.onnx'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('paths lose links in their folders and keep their names', () => {
  expect(unlinked(path.join(folder, 'link/model.onnx'))).toBe(path.join(folder, 'real/model.onnx'));
  expect(unlinked(path.join(folder, 'other/alias.onnx'))).toBe(path.join(folder, 'other/alias.onnx'));
  expect(unlinked(path.join(folder, 'link'))).toBe(path.join(folder, 'real'));
  expect(unlinked(path.join(folder, 'missing/model.onnx'))).toBe(path.join(folder, 'missing/model.onnx'));
  expect(foldersFor(path.join(folder, 'other/alias.onnx'))).toEqual([
    path.join(folder, 'other'),
    path.join(folder, 'real'),
  ]);
});

test('engines open models through links', async () => {
  const engines = new Engines();
  try {
    for (const name of ['link/model.onnx', 'other/alias.onnx']) {
      const { summary } = await engines.open({ kind: 'path', path: path.join(folder, name) }, {});
      expect(summary.graph.nodes).toHaveLength(5);
    }
  } finally {
    engines.stop();
  }
});
