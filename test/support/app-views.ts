// What end-to-end tests do in the app again and again: go to a view, choose from a list, read a table, run.

import type { Page } from 'playwright-core';

export const showView = (page: Page, name: string) => page.getByRole('tab', { name, exact: true }).click();

export async function choose(page: Page, list: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: list, exact: true }).click();
  const item = page.getByRole('option', { name: option, exact: true });
  await item.click();
  await item.waitFor({ state: 'detached' });
}

/** Rows of a grid as text per cell, header left out. */
export const rowsOf = (page: Page, grid: string): Promise<string[][]> =>
  page
    .getByRole('grid', { name: grid, exact: true })
    .getByRole('row')
    .filter({ has: page.getByRole('gridcell') })
    .evaluateAll(rows =>
      rows.map(row =>
        [...row.querySelectorAll('[role=gridcell]')].map(cell => (cell.textContent ?? '').trim()),
      ),
    );

/** Presses Run and waits until so many runs are kept. */
export async function runAndWait(page: Page, runs: number): Promise<void> {
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('button', { name: new RegExp(`^Run ${runs}:`) }).waitFor();
}

export const details = (page: Page) => page.getByRole('complementary', { name: 'Details' });

/** Runs a command from the palette by its title. */
export async function command(page: Page, title: string): Promise<void> {
  const palette = page.getByRole('dialog', { name: 'Command palette' });
  await page.keyboard.press('Control+k');
  await palette.getByRole('combobox').fill(title);
  await palette.getByRole('option', { name: title }).first().click();
  await palette.waitFor({ state: 'detached' });
}

/** What a function gives once it gives the same several times in a row: nothing moves any more. */
export async function atRest<T>(page: Page, look: () => Promise<T>): Promise<T> {
  let last = await look();
  for (let times = 0; times < AT_REST; ) {
    await page.evaluate(() => new Promise(resolve => requestAnimationFrame(resolve)));
    const now = await look();
    times = now === last ? times + 1 : 0;
    last = now;
  }
  return last;
}
const AT_REST = 8;

/** What a canvas shows, to be compared with what it showed before. */
export const picture = (page: Page, place: string): Promise<string> =>
  page
    .locator(`${place} canvas`)
    .first()
    .evaluate(canvas => (canvas as HTMLCanvasElement).toDataURL());
