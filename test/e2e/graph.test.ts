// The graph: found, coloured, followed, opened and closed, and saved as a picture.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { attr, GraphBuilder, NodeIds } from '../../engine/ir/graph.ts';
import { tensorOf } from '../../engine/ir/tensor.ts';
import type { Graph, Model } from '../../engine/ir/types.ts';
import { writeOnnx } from '../../engine/onnx/write.ts';
import { type App, closeBrowser, hasChromium, startApp } from '../support/app.ts';
import { atRest, choose, command, details } from '../support/app-views.ts';
import { modelOf } from '../support/build-graph.ts';
import { manyNodes } from '../support/many-nodes.ts';

afterAll(closeBrowser);

const graph = (page: Page) => page.getByRole('region', { name: 'Graph', exact: true });

/** px on the screen per px of the scene. */
const zoom = (page: Page): Promise<number> =>
  page
    .locator('.react-flow__viewport')
    .evaluate(viewport => new DOMMatrix(getComputedStyle(viewport).transform).a);

/** How many things the scene has. */
const drawn = async (page: Page): Promise<number> => Number(await graph(page).getAttribute('data-nodes'));

async function withApp(args: readonly string[], use: (app: App) => Promise<void>): Promise<void> {
  const app = await startApp(args);
  try {
    await graph(app.page).waitFor();
    await use(app);
    expect(app.complaints).toEqual([]);
  } finally {
    await app.close();
  }
}

/** y = sum(x) > 0 ? -x : |x|, the choice an If over two bodies that read x from outside. */
function withBranches(): Model {
  const ids = new NodeIds();
  const bodyOf = (name: string, op: string): Graph => {
    const body = new GraphBuilder(name, { ids });
    body.output(
      body.node(op, [body.capture('x', { dtype: 'float32', shape: [4] })], { name: `${name}/${op}` }),
    );
    return body.build();
  };
  const builder = new GraphBuilder('branches', { ids });
  const x = builder.input('x', 'float32', [4]);
  const sum = builder.node('ReduceSum', [x], { name: 'sum', attributes: { keepdims: attr.int(0) } });
  const zero = builder.constant('zero', tensorOf('float32', [], [0]));
  const positive = builder.node('Greater', [sum, zero], { name: 'positive' });
  const y = builder.node('If', [positive], {
    name: 'choice',
    attributes: {
      then_branch: attr.graph(bodyOf('negated', 'Neg')),
      else_branch: attr.graph(bodyOf('absolute', 'Abs')),
    },
  });
  builder.output(y);
  return modelOf(builder.build());
}

