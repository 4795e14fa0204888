// Runs in a real browser with the real engine: input data, two runs in every view, what fusing a group bought, two
// models, files for other tools, the report, and a page that is loaded again.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Download, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeNpy } from '../../engine/host/files/npy.ts';
import { tensorOf } from '../../engine/ir/tensor.ts';
import type { Model } from '../../engine/ir/types.ts';
import { writeOnnx } from '../../engine/onnx/write.ts';
import { SAMPLES } from '../../engine/samples/index.ts';
import { closeBrowser, hasChromium, startApp } from '../support/app.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'arenascope-e2e-'));
});
afterAll(async () => {
  await closeBrowser();
  await rm(folder, { recursive: true });
});

const view = (page: Page, name: string) => page.getByRole('tab', { name, exact: true }).click();
const run = async (page: Page, number: number): Promise<void> => {
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await kept(page, number);
};
const kept = (page: Page, number: number): Promise<void> =>
  page.getByRole('button', { name: new RegExp(`^Run ${number}:`) }).waitFor();
const fewRuns = async (page: Page): Promise<void> => {
  await page.getByRole('combobox', { name: 'Timed runs' }).click();
  await page.getByRole('option', { name: '5', exact: true }).click();
};
const openFile = async (page: Page, file: string): Promise<void> => {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Control+o')]);
  await chooser.setFiles(file);
  await page.getByRole('heading', { name: path.basename(file), level: 2 }).waitFor();
};
const textOf = async (download: Download): Promise<string> => readFileSync(await download.path(), 'utf8');

function sample(name: string): Model {
  const model = SAMPLES.find(candidate => candidate.name === name)?.build();
  if (!model) throw new Error(`there is no sample ${name}`);
  return model;
}

