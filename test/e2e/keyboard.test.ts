// Keys as somebody uses them who never clicks into a view first: after a list was chosen from, right after a view was
// changed, in the graph, in its search, in the palette.

import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { type App, closeBrowser, hasChromium, startApp } from '../support/app.ts';
import { choose, picture, showView } from '../support/app-views.ts';

afterAll(closeBrowser);

const CHART = '[role="application"]';
const planner = (page: Page) => page.getByRole('combobox', { name: 'Planner', exact: true });

async function withApp(args: readonly string[], use: (app: App) => Promise<void>): Promise<void> {
  const app = await startApp(args);
  try {
    await use(app);
    expect(app.complaints).toEqual([]);
  } finally {
    await app.close();
  }
}

/** The key of the graph's thing that has the focus. */
const focused = (page: Page): Promise<string | undefined> =>
  page.evaluate(() =>
    document.activeElement instanceof HTMLElement ? document.activeElement.dataset.scene : undefined,
  );

describe.skipIf(!hasChromium)('the keyboard', () => {
  test('a closed list takes no letters: shortcuts work, and so does undo', () =>
    withApp(['sample:six-tensors'], async ({ page }) => {
      await choose(page, 'Planner', 'Hill climb');
      expect(await planner(page).textContent()).toContain('Hill climb');
      await page.keyboard.press('Control+z');
      await expect.poll(() => planner(page).textContent()).not.toContain('Hill climb');

      await choose(page, 'Planner', 'Best fit');
      await page.keyboard.press('2');
      await page.locator(CHART).waitFor();
      await page.keyboard.press('r');
      expect(await planner(page).textContent()).toContain('Best fit');
    }));

  test('a switch that has the focus leaves Ctrl+Enter to the run, and so does a closed list', () =>
    withApp(['sample:six-tensors'], async ({ page }) => {
      const fusion = page.getByRole('switch', { name: 'Fusion' });
      await fusion.click();
      await expect.poll(() => fusion.getAttribute('aria-checked')).toBe('false');
      await page.keyboard.press('Control+Enter');
      await page.getByRole('button', { name: /^Run 1:/ }).waitFor();
      expect(await fusion.getAttribute('aria-checked')).toBe('false');

      await choose(page, 'Planner', 'Best fit');
      await planner(page).focus();
      await page.keyboard.press('Control+Enter');
      await page.getByRole('button', { name: /^Run 2:/ }).waitFor();
      expect(await page.getByRole('listbox').count()).toBe(0);
    }));

  test.each(['Timeline', 'Memory map'])('%s: W, S, A, D and F right after the view was changed', name =>
    withApp(['sample:mobilenet-v1'], async ({ page }) => {
      await showView(page, name);
      await page.locator(`${CHART} canvas`).first().waitFor();
      await page.mouse.move(0, 0);
      let before = await picture(page, CHART);
      for (const key of ['w', 'w', 'd', 'a', 's', 'f']) {
        await page.keyboard.press(key);
        await expect.poll(() => picture(page, CHART), { message: `after ${key}` }).not.toBe(before);
        before = await picture(page, CHART);
      }
    }),
  );

  test('an expression that never ends is given up, and the page lives', () =>
    withApp(['sample:mobilenet-v1'], async ({ page }) => {
      await page.keyboard.press('Control+f');
      const field = page.getByRole('combobox', { name: 'Find nodes, operators and tensors' });
      await page.getByRole('button', { name: 'Regular expression' }).click();
      await field.fill('(.*)*\\1(.+)+#');
      await page.getByText('Takes too long on this graph').waitFor();
      await field.fill('^Softmax$');
      await page
        .getByRole('option', { name: /Softmax/ })
        .first()
        .waitFor();
    }));

  test('the graph is one stop, and arrows go from operator to operator', () =>
    withApp(['sample:mobilenet-v1'], async ({ page }) => {
      const graph = page.getByRole('region', { name: 'Graph', exact: true });
      // Fused groups are framed once there is a plan: until then everything may move.
      await page.getByRole('button', { name: 'After fusion' }).waitFor();
      await graph.locator('[data-scene]').first().waitFor();
      await graph.focus();
      await page.keyboard.press('Tab');
      expect(await focused(page)).toBeUndefined();

      await graph.focus();
      await page.keyboard.press('ArrowDown');
      await expect.poll(() => focused(page)).toBeDefined();
      const seen = new Set([await focused(page)]);
      // Farther than one screen: the view goes along.
      for (let presses = 0; presses < 24; presses++) {
        const before = await focused(page);
        await page.keyboard.press('ArrowDown');
        // Where the view goes along, nothing has the focus until the next one is drawn.
        await expect.poll(async () => [undefined, before].includes(await focused(page))).toBe(false);
        seen.add(await focused(page));
      }
      expect(seen.size).toBe(25);
      await page.keyboard.press('Space');
      const key = await focused(page);
      await graph.locator(`[data-scene="${key}"][aria-pressed="true"]`).waitFor();
    }));

  test('the palette lists what was typed, and samples by themselves', () =>
    withApp(['sample:six-tensors'], async ({ page }) => {
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog', { name: 'Command palette' }).getByRole('combobox').fill('resnet');
      const options = page.getByRole('option');
      await expect.poll(async () => (await options.first().textContent()) ?? '').toContain('Open ResNet-50');
      await page.keyboard.press('Escape');
      await page.getByRole('menuitem', { name: 'File', exact: true }).click();
      await page.getByRole('menuitem', { name: 'Open sample or recent file…' }).click();
      const dialog = page.getByRole('dialog', { name: 'Open a sample or recent file' });
      await dialog.getByRole('option').first().waitFor();
      const sections = await dialog.getByRole('option').locator('span:first-child').allTextContents();
      expect(new Set(sections).difference(new Set(['Sample', 'Recent'])).size).toBe(0);
      await dialog.getByRole('combobox').fill('decoder');
      await page.keyboard.press('Enter');
      await page
        .getByRole('navigation', { name: 'Open models' })
        .getByText(/decoder/i)
        .waitFor();
    }));

  test('what a command of the palette opens has the focus, wherever it was before', () =>
    withApp(['sample:mobilenet-v2'], async ({ page }) => {
      await planner(page).focus();
      await page.keyboard.press('Control+k');
      await page.keyboard.type('sample or');
      await page.keyboard.press('Enter');
      const list = page.getByRole('dialog', { name: 'Open a sample or recent file' });
      await list.getByRole('option').first().waitFor();
      await page.waitForTimeout(200);
      await page.keyboard.type('resnet');
      expect(await list.getByRole('combobox').inputValue()).toBe('resnet');
      await page.keyboard.press('Escape');
      await planner(page).focus();
      await page.keyboard.press('Control+k');
      await page.keyboard.type('find in graph');
      await page.keyboard.press('Enter');
      const field = page.getByRole('combobox', { name: 'Find nodes, operators and tensors' });
      await field.waitFor();
      await page.waitForTimeout(200);
      await page.keyboard.type('expand');
      expect(await field.inputValue()).toBe('expand');
    }));

  test('the search takes the focus each time it is asked for, and goes to the reader of a weight', () =>
    withApp(['sample:mobilenet-v2'], async ({ page }) => {
      const field = page.getByRole('combobox', { name: 'Find nodes, operators and tensors' });
      await page.keyboard.press('Control+f');
      await field.fill('stage3.0.expand.bn.weight');
      await page.getByRole('region', { name: 'Graph', exact: true }).focus();
      await page.keyboard.press('Control+f');
      await expect
        .poll(() => field.evaluate(input => input === document.activeElement && document.hasFocus()))
        .toBe(true);
      const view = page.locator('.react-flow__viewport');
      const before = await view.evaluate(each => each.style.transform);
      await page.getByRole('option').first().waitFor();
      await page.keyboard.press('Enter');
      await expect.poll(() => view.evaluate(each => each.style.transform)).not.toBe(before);
    }));

  test('the tab of the view shown is on the screen, however narrow it is', () =>
    withApp(['sample:six-tensors'], async ({ page }) => {
      await page.setViewportSize({ width: 800, height: 600 });
      for (const [key, name] of [
        ['9', 'Compare'],
        ['1', 'Graph'],
        ['8', 'Fusion'],
      ] as const) {
        await page.keyboard.press(key);
        const tab = page.getByRole('tab', { name, exact: true, selected: true });
        await tab.waitFor();
        const inside = (): Promise<boolean> =>
          tab.evaluate(each => {
            const [own, list] = [each.getBoundingClientRect(), each.parentElement?.getBoundingClientRect()];
            return list !== undefined && own.left >= list.left - 1 && own.right <= list.right + 1;
          });
        await expect.poll(inside).toBe(true);
      }
    }));
});