describe.skipIf(!hasChromium)('the graph', () => {
  test('finds by words, by kind and by regular expression, with the arrow keys', () =>
    withApp(['sample:mobilenet-v1'], async ({ page }) => {
      await page.keyboard.press('Control+f');
      const field = page.getByRole('combobox', { name: 'Find nodes, operators and tensors' });
      await field.fill('conv');
      await page.getByRole('button', { name: 'Operators', exact: true }).click();
      await expect.poll(() => page.getByRole('option').allTextContents()).toHaveLength(1);
      await field.press('Enter');
      await details(page)
        .getByText(/^\d+ operators$/)
        .waitFor();

      await page.getByRole('button', { name: 'Nodes', exact: true }).click();
      await field.fill('^(Relu|Clip)$');
      await page.getByRole('button', { name: 'Find as a regular expression' }).click();
      await page.getByRole('option').nth(3).waitFor();
      await expect.poll(() => field.evaluate(element => element === document.activeElement)).toBe(true);
      const third = await page.getByRole('option').nth(2).locator('span').nth(2).textContent();
      await field.press('ArrowDown');
      await field.press('ArrowDown');
      await field.press('Enter');
      await details(page)
        .getByText(third ?? '', { exact: true })
        .first()
        .waitFor();

      await field.fill('(');
      await page.getByRole('status').filter({ hasText: 'not valid' }).waitFor();
    }));

  test('what was found is brought near enough to be read', () =>
    withApp(['sample:mobilenet-v1'], async ({ page }) => {
      for (let presses = 0; presses < 8; presses++)
        await page.getByRole('button', { name: 'Zoom Out' }).click();
      await expect.poll(() => zoom(page)).toBeLessThan(0.3);
      await page.keyboard.press('Control+f');
      const field = page.getByRole('combobox', { name: 'Find nodes, operators and tensors' });
      await field.fill('Softmax');
      await page.getByRole('option').first().waitFor();
      await field.press('Enter');
      await expect.poll(() => zoom(page)).toBeGreaterThan(0.6);
      await graph(page)
        .getByRole('button', { name: /^Softmax/ })
        .first()
        .waitFor();
    }));

  test('is fitted whole, also from where none of it is drawn as elements', () =>
    withApp(['sample:mobilenet-v1'], async ({ page }) => {
      await page.getByRole('button', { name: 'After fusion' }).waitFor();
      await graph(page).press('f');
      await expect.poll(() => zoom(page)).toBeLessThan(0.6);
      const whole = await atRest(page, () => zoom(page));
      for (let presses = 0; presses < 8; presses++)
        await page.getByRole('button', { name: 'Zoom Out' }).click();
      await expect.poll(() => zoom(page)).toBeLessThan(whole);
      await page.getByRole('button', { name: 'Fit', exact: true }).click();
      await expect.poll(() => zoom(page)).toBeCloseTo(whole);
      // It stays so when elements are drawn again.
      await page.getByRole('button', { name: 'Zoom In' }).click();
      await page.getByRole('button', { name: 'Zoom In' }).click();
      await expect.poll(() => zoom(page)).toBeCloseTo(whole * 1.44);
    }));

  test('shows groups after fusion, and colours by what a plan and a run know', () =>
    withApp(['sample:mobilenet-v1'], async ({ page }) => {
      const after = page.getByRole('button', { name: 'After fusion' });
      await after.waitFor();
      const before = await drawn(page);
      await after.click();
      await expect.poll(() => drawn(page)).toBeLessThan(before);
      await choose(page, 'Colour', 'Bytes at the peak');
      await graph(page)
        .getByText(/0 .*MiB/)
        .first()
        .waitFor();
      await choose(page, 'Colour', 'Operators fused');
      await graph(page)
        .getByText(/\d fused$/)
        .first()
        .waitFor();
      await choose(page, 'Colour', 'Measured time');
      await graph(page).getByText('not measured yet: press Run').waitFor();
    }));

  test('follows inputs and outputs, and says what an operator does', () =>
    withApp(['sample:six-tensors'], async ({ page }) => {
      await graph(page).getByRole('button', { name: /^Relu/ }).first().click();
      const link = details(page).getByRole('link', { name: 'Definition' });
      expect(await link.getAttribute('href')).toMatch(/onnx\.ai.*Relu/);
      const first = await details(page).getByRole('heading', { level: 2 }).textContent();
      await graph(page).press(']');
      await expect.poll(() => details(page).getByRole('heading', { level: 2 }).textContent()).not.toBe(first);
      await page.keyboard.press('Shift+O');
      await details(page)
        .getByRole('heading', { name: /^Depends on/ })
        .waitFor();
    }));

  test('opens a large model collapsed, expands all of it and collapses it again', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'arenascope-e2e-'));
    const file = path.join(folder, 'many.onnx');
    await writeFile(file, writeOnnx(manyNodes(3000)));
    try {
      await withApp([file], async ({ page }) => {
        const collapsed = await drawn(page);
        expect(collapsed).toBeLessThan(300);
        await page.keyboard.press('Shift+E');
        await expect.poll(() => drawn(page)).toBeGreaterThan(3000);
        // Elements are made for what is on the screen only.
        expect(await page.locator('.react-flow__node').count()).toBeLessThan(400);
        await page.keyboard.press('Shift+C');
        await expect.poll(() => drawn(page)).toBeLessThan(300);
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('goes into the branches of an If and back', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'arenascope-e2e-'));
    const file = path.join(folder, 'branches.onnx');
    await writeFile(file, writeOnnx(withBranches()));
    try {
      await withApp([file], async ({ page }) => {
        const path = page.getByRole('navigation', { name: 'Subgraph' });
        // A drawing that the plan changes between two clicks takes the second one for a first.
        const enter = async (): Promise<number> => {
          const branch = graph(page).getByRole('button', { name: /^If/ });
          if ((await branch.count()) > 0) await branch.dblclick();
          return path.getByText('then_branch').count();
        };
        await expect.poll(enter, { interval: 2000 }).toBe(1);
        await graph(page).getByRole('button', { name: /^Neg/ }).click();
        await details(page).getByRole('heading', { name: /^Neg/ }).waitFor();
        await path.getByRole('button').first().click();
        await graph(page).getByRole('button', { name: /^If/ }).waitFor();
        expect(await path.count()).toBe(0);
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('is saved whole, as SVG and as PNG', () =>
    withApp(['sample:mobilenet-v1'], async ({ page }) => {
      // Fused groups are framed once there is a plan.
      await page.getByRole('button', { name: 'After fusion' }).waitFor();
      const things = await atRest(page, () => drawn(page));
      // Who reads by ear is told which group it is.
      await page
        .getByRole('button', { name: /^Fused group Conv \+ / })
        .first()
        .waitFor();
      const [svg] = await Promise.all([page.waitForEvent('download'), command(page, 'Export graph as SVG')]);
      const text = await readFile(await svg.path(), 'utf8');
      expect(text.match(/<title>/g)).toHaveLength(things);
      const [png] = await Promise.all([page.waitForEvent('download'), command(page, 'Export graph as PNG')]);
      expect((await readFile(await png.path())).subarray(1, 4).toString()).toBe('PNG');
    }));
});
