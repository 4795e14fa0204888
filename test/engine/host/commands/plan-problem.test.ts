import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { planProblem } from '../../../../engine/host/commands/plan-problem.ts';
import { readCsv, writeCsv } from '../../../../engine/planner/csv.ts';
import { validate } from '../../../../engine/planner/validate.ts';
import { tiledProblem } from '../../../support/tiled-problems.ts';

test('interrupted, it prints the best plan so far and says so', async () => {
  const work = mkdtempSync(path.join(os.tmpdir(), 'arenascope-test-'));
  const { problem } = tiledProblem(4, { buffers: 409, fill: 0.93, live: 110, slack: true });
  const [file, out] = [path.join(work, 'tiled.csv'), path.join(work, 'solution.csv')];
  writeFileSync(file, writeCsv(problem));
  const printed: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(text => printed.push(String(text)) > 0);
  const planned = planProblem(file, { planner: 'exact', timeout: 600, out, json: true });
  process.emit('SIGINT');
  const status = await planned;
  write.mockRestore();
  expect(status).toBe(130);
  const answer = JSON.parse(printed.join('')) as Record<string, unknown>;
  expect(answer).toMatchObject({ interrupted: true, optimal: false });
  expect(answer.why).toContain('interrupted, the best plan so far');
  const solved = readCsv(readFileSync(out, 'utf8'));
  if (!solved.ok) throw new Error(solved.error.message);
  const offsets = solved.problem.buffers.map(({ offset = -1 }) => offset);
  expect(validate(problem, { offsets, height: Number(answer.height) })).toEqual([]);
});
