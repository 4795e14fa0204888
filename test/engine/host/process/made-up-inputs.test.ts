// A run that brings no inputs makes them up: whole numbers that turn out to be stray indices must not end it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openModel } from '../../../../engine/host/process/open-model.ts';
import { Prepared } from '../../../../engine/host/process/prepared-session.ts';
import { GraphBuilder } from '../../../../engine/ir/graph.ts';
import type { Model } from '../../../../engine/ir/types.ts';
import { onnxChunks } from '../../../../engine/onnx/write.ts';
import { compileOptions } from '../../../../engine/options.ts';
import { modelOf } from '../../../support/build-graph.ts';

const TABLE = [5, 7];

/** Row x + x of a table of two: outside it for x = 1, which is half of what whole numbers are made up as. */
function doubledIndex(): Model {
  const b = new GraphBuilder('doubled');
  const x = b.input('x', 'int64', [1]);
  const table = b.constant('table', { dtype: 'float32', shape: [2], data: new Float32Array(TABLE) });
  b.output(b.node('Gather', [table, b.node('Add', [x, x])]));
  return modelOf(b.build());
}

test('with every seed a computed index is inside its axis', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'arenascope-made-up-'));
  const file = path.join(folder, 'model.onnx');
  writeFileSync(file, Buffer.concat([...onnxChunks(doubledIndex())]));
  const model = openModel({ kind: 'path', path: file }, {});
  const work = { cancel: new Int32Array(new SharedArrayBuffer(4)), progress() {} };
  try {
    for (let seed = 0; seed < 8; seed++) {
      const inputs = { kind: 'seeded' as const, seed };
      const request = { options: compileOptions.parse({}), inputs, warmUp: false };
      const prepared = await Prepared.create(model, request, work);
      expect(
        prepared.outputs().map(({ tensor }) => [...tensor.data]),
        `seed ${seed}`,
      ).toEqual([TABLE.slice(0, 1)]);
      prepared.close();
    }
  } finally {
    model.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