describe.skipIf(!hasChromium)('runs', () => {
  test('input data: an image, a file that does not fit, random again', async () => {
    const app = await startApp(['sample:mobilenet-v1']);
    const { page } = app;
    try {
      await fewRuns(page);
      const image = await page.evaluate(async () => {
        const canvas = new OffscreenCanvas(8, 6);
        const context = canvas.getContext('2d');
        context?.fillRect(0, 0, 8, 6);
        return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
      });
      const dialog = page.getByRole('dialog', { name: 'Input data' });
      const give = async (name: string, bytes: Uint8Array): Promise<void> => {
        await page.getByRole('button', { name: /^Input:/ }).click();
        const [chooser] = await Promise.all([
          page.waitForEvent('filechooser'),
          dialog.getByRole('button', { name: /\.npy/ }).click(),
        ]);
        await chooser.setFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) });
        await dialog.getByText(name).waitFor();
      };
      const close = async (): Promise<void> => {
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
      };
      await give('black.png', Uint8Array.from(image));
      await close();
      await run(page, 1);
      await page.getByTitle(/Input: image: black\.png, 0 to 1, RGB/).waitFor();

      await give('small.npy', writeNpy(tensorOf('float32', [2], [1, 2]), 'small'));
      // What does not fit is said where it was chosen, and not taken.
      await dialog
        .getByRole('alert')
        .getByText('small.npy: Expected float32 1×3×224×224, found float32 2.')
        .waitFor();
      await close();
      // NumPy's default type is converted, and where it cannot be the first such value is named.
      const doubles = (value: number) =>
        writeNpy(
          {
            dtype: 'float64',
            shape: [1, 3, 224, 224],
            data: Float64Array.from({ length: 150_528 }, (_, at) => (at === 225 ? value : 0.1)),
          },
          'doubles',
        );
      await give('huge.npy', doubles(1e300));
      await dialog
        .getByRole('alert')
        .getByText('huge.npy: expected values that float32 can hold, found 1e+300 (float64) at [0, 0, 1, 1]')
        .waitFor();
      await close();
      await give('doubles.npy', doubles(0.5));
      await dialog.getByText('doubles.npy, float64 as float32').waitFor();
      await close();
      await give('black.png', Uint8Array.from(image));
      await close();
      await give('text.pb', new TextEncoder().encode('no tensor'));
      const told = (await dialog.getByRole('alert').textContent()) ?? '';
      expect(told).toContain('text.pb: expected a TensorProto');
      expect(told).not.toContain('/tmp/');
      await dialog.getByText('black.png, 0 to 1, RGB').waitFor();
      await page.getByRole('button', { name: 'Random values for image' }).click();
      await page.keyboard.press('Escape');
      await run(page, 2);
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });

  test('two runs in every view, measured together', async () => {
    const app = await startApp(['sample:mobilenet-v1']);
    const { page } = app;
    try {
      await fewRuns(page);
      await view(page, 'Compare');
      await page.getByRole('button', { name: 'Measure fusion off against on' }).click();
      await kept(page, 2);
      await page.getByText('Measured together, in turns.').waitFor();
      await page.getByRole('button', { name: 'In every view' }).click();
      const bar = page.getByRole('region', { name: 'Comparison of A and B' });
      for (const name of ['Graph', 'Timeline', 'Memory map', 'Allocation', 'Operators', 'Fusion']) {
        await view(page, name);
        await bar.getByText('measured together').waitFor();
      }
      await view(page, 'Operators');
      const row = page.getByRole('grid', { name: 'Operators' }).getByRole('row').nth(1);
      // The fused step of B against the sum of its members in A.
      await expect.poll(() => row.textContent()).toMatch(/\(sum of 2\)/);
      await view(page, 'Memory map');
      await page.getByText(/^A, run 1: /).waitFor();
      // Only A has steps of the family: its map is in the legend too.
      await page.getByRole('list', { name: 'Colours' }).getByText('Elementwise').waitFor();
      await view(page, 'Graph');
      await page.getByText(/green: B is faster; orange: slower|every difference may be noise/).waitFor();
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });

  test('a fused group: its code, and what it gained', async () => {
    const app = await startApp(['sample:mobilenet-v1']);
    const { page } = app;
    try {
      await fewRuns(page);
      await view(page, 'Fusion');
      // Until a group is chosen the whole model is told of.
      const whole = page.getByRole('article', { name: 'The whole model' });
      for (const row of [
        /^Operators, kernels 85 30 35\.3 %/,
        /^Loop iterations /,
        /^Between members 19\.2 MiB 0 B 0 %/,
      ])
        await whole.getByRole('row', { name: row }).waitFor();
      await page.getByRole('grid', { name: 'Fused groups' }).getByRole('row').nth(1).click();
      const group = page.getByRole('article', { name: 'Fused group' });
      await group.getByRole('button', { name: /Generated code/ }).click();
      const code = group.getByRole('region', { name: 'Generated code' });
      await expect.poll(() => code.textContent()).toMatch(/^export function .*begin: i32/);
      expect(await code.textContent()).toMatch(/local v128 \S+/);
      await group.getByRole('button', { name: 'Measure with and without' }).click();
      await kept(page, 2);
      await group.getByText(/Runs 1 and 2, measured together/).waitFor();
      await group.getByRole('row', { name: 'Steps added up 2 1' }).waitFor();
      await page.setViewportSize({ width: 1100, height: 800 });
      expect(await group.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
      await page.setViewportSize({ width: 1280, height: 800 });
      // Settings that stand elsewhere than at first are counted in the toolbar, which stays one line.
      await page.getByRole('button', { name: 'More' }).click();
      await page.getByRole('switch', { name: 'Winograd' }).click();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'More (1)' }).waitFor();
      const bar = await page.getByRole('toolbar', { name: 'Settings and run' }).boundingBox();
      expect(bar?.height).toBeLessThan(48);
      // The panel beside it tells of one run, and says of which.
      await page.getByRole('complementary', { name: 'Details' }).getByText('In run').waitFor();
      await group.getByText(/Largest error of the outputs/).waitFor();
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });

  test('two versions of a model, and both again after the page was loaded again', async () => {
    const model = sample('mobilenet-v1');
    const nodes = model.graph.nodes.map(node =>
      node.op === 'Softmax' ? { ...node, op: 'Sigmoid', attributes: {} } : node,
    );
    const [before, after] = [path.join(folder, 'before.onnx'), path.join(folder, 'after.onnx')];
    await writeFile(before, writeOnnx(model));
    await writeFile(after, writeOnnx({ ...model, graph: { ...model.graph, nodes } }));
    const app = await startApp(['sample:six-tensors']);
    const { page } = app;
    try {
      await openFile(page, before);
      await openFile(page, after);
      await page.keyboard.press('Shift+V');
      await page.getByRole('combobox', { name: 'Before' }).click();
      await page.getByRole('option', { name: /^before\.onnx/ }).click();
      await page.getByText('0 added, 0 removed, 1 changed').waitFor();
      await page.getByText('operator: Softmax → Sigmoid').waitFor();
      await page.getByRole('table', { name: 'Models side by side' }).getByText('Arena peak').waitFor();
      await page.getByRole('button', { name: 'Show in the graph' }).click();
      await page.getByText('green: added; yellow: changed; red: removed').waitFor();

      await page.reload();
      for (const name of ['Six tensors', 'before.onnx', 'after.onnx'])
        await page.getByRole('button', { name, exact: true }).waitFor();
      await page.getByRole('heading', { name: 'after.onnx', level: 2 }).waitFor();
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });

  test('runs, what is compared, pinned and selected, and the settings before, after the page was loaded again', async () => {
    const app = await startApp(['sample:mobilenet-v1']);
    const { page } = app;
    try {
      await fewRuns(page);
      await view(page, 'Compare');
      await page.getByRole('button', { name: 'Measure fusion off against on' }).click();
      await kept(page, 2);
      await page.getByRole('switch', { name: 'Fusion' }).click();
      await view(page, 'Timeline');
      await page.getByRole('grid', { name: 'Who owns the peak' }).getByRole('row').nth(1).click();
      await page.keyboard.press('p');
      const details = page.getByRole('complementary', { name: 'Details' });
      const selected = await details.getByRole('heading', { level: 2 }).textContent();

      await page.reload();
      await kept(page, 2);
      await page.getByRole('tab', { name: 'Timeline', selected: true }).waitFor();
      await details.getByRole('heading', { level: 2, name: selected ?? '' }).waitFor();
      expect(await page.getByRole('switch', { name: 'Fusion' }).isChecked()).toBe(false);
      expect(
        await page.getByRole('button', { name: 'Compare run 1 as A' }).getAttribute('aria-pressed'),
      ).toBe('true');
      // The run shown is the one with these settings; its report still is the engine's, so that it can be exported.
      await view(page, 'Compare');
      await page.getByText('Measured together, in turns.').waitFor();
      await page.getByRole('button', { name: 'Export' }).click();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: 'Export run as Chrome trace' }).click(),
      ]);
      expect(JSON.parse(await textOf(download)).traceEvents.length).toBeGreaterThan(50);
      await page.getByRole('button', { name: 'Undo setting' }).click();
      await expect.poll(() => page.getByRole('switch', { name: 'Fusion' }).isChecked()).toBe(true);
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });

  test('files for other tools, and a report that loads nothing', async () => {
    const app = await startApp(['sample:mobilenet-v1']);
    const { page } = app;
    try {
      await fewRuns(page);
      await run(page, 1);
      const save = async (item: string): Promise<Download> => {
        await page.getByRole('button', { name: 'Export' }).click();
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('menuitem', { name: item }).click(),
        ]);
        return download;
      };
      const plan = JSON.parse(await textOf(await save('Export plan as JSON')));
      expect(plan.measurements.length).toBe(1 + plan.plans[1].steps.length);
      const metadata = readFileSync(
        await (await save('Export offline plan for TFLite Micro as metadata')).path(),
      );
      expect(metadata.length).toBe(12 + 4 * metadata.readInt32LE(8));
      const others = {
        'Export run as ONNX Runtime profile': /_kernel_time/,
        'Export offline plan for TFLite Micro as C': /buffer_plan_entries/,
        'Export attachment for Netron': /netron:attachment/,
        'Export node data for Model Explorer': /"results"/,
        'Export planning problem as CSV': /^id,lower,upper,size/,
      };
      for (const [item, expected] of Object.entries(others))
        expect(await textOf(await save(item))).toMatch(expected);

      const report = path.join(folder, 'report.html');
      await (await save('Export report to send (HTML)')).saveAs(report);
      const reader = await app.context.newPage();
      const requested: string[] = [];
      const errors: string[] = [];
      reader.on('request', request => requested.push(request.url()));
      reader.on('console', message => message.type() === 'error' && errors.push(message.text()));
      await reader.goto(`file://${report}`);
      expect(requested).toEqual([`file://${report}`]);
      expect(errors).toEqual([]);
      expect(await reader.locator('figure svg').count()).toBeGreaterThanOrEqual(3);
      await reader.getByRole('heading', { name: 'Slowest steps' }).waitFor();
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });
});
