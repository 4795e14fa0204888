// `plan MODEL`: the plan as given and as executed, and what each step between the two saves.

import type { CompileOptions } from '../../options.ts';
import { boundedTensors } from '../../report/extents.ts';
import type { CompileReport } from '../../report/types/compile.ts';
import type { ModelSummary } from '../../report/types/model.ts';
import type { PlanView } from '../../report/types/plan.ts';
import type { CallControl } from '../engines/engine-child.ts';
import type { Engines } from '../engines/engines.ts';
import { chainTotals } from './chains.ts';
import { type ExportValues, writeExports } from './exports.ts';
import { checkGroups } from './known-groups.ts';
import { openNamed } from './open-named.ts';
import { type Column, describePlans, type Plans } from './plan-text.ts';
import { answerWhatIf, asksWhatIf, type WhatIfValues } from './plan-what-if.ts';
import { type ExitStatus, print, withEngines } from './terminal.ts';
import { optionsOf } from './toggles.ts';

type PlanValues = ExportValues & WhatIfValues & Parameters<typeof optionsOf>[0] & { readonly out?: string };

interface PlanRequest {
  readonly model: string;
  readonly options: CompileOptions;
}

/** `isPlannerChosen`: no other strategy is tried for the plan as given. */
export async function planModel(
  model: string,
  values: PlanValues,
  isPlannerChosen: boolean,
): Promise<ExitStatus> {
  const options = optionsOf(values);
  return withEngines(async (engines, control) => {
    const opened = await openNamed(engines, model, options.dims, control);
    await checkGroups(engines, opened.model, options, control);
    if (asksWhatIf(values)) return answerWhatIf(engines, opened.model, options, values, control);
    const plans = await plansOf(engines, { model: opened.model, options }, isPlannerChosen, control);
    const { out, ...others } = values;
    const written = out === undefined ? [] : [{ what: 'plan', file: out } as const];
    const wanted = { ...others, export: [...written, ...(values.export ?? [])] };
    writeExports(wanted, opened.summary, plans.report, []);
    const { runnable, diagnostics } = opened.summary;
    print({ ...resultOf(plans, opened.summary), runnable, diagnostics }, values.json, () =>
      describePlans(plans, opened.summary),
    );
    return 0;
  });
}

/** All that is asked of the engine. */
async function plansOf(
  engines: Engines,
  request: PlanRequest,
  isPlannerChosen: boolean,
  control: CallControl,
): Promise<Plans> {
  const { options } = request;
  const compiled = await engines.call('compile', request, control);
  const placed = compiled.asGiven;
  const searched =
    isPlannerChosen || placed.optimal ? undefined : await searchedAsGiven(engines, request, placed, control);
  const asGiven = searched ?? placed;
  const peaks = await engines.call('peaks', { ...request, given: asGiven.strategy }, control);
  const report: CompileReport = { ...compiled, asGiven, peaks };
  const whole = report.chains && (await executedWith(engines, request, { depthFirst: 'off' }, control));
  // Only of one worker is it known what it has read when it writes: what that would save is said, not done.
  const oneThread =
    options.threads > 1 && options.overlap && options.planner !== 'off'
      ? await executedWith(engines, request, { threads: 1 }, control)
      : undefined;
  return { report, peaks, placed, searched, whole, oneThread };
}

/**
 * The graph as given by a search that is soon through, where that needs less or shows that nothing needs less: placing
 * by size, which compiling does unless told otherwise, may miss the bound by a sixth.
 */
async function searchedAsGiven(
  engines: Engines,
  { model, options }: PlanRequest,
  placed: PlanView,
  control: CallControl,
): Promise<PlanView | undefined> {
  const found = await engines.call('given', { model, options: { ...options, planner: 'exact' } }, control);
  return found.peakBytes < placed.peakBytes || found.optimal ? found : undefined;
}

/** What is executed with some options changed: to compare with. */
async function executedWith(
  engines: Engines,
  { model, options }: PlanRequest,
  changed: Partial<CompileOptions>,
  control: CallControl,
): Promise<Column> {
  const request = { model, options: { ...options, ...changed } };
  return (await engines.call('compile', request, control)).asExecuted;
}

/** What --json prints of the plans. */
function resultOf({ report, peaks, placed, searched, whole, oneThread }: Plans, summary: ModelSummary) {
  const { options, asGiven, asExecuted } = report;
  return {
    planner: options.planner,
    asGiven: { ...column(asGiven), ...(searched && { planner: asGiven.strategy }) },
    order: peaks.order,
    withAliasing: column({ ...asGiven, ...peaks.withAliasing }),
    withoutOverlap: column({ ...asExecuted, ...peaks.withoutOverlap }),
    asExecuted: column(asExecuted),
    ...(oneThread && { oneThread: column(oneThread) }),
    depthFirst: {
      mode: options.depthFirst,
      ...(report.chains && chainTotals(report.chains)),
      ...(whole && { peakBytesWithout: whole.peakBytes }),
    },
    atCapacity: boundedTensors(summary).map(({ name, dtype, shape, bounded }) => ({
      name,
      dtype,
      shape,
      bounded,
    })),
    ms: placed.ms + (searched?.ms ?? 0) + asExecuted.ms,
  };
}

const column = ({ peakBytes, lowerBoundBytes, unplannedBytes, optimal }: Column): Column => ({
  peakBytes,
  lowerBoundBytes,
  unplannedBytes,
  optimal,
});
