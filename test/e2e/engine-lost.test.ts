// What can happen to work under way: the engine is killed, the user cancels, a second window works beside it, the
// server is told to stop. Nothing that was open is lost, and everybody hears what happened.

import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../engine/ir/graph.ts';
import type { Model } from '../../engine/ir/types.ts';
import { writeOnnx } from '../../engine/onnx/write.ts';
import { type App, closeBrowser, hasChromium, startApp } from '../support/app.ts';
import { choose, command, rowsOf, runAndWait, showView } from '../support/app-views.ts';
import { modelOf } from '../support/build-graph.ts';

afterAll(closeBrowser);

const LINUX = process.platform === 'linux';

/** The engine processes that a server started. */
function enginesOf(server: ChildProcess): readonly number[] {
  const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(server.pid)], {
    encoding: 'utf8',
  });
  return children
    .split('\n')
    .filter(line => line.includes('engine-process'))
    .map(line => Number.parseInt(line, 10));
}

/** Starts a run that takes a while, and waits until it is under way. */
async function startLongRun(page: Page): Promise<void> {
  await choose(page, 'Timed runs', '1000');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('progressbar').waitFor();
}

/** y = relu(x) of a batch that the file leaves open. */
function ofAnyBatch(): Model {
  const graph = new GraphBuilder('open');
  const x = graph.asInput(graph.value({ name: 'x', dtype: 'float32', declared: ['batch', 8] }));
  graph.output(graph.node('Relu', [x], { name: 'relu' }));
  return modelOf(graph.build(), { opsets: { '': 17 } });
}

const noticesOf = ({ page }: App) => page.getByRole('region', { name: 'Notices' });

describe.skipIf(!hasChromium || !LINUX)('work under way', () => {
  test('an engine killed in mid-run is started again, and what was open stays', async () => {
    const app = await startApp(['sample:mobilenet-v1']);
    const { page, server } = app;
    try {
      await runAndWait(page, 1);
      await choose(page, 'Planner', 'Best fit');
      await startLongRun(page);
      const killed = enginesOf(server);
      expect(killed.length).toBeGreaterThan(0);
      for (const pid of killed) process.kill(pid, 'SIGKILL');
      await noticesOf(app).getByText('The engine was restarted').waitFor();
      // The settings, the run kept and the graph are still there, and a run works as before.
      await page.getByRole('button', { name: /^Run 1:/ }).waitFor();
      expect(await page.getByRole('combobox', { name: 'Planner' }).textContent()).toContain('Best fit');
      await choose(page, 'Timed runs', '5');
      await runAndWait(page, 2);
      expect(enginesOf(server).some(pid => killed.includes(pid))).toBe(false);
      await showView(page, 'Operators');
      await page.getByRole('grid', { name: 'Operators' }).waitFor();
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });

  test('a run that is cancelled ends, keeps nothing, and the next one works', async () => {
    const app = await startApp(['sample:mobilenet-v1']);
    const { page } = app;
    try {
      await startLongRun(page);
      // What only informs goes by itself.
      await Promise.all([
        page.getByText('Running MobileNetV1 was cancelled', { exact: true }).waitFor(),
        page.getByRole('toolbar').getByRole('button', { name: 'Cancel' }).click(),
      ]);
      await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
      expect(await page.getByRole('button', { name: /^Run 1:/ }).count()).toBe(0);
      await choose(page, 'Timed runs', '5');
      await runAndWait(page, 1);
      expect(await noticesOf(app).count()).toBe(0);
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });

  test('two windows have models, settings and runs of their own', async () => {
    const app = await startApp(['sample:six-tensors']);
    const second = await app.context.newPage();
    try {
      await second.goto(app.page.url());
      await second.getByRole('tablist', { name: 'Views' }).waitFor();
      await command(second, 'Open MobileNetV1');
      await second.getByRole('heading', { name: 'MobileNetV1', level: 2 }).waitFor();
      await choose(second, 'Planner', 'Off');
      // Both at once: their runs take turns in the engine.
      await Promise.all([runAndWait(app.page, 1), runAndWait(second, 1)]);
      expect(await app.page.getByRole('combobox', { name: 'Planner' }).textContent()).toContain(
        'Greedy by size',
      );
      expect(await app.page.getByText('MobileNetV1').count()).toBe(0);
      // One goes, the other works on.
      await app.page.close();
      await second.getByRole('switch', { name: 'Fusion' }).click();
      await runAndWait(second, 2);
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
    }
  });

  test('what is pressed while a model is opened again with its sizes is not lost', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'arenascope-e2e-'));
    const file = path.join(folder, 'open.onnx');
    await writeFile(file, writeOnnx(ofAnyBatch()));
    const app = await startApp([file]);
    const { page } = app;
    try {
      await page.getByRole('tab', { name: 'Allocation', exact: true }).hover();
      await page.mouse.down();
      await page.getByRole('button', { name: 'Bind' }).dispatchEvent('click');
      await page.getByText('Give the open dimensions a size').waitFor({ state: 'detached' });
      await page.mouse.up();
      await expect.poll(() => rowsOf(page, 'Memory plan table').then(rows => rows.length)).toBe(2);
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
      await rm(folder, { recursive: true });
    }
  });

  test('a server that is told to stop ends its engines, cleanly, in mid-run', async () => {
    // Of its own: others make and delete theirs meanwhile.
    const folder = await mkdtemp(path.join(tmpdir(), 'arenascope-e2e-'));
    const app = await startApp(['sample:mobilenet-v1'], { temporary: folder });
    const { page, server } = app;
    await startLongRun(page);
    const engines = enginesOf(server);
    expect(readdirSync(folder)).toHaveLength(1);
    const ended = new Promise<number | null>(resolve => server.once('exit', resolve));
    server.kill('SIGINT');
    expect(await ended).toBe(0);
    await page.getByText('Connection lost. Trying again…').waitFor();
    const alive = (pid: number): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    await expect.poll(() => engines.filter(alive)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
    await app.context.close();
    await rm(folder, { recursive: true });
  });
});
