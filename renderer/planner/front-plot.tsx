// The Pareto front: the least peak that was found for so much extra work. The table beneath names the changes.

import { scaleLinear } from 'd3-scale';
import { useState } from 'react';
import { shareText } from '../../engine/report/share-text.ts';
import type { FrontPoint, WhatIfReport } from '../../engine/report/what-if/types.ts';
import { ticksOf } from '../chart/axis.ts';
import { OF_THE_PART } from '../chart/peak-labels.ts';
import { formatBytes, formatMs, formatShare } from '../format/units.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import { reportOf } from '../state/app-state.ts';
import { isOfAll } from '../state/derived/left-out.ts';
import { useSize } from '../widgets/canvas.tsx';
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
  const actions = useActions();
  const [sizeRef, { width, height }] = useSize();
  const [hovered, setHovered] = useState<FrontPoint>();
  const { front, items, multiplyAdds } = report;
  const model = useModel();
  const whole = isOfAll(model.summary, reportOf(model)?.asGiven);
  const workOf = (point: FrontPoint): number => point.extra.multiplyAdds / Math.max(multiplyAdds, 1);
  const most = Math.max(0.01, ...front.map(workOf));
  const x = scaleLinear([0, most], [LEFT, Math.max(LEFT + 1, width - RIGHT)]).nice();
  const y = scaleLinear([0, report.base.peakBytes], [Math.max(TOP + 1, height - BOTTOM), TOP]);
  const shares = x.ticks(ticksFor(width));
  // As many as tell neighbours apart.
  const decimals = Math.max(0, Math.ceil(-Math.log10((shares[1] ?? 1) * 100) - 1e-9));
  const stairs = front
    .map((point, place) => {
      const [left, top] = [x(workOf(point)), y(point.peakBytes)];
      return place === 0 ? `M${left},${top}` : `H${left}V${top}`;
    })
    .join('');
  const titles = (point: FrontPoint, most = point.changes.length): string => {
    const all = point.changes.map(id => items.find(item => item.id === id)?.title ?? id);
    const more = all.length > most ? ` and ${all.length - most} more` : '';
    return all.length === 0 ? 'No change' : `${all.slice(0, most).join('; ')}${more}`;
  };
  const choose = (point: FrontPoint): void => {
    const nodes = items.filter(item => point.changes.includes(item.id)).flatMap(item => item.nodes);
    if (nodes.length > 0) {
      actions.select({
        kind: 'nodes',
        id: `Front: ${formatBytes(point.peakBytes)}`,
        nodes: [...new Set(nodes)],
      });
    }
  };
  const named = hovered ?? front.at(-1);
  return (
    <figure className={styles.front}>
      <div ref={sizeRef} className={styles.plot}>
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={`Peak against extra work: ${front.map(point => `${formatBytes(point.peakBytes)} with ${extraText(point.extra, multiplyAdds, { formatShare, formatBytes, formatMs })} more`).join(', ')}`}
        >
          {ticksOf(
            { from: 0, to: report.base.peakBytes },
            Math.max(1, height - TOP - BOTTOM),
            36,
            'binary',
          ).map(tick => (
            <g key={tick} className={styles.tick}>
              <line x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
              <text x={LEFT - LABEL_GAP} y={y(tick) + 4} textAnchor="end">
                {formatBytes(tick)}
              </text>
            </g>
          ))}
          {shares.map(tick => (
            <text
              key={tick}
              className={styles.label}
              x={x(tick)}
              y={height - BOTTOM + 14}
              textAnchor="middle"
            >
              {tick === 0 ? '0 %' : shareText(tick, decimals)}
            </text>
          ))}
          <text className={styles.label} x={width - RIGHT} y={height - 4} textAnchor="end">
            extra multiply-adds
          </text>
          <path className={styles.stairs} d={stairs} />
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
      {named && (
        <figcaption className={styles.caption} title={titles(named)}>
          <b>{formatBytes(named.peakBytes)}</b>
          {named.optimal && (whole ? ', optimal' : `, the least ${OF_THE_PART}`)}, extra work:{' '}
          {extraText(named.extra, multiplyAdds, { formatShare, formatBytes, formatMs })}.{' '}
          {titles(named, MOST_TITLES)}
        </figcaption>
      )}
    </figure>
  );
}
