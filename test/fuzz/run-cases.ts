// Runs a range of cases in processes of their own: one ends with a finding, the next goes on behind it.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CaseReport } from './case-process.ts';

export interface Finding {
  readonly index: number;
  readonly reason: string;
}

export interface RunControl {
  /** ends the run early; asked before every process */
  readonly stop?: () => boolean;
  readonly found?: (finding: Finding) => void;
  readonly done?: (index: number) => void;
}

const PROGRAM = fileURLToPath(new URL('./case-process.ts', import.meta.url));
/** Cases of one process: memory that one leaves behind is not counted as the next one's for long. */
const BATCH = 400;
const HEAP_MIB = 1024;

/** Findings among cases `first` to `last` of a seed. */
export async function runCases(
  seed: number,
  first: number,
  last: number,
  control: RunControl = {},
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (let next = first; next <= last && !control.stop?.(); ) {
    const end = Math.min(last, next + BATCH - 1);
    next = await runBatch(seed, [next, end], {
      ...control,
      found: finding => {
        findings.push(finding);
        control.found?.(finding);
      },
    });
  }
  return findings;
}

/** Runs cases until the last or until the process ends; the number of the next one to run. */
async function runBatch(
  seed: number,
  [first, last]: readonly [number, number],
  control: RunControl,
): Promise<number> {
  const args = [`--max-old-space-size=${HEAP_MIB}`, PROGRAM, String(seed), String(first), String(last)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<string>(resolve => {
    child.once('exit', (code, signal) => resolve(signal ?? `status ${code}`));
  });
  let complaint = '';
  child.stderr.on('data', chunk => {
    complaint = (complaint + chunk).slice(-3000);
  });
  let current = first;
  let open: boolean | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const report = JSON.parse(line) as CaseReport;
    current = report.index;
    open = report.status === 'begun';
    if (report.status === 'failed') control.found?.({ index: current, reason: report.reason ?? '' });
    if (report.status !== 'begun') control.done?.(current);
    if (control.stop?.()) child.kill();
  }
  const end = await ended;
  if (control.stop?.()) return current + 1;
  if (open === undefined)
    throw new Error(`expected cases, found that the process ended (${end}): ${complaint}`);
  if (open) control.found?.({ index: current, reason: `it ended the process (${end}): ${complaint}` });
  return current + 1;
}
