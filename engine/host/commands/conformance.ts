// `conformance DIR`: every case below a folder in the layout of the ONNX backend tests.

import type { Command } from 'commander';
import { type CaseResult, findCases, runCase } from '../conformance.ts';
import { type ExitStatus, print, showProgress, withEngines } from './terminal.ts';
import { optionsOf, positiveNumber, resolvePath, withToggles } from './toggles.ts';

export function conformanceCommand(program: Command, done: (status: ExitStatus) => void): void {
  withToggles(program.command('conformance').description('run ONNX backend tests'))
    .argument('<dir>', 'folder with cases below it')
    .option('--list', 'name the cases without running them')
    .option('--timeout <seconds>', 'after which a case has failed', positiveNumber, 60)
    .option('--json', 'print one JSON object')
    .action(async (dir: string, values) => {
      const root = resolvePath(dir);
      const cases = findCases(root);
      if (values.list) {
        const listed = { cases: cases.map(({ name }) => ({ name })) };
        print(listed, values.json, () => cases.map(({ name }) => name).join('\n'));
        done(0);
        return;
      }
      const options = optionsOf(values);
      const results = await withEngines(async (engines, control) => {
        engines.allow(root);
        const all: CaseResult[] = [];
        for (const [index, one] of cases.entries()) {
          showProgress(`${index}/${cases.length} ${one.name}`);
          const timeout = AbortSignal.timeout(values.timeout * 1000);
          const signal = control.signal ? AbortSignal.any([control.signal, timeout]) : timeout;
          const result = await runCase(engines, one, options, { signal });
          all.push(timeout.aborted ? { ...result, status: 'failed', reason: 'it took too long' } : result);
          control.signal?.throwIfAborted();
        }
        return all;
      });
      const count = (status: CaseResult['status']): number =>
        results.filter(result => result.status === status).length;
      const totals = {
        passed: count('passed'),
        failed: count('failed'),
        unsupported: count('unsupported'),
      };
      print({ ...totals, cases: results }, values.json, () => describe(results, totals));
      done(totals.failed === 0 ? 0 : 1);
    });
}

function describe(results: readonly CaseResult[], totals: Readonly<Record<string, number>>): string {
  const failed = results.filter(({ status }) => status === 'failed');
  return [
    ...failed.map(({ name, reason }) => `failed ${name}: ${reason ?? ''}`),
    Object.entries(totals)
      .map(([status, count]) => `${count} ${status}`)
      .join(', '),
  ].join('\n');
}
