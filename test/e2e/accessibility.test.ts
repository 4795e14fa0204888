// Every view and dialog, in both themes, holds what axe checks; and the app can be worked with the keyboard alone.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { writeOnnx } from '../../engine/onnx/write.ts';
import { VIEWS } from '../../renderer/state/app-state.ts';
import { COMMANDS } from '../../renderer/state/commands/commands.ts';
import { type App, closeBrowser, hasChromium, startApp } from '../support/app.ts';
import { choose, command, details, runAndWait, showView } from '../support/app-views.ts';
import { modelOf, TestGraph } from '../support/build-graph.ts';

afterAll(closeBrowser);

/** What axe finds that would hinder somebody, as lines that name the place. `rules`: those to check, or all. */
async function findings(page: Page, where: string, rules?: string[]): Promise<readonly string[]> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (rules ? axe.withRules(rules) : axe).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.slice(0, 4).map(node => `${where}: ${id}: ${node.html.slice(0, 160)}`));
}

/** The themes differ in colours alone: what else axe checks is checked once. */
async function inBothThemes(page: Page, where: string): Promise<readonly string[]> {
  const light = await findings(page, `${where}, light`);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('html[data-theme=dark]').waitFor();
  const dark = await findings(page, `${where}, dark`, ['color-contrast']);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.locator('html[data-theme=light]').waitFor();
  return [...light, ...dark];
}

async function viewsAndDialogs({ page }: App): Promise<readonly string[]> {
  const found: string[] = [];
  const look = async (where: string): Promise<void> => {
    found.push(...(await inBothThemes(page, where)));
  };
  // Colours are themselves at once.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await look('start page');
  await command(page, 'Open MobileNetV1');
  await page.getByRole('tablist', { name: 'Views' }).waitFor();
  // Runs are needed for what the views show of them, not for their times: few, on one thread, end on a busy machine too.
  await choose(page, 'Timed runs', '5');
  await choose(page, 'Threads', '1');
  await runAndWait(page, 1);
  await page.getByRole('switch', { name: 'Fusion' }).click();
  await choose(page, 'Planner', 'Off');
  await runAndWait(page, 2);
  await page.getByRole('switch', { name: 'Fusion' }).click();
  for (const title of Object.values(VIEWS)) {
    await showView(page, title);
    await page.getByText('Loading…', { exact: true }).waitFor({ state: 'detached' });
    await look(title);
  }
  await command(page, 'Roofline plot');
  await look('roofline');
  await command(page, 'Who owns the peak');
  await look('peak owners');
  await command(page, 'Open MobileNetV2');
  await page.getByRole('heading', { name: 'MobileNetV2', level: 2 }).waitFor();
  await command(page, 'Compare with another open model');
  await choose(page, 'Before', 'MobileNetV1');
  await page.getByRole('table', { name: 'Models side by side' }).waitFor();
  await look('two models');
  for (const [open, name] of [
    [() => page.keyboard.press('Control+k'), 'Command palette'],
    [() => command(page, 'Keyboard shortcuts'), 'Keyboard shortcuts'],
    [() => command(page, 'Input data…'), 'Input data'],
    [() => command(page, 'About Arenascope'), 'About Arenascope'],
  ] as const) {
    await open();
    await page.getByRole('dialog', { name }).waitFor();
    await look(name);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name }).waitFor({ state: 'detached' });
  }
  await page.getByRole('menuitem', { name: 'Run', exact: true }).click();
  await page.getByRole('menu').waitFor();
  await look('menu');
  await page.keyboard.press('Escape');
  return found;
}

