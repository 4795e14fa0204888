// Every trained model in the app: opened, drawn, given sizes where it leaves them open, planned and run.

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, closeBrowser, hasChromium, startApp } from '../support/app.ts';
import { choose, command, rowsOf, runAndWait, showView } from '../support/app-views.ts';
import { trainedModels } from '../support/models.ts';

describe.skipIf(!hasChromium)('trained models', () => {
  let app: App;
  beforeAll(async () => {
    app = await startApp([]);
    // Runs are needed for what the views show of them, not for their times.
    await command(app.page, 'Open Six tensors');
    await choose(app.page, 'Timed runs', '5');
    await command(app.page, 'Close model');
  });
  afterAll(async () => {
    await app.close();
    await closeBrowser();
  });

  test.for(trainedModels())('$name', async ({ name, file }) => {
    const { page } = app;
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Control+o')]);
    const title = `${name}.onnx`;
    await chooser.setFiles({ name: title, mimeType: 'application/octet-stream', buffer: readFileSync(file) });
    await page.getByRole('heading', { name: title, level: 2 }).waitFor();

    await showView(page, 'Graph');
    await page.locator('.react-flow__node').first().waitFor();
    const open = page.getByText('Give the open dimensions a size');
    if ((await open.count()) > 0) await page.getByRole('button', { name: 'Bind' }).click();

    await showView(page, 'Allocation');
    await expect.poll(() => rowsOf(page, 'Memory plan table').then(rows => rows.length)).toBeGreaterThan(0);
    await runAndWait(page, 1);
    await showView(page, 'Operators');
    await expect.poll(() => page.getByRole('gridcell').count()).toBeGreaterThan(0);
    expect(app.complaints).toEqual([]);
    await command(page, 'Close model');
  });
});
