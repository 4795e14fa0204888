// The app's budgets, measured in a real Chromium with the real engine: how long until a graph is drawn, how long a
// frame takes while panning and zooming, and how long the page is blocked. Prints a row per budget; status 1 if one is
// missed. Run it on a quiet machine: `npm run bench:app`.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { writeOnnx } from '../../engine/onnx/write.ts';
import { closeBrowser, startApp } from '../support/app.ts';
import { writeLargeModel } from '../support/large-model.ts';
import { manyNodes } from '../support/many-nodes.ts';
import { METER, type Meter } from './app-meter.ts';

declare global {
  interface Window {
    readonly meter: Meter;
  }
}

interface Figure {
  readonly what: string;
  readonly ms: number;
  readonly budgetMs: number;
}

const figures: Figure[] = [];

function report(what: string, ms: number, budgetMs: number): void {
  figures.push({ what, ms, budgetMs });
  const verdict = ms <= budgetMs ? 'ok' : 'MISSED';
  process.stdout.write(`${verdict.padEnd(7)} ${ms.toFixed(1).padStart(8)} ms  of ${budgetMs} ms  ${what}\n`);
}

const VIEW = { width: 1920, height: 1080 };
/** The graph, once all of it that is on the screen is drawn. */
const DRAWN = '[aria-label="Graph"][aria-busy="false"]';

const FRAME_MS = 16.7;
/** Chromium tells frames apart by its own clock: 16.7 is 16.66 rounded. */
const FRAME_BUDGET_MS = FRAME_MS + 0.1;
const BLOCK_MS = 100;

const graph = (page: Page) => page.getByRole('region', { name: 'Graph', exact: true });
const view = (page: Page, name: string) => page.getByRole('tab', { name, exact: true }).click();

/** Reports the longest block of the main thread since the last call. */
async function reportBlock(page: Page, what: string): Promise<void> {
  await page.waitForTimeout(300);
  report(
    `longest block of the page: ${what}`,
    await page.evaluate(() => window.meter.longestBlock()),
    BLOCK_MS,
  );
}

async function resnet(): Promise<void> {
  const app = await startApp([], { width: 1920, height: 1080 });
  const { page } = app;
  try {
    await page.addInitScript(METER);
    await page.reload();
    const sample = page.getByRole('button', { name: /^ResNet-50/ }).first();
    await sample.waitFor();
    await reportBlock(page, 'starting the app');
    const ms = await sample.evaluate(
      (button, drawn) => window.meter.until(() => (button as HTMLElement).click(), drawn),
      DRAWN,
    );
    report('ResNet-50: from the click to the graph', ms, 1000);
    await page.waitForTimeout(3000);
    await reportBlock(page, 'opening ResNet-50');
  } finally {
    await app.close();
  }
}

/** Frames while the wheel turns over the middle of an element, at the zoom it has. */
async function frames(page: Page, what: string, selector: string, ctrl: boolean): Promise<void> {
  const ms = await page.evaluate(([selector, ctrl]) => window.meter.wheel(selector, ctrl, 60), [
    selector,
    ctrl,
  ] as const);
  report(`${what}: median frame ${ctrl ? 'zooming' : 'panning'}`, ms, FRAME_BUDGET_MS);
}

const GRAPH_PANE = '[aria-label="Graph"] .react-flow__pane';

async function largeGraph(page: Page): Promise<void> {
  await reportBlock(page, 'opening 10,000 nodes');
  for (const name of ['as opened', 'whole graph', 'close']) {
    if (name === 'whole graph') await graph(page).press('f');
    if (name === 'close') await page.evaluate(pane => window.meter.wheel(pane, true, 40, -120), GRAPH_PANE);
    await page.waitForTimeout(300);
    await frames(page, `collapsed graph, ${name}`, GRAPH_PANE, false);
    await frames(page, `collapsed graph, ${name}`, GRAPH_PANE, true);
  }
  await reportBlock(page, 'moving in the collapsed graph');
  const expanded = await page.evaluate(() =>
    window.meter.until(
      () => window.meter.press('E', { shiftKey: true }),
      '[aria-label="Graph"][data-nodes]:not([data-nodes="0"])',
      element => Number((element as HTMLElement).dataset.nodes) > 5000,
    ),
  );
  report('expanded: from the key to the graph', expanded, 10_000);
  await reportBlock(page, 'expanding 10,000 nodes');
  for (const name of ['as expanded', 'whole graph', 'middle', 'close']) {
    if (name === 'whole graph') await graph(page).press('f');
    if (name === 'middle' || name === 'close')
      await page.evaluate(pane => window.meter.wheel(pane, true, 30, -120), GRAPH_PANE);
    await page.waitForTimeout(300);
    await frames(page, `expanded graph, ${name}`, GRAPH_PANE, false);
    await frames(page, `expanded graph, ${name}`, GRAPH_PANE, true);
  }
  await reportBlock(page, 'moving in the expanded graph');
}

async function searching(page: Page): Promise<void> {
  await page.keyboard.press('Control+f');
  await page.locator('input[type=search]').first().waitFor();
  for (const query of ['softmax', 'stages.3 blocks.2', 'no such thing', 'blocks\\.1[0-9]']) {
    if (query.includes('[')) await page.getByRole('button', { name: 'Regular expression' }).click();
    const ms = await page.evaluate(query => window.meter.type('input[type=search]', query), query);
    report(`search for ${query}`, ms, 50);
  }
  await page.keyboard.press('Escape');
}

