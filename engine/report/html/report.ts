// A report to send to somebody: one HTML file, no scripts, nothing loaded from anywhere, light and dark.

import type { PlanFile } from '../plan-schema.ts';
import { allSettingsText } from '../settings-text.ts';
import { shareText } from '../share-text.ts';
import type { CompileReport } from '../types/compile.ts';
import type { ModelSummary } from '../types/model.ts';
import type { RunReport } from '../types/run.ts';
import { bytesText, timeText } from './format.ts';
import { html, type Markup } from './markup.ts';
import {
  apartSection,
  boundedSection,
  comparisonSection,
  environmentSection,
  groupsSection,
  memorySection,
  modelSection,
  type NumberedRun,
  runsSection,
  stepsSection,
} from './sections.ts';
import { STYLE } from './style.ts';

export interface ReportSource {
  readonly generator: PlanFile['generator'];
  readonly model: ModelSummary;
  readonly compile: CompileReport;
  /** all that were kept, the newest last; times of a probe are none */
  readonly runs: readonly RunReport[];
  /** what runs are called, by their ids; others by their place */
  readonly numbers?: ReadonlyMap<string, number>;
  /** ids of the runs to compare, A and B; the last two without */
  readonly compared?: readonly string[];
}

/** Nothing may be loaded, whatever a name in the model says. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** The whole page: it loads nothing, and shows names of the model as text. */
export function htmlReport(source: ReportSource): string {
  const { model, compile, generator } = source;
  const runs: readonly NumberedRun[] = source.runs
    .filter(({ probe }) => !probe)
    .map((run, at) => ({ run, number: source.numbers?.get(run.id) ?? at + 1 }));
  const newest = runs.at(-1)?.run;
  const chosen = (source.compared ?? []).flatMap(id => runs.find(({ run }) => run.id === id) ?? []);
  const [a, b] = chosen.length === 2 ? chosen : runs.slice(-2);
  const parts = [
    memorySection(compile),
    runsSection(runs.toSorted((m, n) => m.number - n.number)),
    b && comparisonSection(a, b),
    stepsSection(runs.at(-1), runs.length > 1),
    groupsSection(compile),
    apartSection(compile),
    boundedSection(model, newest),
    modelSection(model),
    environmentSection(newest, `${generator.name} ${generator.version}`),
  ];
  const body = parts.filter(part => part !== undefined);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width">
<title>${model.name} – Arenascope report</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>
<main>
<h1>${model.name}</h1>
<p class="soft">${allSettingsText(compile.options)}</p>
${figures(compile, newest)}
${body}</main>
</body>
</html>
`.markup;
}

function figures({ asExecuted, weightsBytes }: CompileReport, run: RunReport | undefined): Markup {
  const { peakBytes, unplannedBytes, lowerBoundBytes, optimal } = asExecuted;
  const shown: readonly (readonly [string, string])[] = [
    ['Arena peak', bytesText(peakBytes)],
    ['Lower bound', optimal ? 'met' : bytesText(lowerBoundBytes)],
    ['Saved', unplannedBytes === 0 ? '–' : shareText(1 - peakBytes / unplannedBytes)],
    ['Packed weights', bytesText(weightsBytes)],
    ['Median', run ? timeText(run.total.medianNs) : 'not run'],
  ];
  return html`<dl class="figures">${shown.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
