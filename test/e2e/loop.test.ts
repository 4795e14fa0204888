// The main job in a real browser with the real engine: open, see, toggle, rerun, compare, export.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, test } from 'vitest';
import { writeOnnx } from '../../engine/onnx/write.ts';
import { SAMPLES } from '../../engine/samples/index.ts';
import { closeBrowser, hasChromium, startApp } from '../support/app.ts';
import { choose, rowsOf, runAndWait, showView } from '../support/app-views.ts';

afterAll(closeBrowser);

describe.skipIf(!hasChromium)('the loop', () => {
  test('the six-tensor example, step by step', async () => {
    const app = await startApp(['sample:six-tensors']);
    const { page } = app;
    try {
      await showView(page, 'Allocation');
      await choose(page, 'Planner', 'Reference count');
      await choose(page, 'Plan', 'As given');
      const plan = async () =>
        Object.fromEntries(
          (await rowsOf(page, 'Memory plan table')).map(([name = '', , offset]) => [name, offset]),
        );
      await expect.poll(plan).toEqual({ A: '0 B', B: '100 B', C: '0 B', D: '200 B', E: '100 B', F: '0 B' });
      // Live in each step of the order 1, 2, 4, 3, 5, with their offsets.
      const live = [
        { A: '0 B', B: '100 B' },
        { B: '100 B', C: '0 B' },
        { C: '0 B', E: '100 B' },
        { C: '0 B', E: '100 B', D: '200 B' },
        { E: '100 B', D: '200 B', F: '0 B' },
      ];
      for (const [step, expected] of live.entries()) {
        const rows = async () =>
          Object.fromEntries(
            (await rowsOf(page, 'Allocation table')).map(([name = '', offset]) => [name, offset]),
          );
        await expect.poll(rows, { message: `step ${step}` }).toEqual(expected);
        await page.getByText(`step ${step}, ${step + 1} of ${live.length}`, { exact: true }).waitFor();
        if (step < live.length - 1) await page.getByRole('button', { name: 'Next step' }).click();
      }
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });

  test('open a file beside the sample, toggle, rerun, compare, export', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'arenascope-e2e-'));
    const app = await startApp(['sample:six-tensors']);
    const { page } = app;
    try {
      const model = SAMPLES.find(({ name }) => name === 'mobilenet-v1')?.build();
      if (!model) throw new Error('no such sample');
      const file = path.join(folder, 'mobile.onnx');
      await writeFile(file, writeOnnx(model));
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        page.keyboard.press('Control+o'),
      ]);
      await chooser.setFiles(file);
      await page.getByRole('heading', { name: 'mobile.onnx', level: 2 }).waitFor();
      // What was open stays open.
      await page.getByRole('button', { name: 'Six tensors', exact: true }).waitFor();

      await showView(page, 'Allocation');
      await expect.poll(() => rowsOf(page, 'Allocation table').then(rows => rows.length)).toBeGreaterThan(0);
      await runAndWait(page, 1);
      await page.getByRole('switch', { name: 'Fusion' }).click();
      await choose(page, 'Planner', 'Off');
      await runAndWait(page, 2);

      await showView(page, 'Compare');
      const totals = page.getByRole('table', { name: 'Totals' });
      await totals.waitFor();
      await page.getByRole('button', { name: 'Save Operators compared as CSV' }).waitFor();
      const cells = (row: RegExp) =>
        totals.getByRole('row', { name: row }).getByRole('cell').allTextContents();
      const [medianA, medianB] = await cells(/^Median/);
      expect(medianA).toMatch(/^[\d.,]+ (ns|µs|ms|s)$/);
      expect(medianB).toMatch(/^[\d.,]+ (ns|µs|ms|s)$/);
      const [arenaA, arenaB] = await cells(/^Arena peak/);
      expect(arenaA).toMatch(/MiB$/);
      expect(arenaB).not.toBe(arenaA);

      const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Control+s')]);
      const exported: unknown = JSON.parse(readFileSync(await download.path(), 'utf8'));
      const schema = JSON.parse(
        readFileSync(new URL('../../engine/report/plan.schema.json', import.meta.url), 'utf8'),
      );
      const validate = new Ajv2020({ strict: false }).compile(schema);
      expect(validate(exported), JSON.stringify(validate.errors)).toBe(true);

      await page.getByRole('button', { name: 'Export' }).click();
      const [trace] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: 'Export run as Chrome trace' }).click(),
      ]);
      const events: { traceEvents: readonly { ph: string }[] } = JSON.parse(
        readFileSync(await trace.path(), 'utf8'),
      );
      expect(events.traceEvents.filter(({ ph }) => ph === 'X').length).toBeGreaterThan(20);
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
      await rm(folder, { recursive: true });
    }
  });

  test('one selection in all views', async () => {
    const app = await startApp(['sample:mobilenet-v1']);
    const { page } = app;
    try {
      await showView(page, 'Allocation');
      const row = page.getByRole('grid', { name: 'Memory plan table' }).getByRole('row').nth(3);
      // Where it does not fit, the cell is cut; its title is not.
      const cell = row.getByRole('gridcell').first();
      const name = (await cell.locator('[title]').first().getAttribute('title')) ?? '';
      expect(name).not.toBe('');
      await row.click();
      const details = page.getByRole('complementary', { name: 'Details' });
      await details.getByText(name).first().waitFor();
      await showView(page, 'Graph');
      await details.getByText(name).first().waitFor();
      await page.keyboard.press('Control+f');
      const search = page.getByRole('combobox', { name: 'Find nodes, operators and tensors' });
      await search.fill('Conv');
      await page.getByRole('option').first().waitFor();
      await search.press('ArrowDown');
      await page.keyboard.press('Enter');
      await details.getByText('Conv', { exact: true }).first().waitFor();
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });
});
