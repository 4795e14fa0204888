// Plans beyond what one WebAssembly memory can hold: known before anything runs, and told then.

import type { Diagnostic } from '../../../engine/ir/types.ts';
import type { CompileReport } from '../../../engine/report/types/compile.ts';
import { formatBytes } from '../../format/units.ts';

type Sizes = Pick<CompileReport, 'beyondBytes' | 'weightsBytes'> & {
  readonly asExecuted: Pick<CompileReport['asExecuted'], 'peakBytes'>;
};

/** Why a plan cannot be run, with both sizes; undefined where it can. */
export function tooLargeText(report: Sizes | undefined): string | undefined {
  if (report?.beyondBytes === undefined) return undefined;
  const { beyondBytes, weightsBytes, asExecuted } = report;
  const needed = formatBytes(weightsBytes + asExecuted.peakBytes);
  const parts = `weights of ${formatBytes(weightsBytes)} and an arena of ${formatBytes(asExecuted.peakBytes)}`;
  return `Expected at most ${formatBytes(beyondBytes)} of memory, which 32-bit addresses reach; found ${needed}: ${parts}. It can be looked at, not run.`;
}

/** The same, to stand with what was found in the file. */
export function planDiagnostics(report: Sizes | undefined): readonly Diagnostic[] {
  const message = tooLargeText(report);
  return message === undefined
    ? []
    : [{ severity: 'error', id: 'plan-too-large', where: 'the plan of these settings', message }];
}
