// The report's charts as inline SVG: memory over steps, and runs as bars with their intervals. Colours are the page's.

import { counted } from '../counted.ts';
import type { PlanView } from '../types/plan.ts';
import type { RunReport } from '../types/run.ts';
import { bytesText, timeText } from './format.ts';
import { html, type Markup } from './markup.ts';

const WIDTH = 720;
const HEIGHT = 180;
const LEFT = 72;
const BOTTOM = 22;
const TOP = 8;

/** Live bytes of a plan, step by step, under its arena and lower bound. `mostBytes` is the top of the axis. */
export function memoryChart(plan: PlanView, mostBytes: number, title: string): Markup {
  const steps = Math.max(plan.liveBytes.length, 1);
  const top = Math.max(mostBytes, 1);
  const x = (step: number): string => (LEFT + ((WIDTH - LEFT - 8) * step) / steps).toFixed(1);
  const y = (bytes: number): string =>
    (TOP + (HEIGHT - TOP - BOTTOM) * (1 - Math.min(bytes / top, 1))).toFixed(1);
  const outline = plan.liveBytes.map((bytes, step) => `H${x(step)}V${y(bytes)}H${x(step + 1)}`).join('');
  const line = (bytes: number, kind: string): Markup =>
    html`<line class="${kind}" x1="${LEFT}" x2="${x(steps)}" y1="${y(bytes)}" y2="${y(bytes)}"/>`;
  const ticks = [0, 0.5, 1].map(
    share =>
      html`<text x="${LEFT - 6}" y="${y(top * share)}" dy="4" text-anchor="end">${bytesText(Math.round(top * share))}</text>`,
  );
  return html`<figure>
<figcaption>${title}: ${countText(steps)}, peak ${bytesText(plan.peakBytes)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}: live bytes in each of ${counted(steps, 'step')}, peak ${bytesText(plan.peakBytes)}">
<path class="area" d="M${x(0)},${y(0)}${outline}V${y(0)}Z"/>
${line(0, 'axis')}${line(plan.lowerBoundBytes, 'bound')}${line(plan.peakBytes, 'peak')}
${ticks}
<text x="${LEFT}" y="${HEIGHT - 4}">step 0</text>
<text x="${x(steps)}" y="${HEIGHT - 4}" text-anchor="end">${steps - 1}</text>
</svg>
</figure>`;
}

const countText = (steps: number): string => `${steps} ${steps === 1 ? 'step' : 'steps'}`;

const BAR = 22;
/** Where medians end, on the left of the bars, and where the bars begin. */
const [MEDIAN, BARS] = [112, 120];

/** A bar per run: the median, with the 95 % interval as a whisker. */
export function runsChart(runs: readonly { readonly label: string; readonly run: RunReport }[]): Markup {
  const most = Math.max(...runs.map(({ run }) => run.total.highNs), 1);
  const x = (ns: number): number => BARS + ((WIDTH - BARS - 8) * ns) / most;
  const bars = runs.map(({ label, run: { total } }, at) => {
    const y = at * BAR;
    const [median, low, high] = [x(total.medianNs), x(total.lowNs), x(total.highNs)];
    return html`<text x="0" y="${y + 15}">${label}</text>
<text x="${MEDIAN}" y="${y + 15}" text-anchor="end">${timeText(total.medianNs)}</text>
<rect class="bar" x="${BARS}" y="${y + 4}" width="${(median - BARS).toFixed(1)}" height="14"/>
<path class="whisker" d="M${low.toFixed(1)},${y + 11}H${high.toFixed(1)}M${low.toFixed(1)},${y + 7}v8M${high.toFixed(1)},${y + 7}v8"/>`;
  });
  return html`<figure>
<figcaption>Median of each run, with its 95 % interval</figcaption>
<svg viewBox="0 0 ${WIDTH} ${runs.length * BAR + 4}" role="img" aria-label="Medians of ${counted(runs.length, 'run')}">${bars}</svg>
</figure>`;
}