describe.skipIf(!hasChromium)('accessibility', () => {
  test('axe finds nothing serious in any view, light or dark', async () => {
    const app = await startApp([], { width: 1440, height: 900 });
    try {
      expect(await viewsAndDialogs(app)).toEqual([]);
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  }, 1_800_000);

  test('operators that no step executes can be read, and no view is larger than its place', async () => {
    const graph = new TestGraph('folded');
    const x = graph.node('Relu', [graph.input('x', 'float32', [1, 8])]);
    graph.output(graph.node('Sigmoid', [graph.node('Reshape', [x, graph.ints(1, 2, 4)])]));
    const folder = await mkdtemp(path.join(tmpdir(), 'arenascope-e2e-'));
    const file = path.join(folder, 'folded.onnx');
    await writeFile(file, writeOnnx(modelOf(graph.build(), { opsets: { '': 17 } })));
    const app = await startApp([file]);
    const { page } = app;
    try {
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await page.getByText('folded away').waitFor();
      expect(await inBothThemes(page, 'graph')).toEqual([]);
      for (const title of Object.values(VIEWS)) {
        await showView(page, title);
        await page.getByText('Loading…', { exact: true }).waitFor({ state: 'detached' });
        const scrolling = await page.getByRole('tabpanel').evaluate(panel => {
          const around: Element[] = [];
          for (let at: Element | null = panel; at; at = at.parentElement) around.push(at);
          return around.filter(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight).length;
        });
        expect(scrolling, title).toBe(0);
      }
    } finally {
      await app.close();
      await rm(folder, { recursive: true });
    }
  });

  test('the keyboard reaches everything, and where it is can be seen', async () => {
    const app = await startApp(['sample:six-tensors']);
    const { page } = app;
    try {
      const reached = new Map<string, boolean>();
      for (let press = 0; press < 120; press++) {
        await page.keyboard.press('Tab');
        const focus = await page.evaluate(() => {
          const element = document.activeElement;
          if (!(element instanceof HTMLElement) || element === document.body) return undefined;
          // Not the look of its state: what changes because it has the focus.
          const drawn = (target: Element): string => {
            const { outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, backgroundColor } =
              getComputedStyle(target);
            return [outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, backgroundColor].join();
          };
          const around = [element, element.parentElement, element.nextElementSibling].filter(
            part => part !== null,
          );
          const focused = around.map(drawn).join();
          element.blur();
          const without = around.map(drawn).join();
          element.focus({ focusVisible: true } as FocusOptions);
          const name = element.getAttribute('aria-label') ?? element.textContent ?? '';
          return { name: `${element.tagName} ${name.trim().slice(0, 40)}`, visible: focused !== without };
        });
        // Past the last one the browser's own controls would come.
        if (!focus) break;
        reached.set(focus.name, focus.visible);
      }
      const names = [...reached.keys()].join('\n');
      for (const name of ['File', 'Six tensors', 'Run', 'Graph', 'Export']) expect(names).toContain(name);
      expect([...reached].filter(([, visible]) => !visible).map(([name]) => name)).toEqual([]);
    } finally {
      await app.close();
    }
  });

  test('what is selected with keys in a picture is said', async () => {
    const app = await startApp(['sample:six-tensors']);
    const { page } = app;
    try {
      const said = page.getByRole('status', { name: 'Selection' });
      for (const view of ['Timeline', 'Memory map']) {
        await showView(page, view);
        await page.getByRole('application').press('ArrowDown');
        await expect
          .poll(() => said.textContent())
          .toMatch(/^Tensor \w+ selected, float32 .*, live in steps/);
        await page.keyboard.press('Escape');
        await expect.poll(() => said.textContent()).toBe('');
      }
    } finally {
      await app.close();
    }
  });

  test('at twice the size, pictures keep theirs and scrolling reaches everything', async () => {
    const app = await startApp(['sample:six-tensors'], { width: 640, height: 400 });
    const { page } = app;
    try {
      for (const view of ['Graph', 'Timeline', 'Memory map']) {
        await showView(page, view);
        const picture =
          view === 'Graph' ? page.getByRole('region', { name: 'Graph' }) : page.getByRole('application');
        await picture.scrollIntoViewIfNeeded();
        const height = async (): Promise<number> => (await picture.boundingBox())?.height ?? 0;
        await expect.poll(height, { message: view }).toBeGreaterThan(120);
      }
      for (const view of [
        'Graph',
        'Timeline',
        'Memory map',
        'Allocation',
        'Planner',
        'Operators',
        'Weights',
        'Fusion',
      ]) {
        await showView(page, view);
        const sideways = await page.evaluate(() =>
          [document.documentElement, ...document.querySelectorAll('#root, #root *')].flatMap(element => {
            const scrolls = /auto|scroll/.test(getComputedStyle(element).overflowX);
            const isWindow = element.querySelector('main') !== null;
            return isWindow && (scrolls || element === document.documentElement) && element.scrollWidth > 640
              ? [`${element.className}: ${element.scrollWidth}`]
              : [];
          }),
        );
        expect(sideways, view).toEqual([]);
      }
      // The list of groups above the one chosen: side by side neither has room.
      const groups = await page.getByRole('grid', { name: 'Fused groups' }).boundingBox();
      expect(groups?.width).toBeGreaterThan(380);
      // Below the others, where it takes no width from them; without a selection there is little to tell.
      const below = await details(page).boundingBox();
      expect(below?.width).toBeGreaterThan(600);
      expect(below?.height).toBeLessThan(200);
      for (const part of [
        details(page),
        page.getByRole('button', { name: 'Export' }),
        page.getByText('Ready'),
      ]) {
        await part.scrollIntoViewIfNeeded();
        const box = await part.boundingBox();
        expect(box && box.x >= 0 && box.x + box.width <= 641, JSON.stringify(box)).toBe(true);
      }
      expect(await findings(page, 'twice the size')).toEqual([]);
      // Where there is room, only what is inside scrolls, however long it is.
      await command(page, 'Open U-Net');
      await page.getByRole('heading', { name: 'U-Net', level: 2 }).waitFor();
      await page.setViewportSize({ width: 1280, height: 700 });
      const bottom = async (): Promise<number> => {
        const status = await page.getByRole('contentinfo').boundingBox();
        return status ? status.y + status.height : 0;
      };
      await expect.poll(bottom).toBeCloseTo(700);
    } finally {
      await app.close();
    }
  });

  test('every command is in the menus, the palette and the shortcut sheet', async () => {
    const app = await startApp(['sample:six-tensors']);
    const { page } = app;
    try {
      await page.keyboard.press('Control+k');
      const palette = page.getByRole('dialog', { name: 'Command palette' });
      await palette.getByRole('option').first().waitFor();
      const inPalette = await palette.getByRole('option').allTextContents();
      await page.keyboard.press('Escape');
      await palette.waitFor({ state: 'detached' });
      await page.keyboard.press('?');
      const shortcuts = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
      const sheet = (await shortcuts.textContent()) ?? '';
      await page.keyboard.press('Escape');
      await shortcuts.waitFor({ state: 'detached' });
      const inMenus: string[] = [];
      for (const menu of ['File', 'Edit', 'View', 'Graph', 'Run', 'Settings', 'Help']) {
        await page.getByRole('menubar').getByRole('menuitem', { name: menu, exact: true }).click();
        await page.getByRole('menu').getByRole('menuitem').first().waitFor();
        inMenus.push(...(await page.getByRole('menu').getByRole('menuitem').allTextContents()));
        await page.keyboard.press('Escape');
        await page.getByRole('menu').waitFor({ state: 'detached' });
      }
      for (const { id, title, shortcut } of COMMANDS) {
        const named = (text: string): boolean => text.includes(title);
        expect(inMenus.some(named), `${id} in a menu`).toBe(true);
        if (id !== 'palette') expect(inPalette.some(named), `${id} in the palette`).toBe(true);
        if (shortcut) expect(sheet, `${id} in the sheet`).toContain(title);
      }
    } finally {
      await app.close();
    }
  });

  test('who asks for less motion gets none', async () => {
    const app = await startApp(['sample:six-tensors']);
    const { page } = app;
    try {
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog', { name: 'Command palette' }).getByRole('option').first().waitFor();
      const moving = await page.evaluate(() =>
        [...document.querySelectorAll('*')]
          .filter(element => {
            const { animationName, animationDuration, transitionDuration } = getComputedStyle(element);
            const longest = (times: string): number =>
              Math.max(...times.split(',').map(time => parseFloat(time)));
            const animated = animationName !== 'none' && longest(animationDuration) > 0.01;
            return animated || longest(transitionDuration) > 0.01;
          })
          .map(element => element.outerHTML.slice(0, 100)),
      );
      expect(moving).toEqual([]);
    } finally {
      await app.close();
    }
  });
});
