// Timeline and memory map with the real engine: areas, pins, axes, what stays when the tab is left, replay and two
// strategies side by side.

import { afterAll, describe, expect, test } from 'vitest';
import { closeBrowser, hasChromium, startApp } from '../support/app.ts';
import { atRest, choose, details, picture, rowsOf, runAndWait, showView } from '../support/app-views.ts';

afterAll(closeBrowser);

const CHART = '[role="application"]';

describe.skipIf(!hasChromium)('timeline and memory map', () => {
  test('zoom, areas, pins and the axis of time', async () => {
    const app = await startApp(['sample:mobilenet-v1']);
    const { page } = app;
    try {
      await showView(page, 'Timeline');
      const chart = page.locator(CHART);
      await chart.waitFor();
      await runAndWait(page, 1);
      const box = await chart.boundingBox();
      if (!box) throw new Error('the timeline has no place on the page');
      const y = box.y + 60;
      await page.mouse.move(box.x + 300, y);
      await page.mouse.down();
      await page.mouse.move(box.x + 400, y, { steps: 4 });
      await page.mouse.up();
      await details(page)
        .getByRole('heading', { name: /^Steps \d+ to \d+$/ })
        .waitFor();
      await details(page).getByText('Most live').waitFor();

      // Each of these draws something else.
      let before = await picture(page, CHART);
      const changes = async (act: () => Promise<unknown>): Promise<void> => {
        await act();
        await expect.poll(() => picture(page, CHART)).not.toBe(before);
        before = await picture(page, CHART);
      };
      await chart.focus();
      await changes(() => chart.press('ArrowDown'));
      await changes(() => page.keyboard.press('p'));
      await changes(() => page.keyboard.press('t'));
      await changes(() => choose(page, 'Total', 'By operator'));
      await changes(() => choose(page, 'Rows', 'Packed'));
      await changes(() => chart.press('w'));
      await changes(() => page.keyboard.press('.'));

      // The zoom is still there after another tab.
      await page.mouse.move(0, 0);
      const left = await atRest(page, () => picture(page, CHART));
      await showView(page, 'Graph');
      await showView(page, 'Timeline');
      await expect.poll(() => picture(page, CHART)).toBe(left);
      expect((await rowsOf(page, 'Who owns the peak')).length).toBeGreaterThan(0);
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });

  test('replay of the placements, beside another strategy', async () => {
    const app = await startApp(['sample:six-tensors']);
    const { page } = app;
    try {
      await showView(page, 'Memory map');
      await page.locator(CHART).waitFor();
      await choose(page, 'Plan', 'As given');
      await choose(page, 'Beside', 'Reference count');
      await expect.poll(() => page.locator(CHART).count()).toBe(2);
      await page.getByRole('heading', { name: /^Reference count: \d+ B/ }).waitFor();
      await page.getByRole('button', { name: 'Replay' }).click();
      await page.getByText(/^0 of 6/).waitFor();
      const empty = await atRest(page, () => picture(page, CHART));
      await page.getByRole('button', { name: 'Next placement' }).click();
      await page.getByText(/^1 of 6 · \w, 100 B at/).waitFor();
      await expect.poll(() => picture(page, CHART)).not.toBe(empty);
      await page.getByRole('button', { name: 'Play the placements' }).click();
      await page.getByText(/^6 of 6/).waitFor();
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });
});
