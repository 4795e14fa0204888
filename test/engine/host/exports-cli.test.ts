// Files that `plan` and `run` write, and `diff`, as somebody types them.

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const cli = fileURLToPath(new URL('../../../engine/host/cli.mjs', import.meta.url));
const folder = mkdtempSync(path.join(os.tmpdir(), 'arenascope-exports-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
  new Promise(resolve => {
    execFile(
      process.execPath,
      [cli, ...args],
      { cwd: folder, env: { ...process.env, INIT_CWD: folder } },
      (error, stdout, stderr) =>
        resolve({ status: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });

test('run writes a report and files for other tools', async () => {
  const { status, stdout } = await run(
    ...['run', 'sample:six-tensors', '--simd', '128', '--iterations', '2', '--json'],
    ...['--report', 'r.html', '--export', 'trace=t.json', '--export', 'offline-plan=o.bin'],
  );
  expect(status).toBe(0);
  expect(JSON.parse(stdout).total.medianNs).toBeGreaterThan(0);
  expect(readdirSync(folder).toSorted()).toEqual(['o.bin', 'r.html', 't.json']);
  expect(readFileSync(path.join(folder, 'r.html'), 'utf8')).toMatch(/<h2>Runs<\/h2>/);
  expect(JSON.parse(readFileSync(path.join(folder, 't.json'), 'utf8')).traceEvents.length).toBeGreaterThan(5);
});

test('plan refuses what needs a run, and kinds there are not', async () => {
  const refused = await run('plan', 'sample:six-tensors', '--export', 'trace=t.json');
  expect(refused).toMatchObject({ status: 2, stdout: '' });
  expect(refused.stderr).toContain('"run" writes it');
  const unknown = await run('plan', 'sample:six-tensors', '--export', 'poem=t.json');
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toContain('offline-plan-c');
  const nowhere = await run('plan', 'sample:six-tensors', '--report', 'no/such/folder.html');
  expect(nowhere.status).toBe(2);
});

test('diff: 0 for the same, 1 with what differs', async () => {
  const same = await run('diff', 'sample:six-tensors', 'sample:six-tensors', '--json');
  expect(same.status).toBe(0);
  expect(JSON.parse(same.stdout)).toMatchObject({ added: [], removed: [], changed: [] });
  const other = await run('diff', 'sample:six-tensors', 'sample:mobilenet-v1', '--json');
  expect(other.status).toBe(1);
  const { before, after, added, removed, matched } = JSON.parse(other.stdout);
  expect(matched + removed.length).toBe(before.nodes);
  expect(matched + added.length).toBe(after.nodes);
  expect(after.peakAsExecutedBytes).toBeGreaterThan(before.peakAsExecutedBytes);
});