async function charts(page: Page): Promise<void> {
  for (const name of ['Timeline', 'Memory map']) {
    await view(page, name);
    const surface = '[role="application"]';
    await page.locator(surface).waitFor();
    await reportBlock(page, `showing the ${name.toLowerCase()}`);
    for (const zoom of ['whole', 'middle', 'close']) {
      if (zoom !== 'whole') await page.evaluate(s => window.meter.wheel(s, true, 30, -120), surface);
      await frames(page, `${name.toLowerCase()}, ${zoom}`, surface, false);
      await frames(page, `${name.toLowerCase()}, ${zoom}`, surface, true);
    }
    await page.locator(surface).press('f');
    const drawn = await page.evaluate(s => window.meter.drawing(s), surface);
    report(`${name.toLowerCase()}: all tensors drawn again`, drawn, 10);
    await reportBlock(page, `moving in the ${name.toLowerCase()}`);
  }
}

async function selecting(page: Page): Promise<void> {
  for (const [name, grid] of [
    ['Timeline', 'Who owns the peak'],
    ['Memory map', 'Who owns the peak'],
    ['Allocation', 'Memory plan table'],
    ['Operators', 'Operators'],
  ] as const) {
    await view(page, name);
    await page.getByRole('grid', { name: grid }).waitFor();
    const ms = await page.evaluate(grid => window.meter.select(grid, 12), grid);
    report(`a selection reaches details and ${name.toLowerCase()}`, ms, 50);
  }
  await view(page, 'Graph');
  await graph(page).waitFor();
  await page.waitForTimeout(500);
  const ms = await page.evaluate(() => window.meter.keys('[aria-label="Graph"]', ']', 12));
  report('a selection reaches details and graph', ms, 50);
}

async function large(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'arenascope-bench-'));
  const file = path.join(folder, 'large.onnx');
  await writeFile(file, writeOnnx(manyNodes()));
  const app = await startApp([], { width: 1920, height: 1080 });
  const { page } = app;
  try {
    await page.addInitScript(METER);
    await page.reload();
    const open = page.getByRole('button', { name: 'Open file…' });
    await open.waitFor();
    await page.waitForTimeout(500);
    await page.evaluate(() => window.meter.longestBlock());
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), open.click()]);
    const drawn = page.evaluate(selector => window.meter.until(() => {}, selector), DRAWN);
    await chooser.setFiles(file);
    report('10,000 nodes: from the file to the collapsed graph', await drawn, 2000);
    await view(page, 'Timeline');
    await page.locator('[role="application"]').waitFor({ timeout: 300_000 });
    await view(page, 'Graph');
    await graph(page).waitFor();
    await largeGraph(page);
    await searching(page);
    await reportBlock(page, 'searching');
    await charts(page);
    await selecting(page);
  } finally {
    await app.close();
    await rm(folder, { recursive: true });
  }
}

/** To the graph from asking for the model, once the page is there, and from a chosen file. */
async function halfGigabyte(what: string, layers: number, width: number): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'arenascope-bench-'));
  const file = writeLargeModel(folder, { layers, width, weights: 'raw' });
  const app = await startApp([file], VIEW);
  const { page } = app;
  try {
    await page.addInitScript(METER);
    await page.reload();
    const drawn = (selector: string) => window.meter.until(() => {}, selector).then(() => performance.now());
    const loaded = await page.evaluate(drawn, DRAWN);
    const asked = await page.evaluate(() => window.meter.asked('open'));
    report(`512 MiB, ${what}: from asking for it to the graph`, loaded - asked, 3000);
    report(`512 MiB, ${what}: the same with loading the page`, loaded, 4000);
    await page.waitForTimeout(3000);
    await reportBlock(page, `opening 512 MiB, ${what}`);
  } finally {
    await app.close();
  }
  await uploadedHalfGigabyte(file, what);
  await rm(folder, { recursive: true });
}

async function uploadedHalfGigabyte(file: string, what: string): Promise<void> {
  const app = await startApp([], VIEW);
  const { page } = app;
  try {
    await page.addInitScript(METER);
    await page.reload();
    const open = page.getByRole('button', { name: 'Open file…' });
    await open.waitFor();
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), open.click()]);
    const drawn = page.evaluate(selector => window.meter.until(() => {}, selector), DRAWN);
    await chooser.setFiles(file);
    report(`512 MiB, ${what}: uploaded, from the chosen file to the graph`, await drawn, 3000);
  } finally {
    await app.close();
  }
}

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  resnet,
  large,
  async bytes() {
    await halfGigabyte('8 weights', 8, 4096);
    await halfGigabyte('2,048 weights and nodes', 2048, 256);
  },
};

// All, or those that are named.
const named = process.argv.slice(2);
for (const [name, part] of Object.entries(PARTS))
  if (named.length === 0 || named.includes(name)) await part();
await closeBrowser();
const missed = figures.filter(({ ms, budgetMs }) => ms > budgetMs);
process.stdout.write(`${figures.length - missed.length} of ${figures.length} budgets kept\n`);
process.exitCode = missed.length > 0 ? 1 : 0;
