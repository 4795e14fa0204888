// `conformance DIR`: every case below a folder in the layout of the ONNX backend tests.

import type { Command } from 'commander';
import type { CompileOptions } from '../../options.ts';
import type { CaseResult, ConformanceCase } from '../../report/conformance.ts';
import type { CallControl } from '../engines/engine-child.ts';
import type { Engines } from '../engines/engines.ts';
import { listCases } from '../process/conformance.ts';
import { type ExitStatus, print, showProgress, withEngines } from './terminal.ts';
import { numberFromZero, optionsOf, resolvePath, withSettings } from './toggles.ts';

export function conformanceCommand(program: Command, done: (status: ExitStatus) => void): void {
  withSettings(program.command('conformance').description('run ONNX backend tests'))
    .argument('<dir>', 'folder with cases below it')
    .option('--list', 'name the cases without running them')
    .option('--timeout <seconds>', 'after which a case has failed', numberFromZero, 60)
    .option('--json', 'print one JSON object')
    .action(async (dir: string, values, command: Command) => {
      const root = resolvePath(dir);
      const cases = listCases(root);
      if (values.list) {
        const listed = { cases: cases.map(({ name }) => ({ name })) };
        print(listed, values.json, () => cases.map(({ name }) => name).join('\n'));
        done(0);
        return;
      }
      // Cases are small: starting threads for each would take longer than running it.
      const ownThreads = command.getOptionValueSource('threads') !== 'default';
      const options = { ...optionsOf(values), ...(!ownThreads && { threads: 1 }) };
      const results = await withEngines(async (engines, control) => {
        const all: CaseResult[] = [];
        for (const [index, one] of cases.entries()) {
          showProgress(`${index}/${cases.length} ${one.name}`);
          all.push(await runOne(engines, root, { one, options, timeoutMs: values.timeout * 1000 }, control));
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

interface CaseRun {
  readonly one: ConformanceCase;
  readonly options: CompileOptions;
  readonly timeoutMs: number;
}

/** Whatever ends an engine, or takes it too long, is a failure of the case; the next one gets a new engine. */
export async function runOne(
  engines: Engines,
  root: string,
  { one, options, timeoutMs }: CaseRun,
  control: CallControl,
): Promise<CaseResult> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = control.signal ? AbortSignal.any([control.signal, timeout]) : timeout;
  try {
    return await engines.exclusively(async lease => {
      const child = lease.reading(options.simd, root);
      try {
        return await child.call('case', { case: one, options }, { signal });
      } finally {
        // A cancelled case may go on until its worker is replaced, which fails what waits: the next one comes after.
        if (timeout.aborted) await child.call('samples', {}).catch(() => {});
      }
    }, signal);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { name: one.name, status: 'failed', reason: timeout.aborted ? 'it took too long' : reason };
  }
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
