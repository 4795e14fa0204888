// Files that cannot be opened or run: an error that names the place, and what was open stays open.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../engine/ir/graph.ts';
import { writeOnnx } from '../../engine/onnx/write.ts';
import { SAMPLES } from '../../engine/samples/index.ts';
import { closeBrowser, hasChromium, startApp } from '../support/app.ts';
import { modelOf } from '../support/build-graph.ts';

afterAll(closeBrowser);

/** Relu, then an operator nobody knows. */
function unknownOperator(): Uint8Array {
  const graph = new GraphBuilder('strange');
  const x = graph.input('x', 'float32', [1, 8]);
  const y = graph.node('Relu', [x], { name: 'first' });
  const z = graph.node('example.Frobnicate', [y], { name: 'second' });
  graph.output(z);
  return writeOnnx(modelOf(graph.build(), { opsets: { '': 17, example: 1 } }));
}

async function openFile(page: Page, file: string): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Control+o')]);
  await chooser.setFiles(file);
}

describe.skipIf(!hasChromium)('broken files', () => {
  test('say what is wrong and where, and close nothing', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'arenascope-e2e-'));
    const app = await startApp(['sample:six-tensors']);
    const { page } = app;
    try {
      const whole = writeOnnx(SAMPLES.find(({ name }) => name === 'mobilenet-v1')?.build() ?? expect.fail());
      const files = {
        'notes.onnx': new TextEncoder().encode('These are no weights.\n'),
        'empty.onnx': new Uint8Array(),
        'truncated.onnx': whole.subarray(0, whole.length >> 1),
      };
      for (const [name, bytes] of Object.entries(files)) {
        await writeFile(path.join(folder, name), bytes);
        await openFile(page, path.join(folder, name));
        const message = page.getByText(name).and(page.locator(':visible')).first();
        await message.waitFor();
        await page
          .getByText(/byte \d+|expected/)
          .first()
          .waitFor();
        await page.getByRole('button', { name: 'Six tensors', exact: true }).waitFor();
      }

      await writeFile(path.join(folder, 'strange.onnx'), unknownOperator());
      await openFile(page, path.join(folder, 'strange.onnx'));
      // Its graph is shown all the same, and the operator that cannot run is named.
      await page.getByRole('heading', { name: 'strange.onnx', level: 2 }).waitFor();
      await page
        .getByRole('button', { name: /^example\.Frobnicate|^Frobnicate/ })
        .first()
        .waitFor();
      await page
        .getByRole('region', { name: 'Diagnostics' })
        .getByRole('button', { name: 'node "second" (example.Frobnicate)' })
        .waitFor();
      expect(await page.getByRole('button', { name: 'Run', exact: true }).isDisabled()).toBe(true);

      // The sample still runs.
      await page.getByRole('button', { name: 'Six tensors', exact: true }).click();
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByRole('button', { name: /^Run 1:/ }).waitFor();
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
      await rm(folder, { recursive: true });
    }
  });
});
