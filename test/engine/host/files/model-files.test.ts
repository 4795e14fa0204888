// What a model's own and external files may be.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openModelFiles } from '../../../../engine/host/files/model-files.ts';

test.skipIf(process.platform === 'win32')('a pipe is refused instead of waited for', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'arenascope-test-'));
  const [model, pipe] = [path.join(folder, 'model.onnx'), path.join(folder, 'weights')];
  writeFileSync(model, 'model');
  execFileSync('mkfifo', [pipe]);
  const files = openModelFiles(model);
  expect(() => files.read(pipe, 0, 4)).toThrow('no regular file');
  files.close();
  expect(() => openModelFiles(pipe)).toThrow('no regular file');
});
