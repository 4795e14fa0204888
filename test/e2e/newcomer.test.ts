// The path of somebody new, by what the screen says and nothing else: start, sample, who owns the peak, planner on,
// fusion on, compare, export.

import { readFile } from 'node:fs/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { closeBrowser, hasChromium, startApp } from '../support/app.ts';
import { choose, details, runAndWait, showView } from '../support/app-views.ts';

afterAll(closeBrowser);

describe.skipIf(!hasChromium)('a newcomer', () => {
  test('gets from the start page to an exported comparison', async () => {
    const app = await startApp([]);
    const { page } = app;
    try {
      // The start page says what to do, and offers something to do it with.
      await page.getByRole('heading', { name: /memory and time go/ }).waitFor();
      await page.getByRole('button', { name: /^MobileNetV1/ }).click();
      await page.getByRole('heading', { name: 'MobileNetV1', level: 2 }).waitFor();

      // Everything off, to see what it brings.
      await page.getByRole('switch', { name: 'Fusion' }).click();
      await choose(page, 'Planner', 'Off');
      await runAndWait(page, 1);
      const peak = (): Promise<string> =>
        page
          .getByLabel('Outcome of these settings')
          .getByText(/[KM]iB$/)
          .first()
          .innerText();
      await expect.poll(peak).toMatch(/MiB/);
      const unplanned = await peak();

      // Who owns the peak: listed under the timeline from the start; a row leads to its tensor.
      await showView(page, 'Timeline');
      const owners = page.getByRole('grid', { name: 'Who owns the peak' });
      await owners.getByRole('row').nth(1).click();
      const name = (
        (await owners.getByRole('row').nth(1).getByRole('gridcell').first().textContent()) ?? ''
      ).trim();
      await details(page).getByText(name).first().waitFor();

      await choose(page, 'Planner', 'Greedy by size');
      await expect.poll(peak).not.toBe(unplanned);
      await runAndWait(page, 2);
      await page.getByRole('switch', { name: 'Fusion' }).click();
      await runAndWait(page, 3);

      await showView(page, 'Compare');
      const totals = page.getByRole('table', { name: 'Totals' });
      await totals.getByRole('row', { name: /^Median/ }).waitFor();
      await page.getByRole('button', { name: 'Export' }).click();
      const [report] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: /report to send/ }).click(),
      ]);
      const html = await readFile(await report.path(), 'utf8');
      expect(html).toContain('MobileNetV1');
      expect(html).not.toMatch(/(src|href)="https?:/);
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });
});
