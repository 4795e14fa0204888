// The Pareto front: the least peak that was found for so much extra work. The table beneath names the changes.

import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { useState } from 'react';
import { shareText } from '../../engine/report/share-text.ts';
import type { FrontPoint, WhatIfReport } from '../../engine/report/what-if/types.ts';
import { ticksOf } from '../chart/axis.ts';
import { OF_THE_PART } from '../chart/peak-labels.ts';
import { formatBytes } from '../format/units.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import { reportOf } from '../state/app-state.ts';
import { isOfAll } from '../state/derived/left-out.ts';
import { type Size, useSize } from '../widgets/canvas.tsx';
import { extraText } from './extra-text.ts';
import styles from './planner.module.css';

const LEFT = 72;
const RIGHT = 24;
const TOP = 12;
const BOTTOM = 32;
/** Between labels and the axis, where a point may lie. */
const LABEL_GAP = 10;
/** Room for a share under the axis, px. */
const TICK_WIDTH = 96;
/** d3 may take twice as many as it is asked for. */
const ticksFor = (width: number): number => Math.max(1, Math.min(4, (width - LEFT - RIGHT) / TICK_WIDTH / 2));
/** Changes that are named in the caption; all are in its tooltip. */
const MOST_TITLES = 3;

export function FrontPlot({ report }: { readonly report: WhatIfReport }) {
  const choose = useChoose(report);
  const [sizeRef, size] = useSize();
  const [hovered, setHovered] = useState<FrontPoint>();
  const { front } = report;
  const scales = scalesOf(report, size);
  const { x, y, workOf } = scales;
  const named = hovered ?? front.at(-1);
  return (
    <figure className={styles.front}>
      <div ref={sizeRef} className={styles.plot}>
        <svg width={size.width} height={size.height} role="img" aria-label={frontText(report)}>
          <Axes peakBytes={report.base.peakBytes} size={size} scales={scales} />
          <path className={styles.stairs} d={stairsOf(front, scales)} />
          {front.map(point => (
            // biome-ignore lint/a11y/noStaticElementInteractions: the table beneath offers the changes to the keyboard
            <circle
              key={`${point.peakBytes} ${point.extra.multiplyAdds}`}
              className={styles.point}
              data-marked={point === named || undefined}
              cx={x(workOf(point))}
              cy={y(point.peakBytes)}
              r={point === named ? 6 : 4}
              onClick={() => choose(point)}
              onPointerEnter={() => setHovered(point)}
            />
          ))}
        </svg>
      </div>
      {named && <Caption point={named} report={report} />}
    </figure>
  );
}

/** Selects the nodes that the changes of a point are about. */
function useChoose({ items }: WhatIfReport): (point: FrontPoint) => void {
  const actions = useActions();
  return ({ changes, peakBytes }) => {
    const nodes = new Set(items.filter(({ id }) => changes.includes(id)).flatMap(item => item.nodes));
    if (nodes.size === 0) return;
    actions.select({ kind: 'nodes', id: `Front: ${formatBytes(peakBytes)}`, nodes: [...nodes] });
  };
}

interface Scales {
  /** extra multiply-adds, as a share of those of one inference */
  readonly workOf: (point: FrontPoint) => number;
  readonly x: ScaleLinear<number, number>;
  /** bytes */
  readonly y: ScaleLinear<number, number>;
}

function scalesOf({ front, base, multiplyAdds }: WhatIfReport, { width, height }: Size): Scales {
  const workOf = (point: FrontPoint): number => point.extra.multiplyAdds / Math.max(multiplyAdds, 1);
  const most = Math.max(0.01, ...front.map(workOf));
  return {
    workOf,
    x: scaleLinear([0, most], [LEFT, Math.max(LEFT + 1, width - RIGHT)]).nice(),
    y: scaleLinear([0, base.peakBytes], [Math.max(TOP + 1, height - BOTTOM), TOP]),
  };
}

/** A peak holds until enough work is added for the next one. */
const stairsOf = (front: readonly FrontPoint[], { x, y, workOf }: Scales): string =>
  front
    .map((point, place) => {
      const [left, top] = [x(workOf(point)), y(point.peakBytes)];
      return place === 0 ? `M${left},${top}` : `H${left}V${top}`;
    })
    .join('');

function Axes(props: { readonly peakBytes: number; readonly size: Size; readonly scales: Scales }) {
  const { peakBytes, scales } = props;
  const { width, height } = props.size;
  const { x, y } = scales;
  const shares = x.ticks(ticksFor(width));
  // As many as tell neighbours apart.
  const decimals = Math.max(0, Math.ceil(-Math.log10((shares[1] ?? 1) * 100) - 1e-9));
  return (
    <>
      {ticksOf({ from: 0, to: peakBytes }, Math.max(1, height - TOP - BOTTOM), 36, 'binary').map(tick => (
        <g key={tick} className={styles.tick}>
          <line x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
          <text x={LEFT - LABEL_GAP} y={y(tick) + 4} textAnchor="end">
            {formatBytes(tick)}
          </text>
        </g>
      ))}
      {shares.map(tick => (
        <text key={tick} className={styles.label} x={x(tick)} y={height - BOTTOM + 14} textAnchor="middle">
          {tick === 0 ? '0 %' : shareText(tick, decimals)}
        </text>
      ))}
      <text className={styles.label} x={width - RIGHT} y={height - 4} textAnchor="end">
        extra multiply-adds
      </text>
    </>
  );
}

function Caption({ point, report }: { readonly point: FrontPoint; readonly report: WhatIfReport }) {
  const model = useModel();
  const whole = isOfAll(model.summary, reportOf(model)?.asGiven);
  return (
    <figcaption className={styles.caption} title={changesText(point, report)}>
      <b>{formatBytes(point.peakBytes)}</b>
      {point.optimal && (whole ? ', optimal' : `, the least ${OF_THE_PART}`)}, extra work:{' '}
      {extraText(point.extra, report.multiplyAdds)}. {changesText(point, report, MOST_TITLES)}
    </figcaption>
  );
}

/** Titles of at most so many of a point's changes. */
function changesText({ changes }: FrontPoint, { items }: WhatIfReport, most = changes.length): string {
  if (changes.length === 0) return 'No change';
  const titles = changes.slice(0, most).map(id => items.find(item => item.id === id)?.title ?? id);
  return `${titles.join('; ')}${changes.length > most ? ` and ${changes.length - most} more` : ''}`;
}

/** The plot in words, for those who cannot see it. */
const frontText = ({ front, multiplyAdds }: WhatIfReport): string =>
  `Peak against extra work: ${front
    .map(({ peakBytes, extra }) => `${formatBytes(peakBytes)} with ${extraText(extra, multiplyAdds)} more`)
    .join(', ')}`;
