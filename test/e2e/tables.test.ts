// Tables, values and the planner's questions with the real engine.

import { readFile } from 'node:fs/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { closeBrowser, hasChromium, startApp } from '../support/app.ts';
import { details, rowsOf, runAndWait, showView } from '../support/app-views.ts';

afterAll(closeBrowser);

describe.skipIf(!hasChromium)('tables', () => {
  test('operators are measured against the machine, filtered, copied and saved', async () => {
    const app = await startApp(['sample:mobilenet-v1']);
    const { page, context } = app;
    try {
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await showView(page, 'Operators');
      await page.getByRole('grid', { name: 'Operators' }).waitFor();
      await runAndWait(page, 1);
      await page.getByRole('columnheader', { name: '% of peak' }).waitFor();
      // What is cut for want of room is there as a whole for who reads by ear, selects or copies.
      const [, operator = '', name = ''] = (await rowsOf(page, 'Operators'))[1] ?? [];
      expect(name).not.toMatch(/^$|…/);
      await page.getByRole('gridcell', { name, exact: true }).first().waitFor();
      await page.getByRole('gridcell', { name: operator, exact: true }).first().waitFor();
      await page.getByRole('searchbox', { name: 'Filter Operators' }).fill('softmax');
      await expect.poll(() => rowsOf(page, 'Operators').then(rows => rows.length)).toBe(1);
      await page.getByRole('button', { name: 'Copy Operators' }).click();
      const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
      await expect.poll(clipboard).not.toBe('');
      const copied = await clipboard();
      expect(copied.split('\n')[0]).toContain('Median (ns)\t');
      expect(copied.split('\n')).toHaveLength(3);
      await page.getByRole('searchbox', { name: 'Filter Operators' }).fill('');
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Save Operators as CSV' }).click(),
      ]);
      const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
      expect(lines.length).toBeGreaterThan(20);
      const peak = lines[0]?.split(',').indexOf('% of peak') ?? -1;
      expect(Number(lines[1]?.split(',')[peak])).toBeGreaterThan(0);
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });

  test('weights have statistics and are saved for NumPy; activations after a probe run', async () => {
    const app = await startApp(['sample:mobilenet-v1']);
    const { page } = app;
    try {
      await showView(page, 'Weights');
      await page.getByRole('grid', { name: 'Weights' }).getByRole('row').nth(1).click();
      await details(page)
        .getByRole('img', { name: /^Histogram of 64 bins/ })
        .waitFor();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        details(page).getByRole('button', { name: 'Save as .npy' }).click(),
      ]);
      expect((await readFile(await download.path())).subarray(1, 6).toString()).toBe('NUMPY');
      await details(page).getByRole('textbox', { name: 'Go to element' }).fill('128');
      await page.keyboard.press('Enter');
      await details(page).getByText(/^128/).first().waitFor();

      await showView(page, 'Allocation');
      await page.getByRole('grid', { name: 'Memory plan table' }).getByRole('row').nth(4).click();
      await details(page).getByText('its time is not a measurement').waitFor();
      await details(page)
        .getByRole('button', { name: /^Run once to see values/ })
        .click();
      await details(page)
        .getByRole('img', { name: /^Histogram/ })
        .waitFor();
      await details(page).getByText('those of a probe run from random, seed 1').waitFor();
      const values = () => details(page).getByRole('row').first().innerText();
      const before = await values();
      await page.keyboard.press('i');
      await page.getByRole('spinbutton', { name: 'Seed of random inputs' }).fill('2');
      await page.keyboard.press('Escape');
      await details(page).getByText('The input data are others now: random, seed 2.').waitFor();
      expect(await values()).toBe(before);
      await details(page)
        .getByRole('button', { name: /^Run once to see values/ })
        .click();
      await details(page).getByText('those of a probe run from random, seed 2').waitFor();
      await expect.poll(values).not.toBe(before);
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });

  test('strategies side by side, what would save more, and whether it fits', async () => {
    const app = await startApp(['sample:six-tensors']);
    const { page } = app;
    try {
      await showView(page, 'Planner');
      await page.getByRole('button', { name: 'Plan with all' }).click();
      const proofs = async (): Promise<readonly (string | undefined)[]> =>
        (await rowsOf(page, 'Strategies')).map(cells => cells[4]);
      await expect.poll(proofs).not.toContain('–');
      expect(await proofs()).toContain('✓ optimal');
      await page.getByRole('button', { name: 'Look for savings' }).click();
      await page.getByRole('img', { name: /^Peak against extra work/ }).waitFor();
      const form = page.getByRole('form', { name: 'Does it fit' });
      await form.getByRole('textbox', { name: 'Into' }).fill('64');
      await form.getByRole('button', { name: 'Find a plan' }).click();
      await page.getByText(/^Fits into 64 KiB/).waitFor();

      // 300 bytes go into three memories, the cheap one first; two of 102 bytes hold two tensors.
      const typed = (name: string) => form.getByRole('textbox', { name });
      await form.getByRole('button', { name: 'Add a memory' }).click();
      for (const [place, kib] of ['0.1', '0.1', '1'].entries()) {
        await typed(`Size of memory ${place + 1} in KiB`).fill(kib);
      }
      await typed('Cost of memory 3 per byte').fill('-1');
      await form.getByRole('button', { name: 'Find a plan' }).click();
      await form.getByRole('alert').waitFor();
      await typed('Cost of memory 3 per byte').fill('20');
      await typed('Name of memory 3').fill('flash');
      await form.getByRole('button', { name: 'Find a plan' }).click();
      await page.getByText(/^Fits into 3 memories/).waitFor();
      const flash = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'flash' }) });
      await flash.waitFor();
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });
});
