// The facts above the table of operators: short enough for a line or two, each with all that is known of it. Pure.

import { counted } from '../../engine/report/counted.ts';
import type { CompileReport } from '../../engine/report/types/compile.ts';
import type { RunReport } from '../../engine/report/types/run.ts';
import { operatorsText } from '../format/operators-text.ts';
import { formatCountOf, formatError, formatMs, formatNs } from '../format/units.ts';

export interface Fact {
  /** the figure that all others are about */
  readonly strong?: string;
  readonly text: string;
  /** what there is no room for */
  readonly whole?: string;
}

/** `nodes`: of the model's file. */
export function operatorFacts(
  report: Pick<CompileReport, 'operators' | 'kernels' | 'interpreted' | 'asExecuted'>,
  run: RunReport | undefined,
  nodes: number,
): readonly Fact[] {
  const interpreted = Object.values(report.interpreted).reduce((sum, count) => sum + count, 0);
  const program: readonly Fact[] = [
    {
      text: `${counted(report.operators, 'operator')} in ${counted(report.asExecuted.steps.length, 'step')}`,
      ...(report.operators !== nodes && { whole: operatorsText(report.operators, nodes) }),
    },
    { text: counted(report.kernels, 'generated kernel') },
    ...(interpreted > 0
      ? [{ text: `${interpreted} interpreted`, whole: Object.keys(report.interpreted).join(', ') }]
      : []),
  ];
  if (!run) return [...program, { text: 'not measured with these settings yet: press Run' }];
  const { total, iterations, check, compile, compileMs, firstRunMs } = run;
  const flops = run.steps.reduce((sum, step) => sum + step.flops, 0);
  const steps = run.steps.reduce((sum, step) => sum + step.medianNs, 0);
  const rate = flops / Math.max(total.medianNs * 1e-9, 1e-12);
  return [
    {
      strong: formatNs(total.medianNs),
      text: `median of ${counted(iterations, 'run')}`,
      whole: `${formatNs(total.lowNs)} to ${formatNs(total.highNs)}, 95 % interval; medians of the steps ${formatNs(steps)} together`,
    },
    { text: `${formatCountOf(flops, 'FLOP')}, ${formatCountOf(rate, 'FLOP/s')}` },
    {
      text: `ready in ${formatMs(compileMs)}`,
      whole: `${compile.cached ? 'compiled earlier' : 'compiled for this run'}; first run ${formatMs(firstRunMs)}`,
    },
    ...program,
    ...(check
      ? [
          {
            text: `error ${formatError(check.maxAbsError)}`,
            whole: `largest absolute error of the outputs, against ${check.against}`,
          },
        ]
      : []),
  ];
}
