// Draws the roofline plot. The table beneath it holds the same steps for the keyboard.

import { scaleLog } from 'd3-scale';
import { useMemo, useState } from 'react';
import { counted } from '../../engine/report/counted.ts';
import type { MachinePeak, RunReport } from '../../engine/report/types/run.ts';
import {
  formatBytes,
  formatCountOf,
  formatInteger,
  formatNs,
  formatNumber,
  formatPower,
} from '../format/units.ts';
import { useHighlight } from '../hooks/use-highlight.ts';
import { FAMILIES, type Family, familyVariable } from '../theme/families.ts';
import { type Size, useSize } from '../widgets/canvas.tsx';
import { FamilyLegend } from '../widgets/family-mark.tsx';
import widgets from '../widgets/widgets.module.css';
import styles from './operators.module.css';
import { decadesOf, peakOf, pointsOf, powersIn, type RooflinePoint, roofAt } from './roofline.ts';

const LEFT = 48;
const RIGHT = 16;
const TOP = 14;
const BOTTOM = 36;

export function RooflinePlot(props: { readonly run: RunReport; readonly onSelect: (step: number) => void }) {
  const { run, onSelect } = props;
  const [sizeRef, size] = useSize();
  const highlight = useHighlight();
  const [hovered, setHovered] = useState<RooflinePoint>();
  const points = useMemo(() => pointsOf(run.steps), [run]);
  const peak = peakOf(run);
  const scales = scalesOf(points, peak, size);
  const { x, y } = scales;
  const marked = points.filter(({ step }) => highlight.steps.has(step.index));
  return (
    <figure className={styles.roofline}>
      <PlotHead run={run} points={points} named={hovered ?? marked[0]} />
      <div ref={sizeRef} className={styles.plot}>
        <svg
          width={size.width}
          height={size.height}
          role="img"
          aria-label={`Roofline plot: FLOP per byte against GFLOP/s for ${counted(points.length, 'step')}. The table has the same numbers.`}
        >
          <Axes size={size} scales={scales} />
          {[...points.filter(point => !marked.includes(point)), ...marked].map(point => (
            // biome-ignore lint/a11y/noStaticElementInteractions: the table beneath offers the steps to the keyboard
            <circle
              key={point.step.index}
              className={styles.point}
              data-marked={marked.includes(point) || undefined}
              cx={x(point.intensity)}
              cy={y(point.rate)}
              r={marked.includes(point) ? 6 : 4}
              fill={familyVariable(point.family)}
              onClick={() => onSelect(point.step.index)}
              onPointerEnter={() => setHovered(point)}
              onPointerLeave={() => setHovered(undefined)}
            />
          ))}
          {peak && <Roof peak={peak} scales={scales} />}
        </svg>
      </div>
    </figure>
  );
}

/** What the colours mean, and the point that is looked at. */
function PlotHead(props: {
  readonly run: RunReport;
  readonly points: readonly RooflinePoint[];
  readonly named: RooflinePoint | undefined;
}) {
  const { run, points, named } = props;
  const peak = peakOf(run);
  const families = useMemo(() => {
    const used = new Set(points.map(point => point.family));
    return (Object.keys(FAMILIES) as Family[]).filter(family => used.has(family));
  }, [points]);
  return (
    <figcaption className={styles.plotHead}>
      <FamilyLegend families={families}>
        {peak && (
          <li
            className={widgets.legendItem}
            title="Measured by copying what no cache holds. A step whose operands are still in a cache can lie above this line."
          >
            <span className={styles.slope} aria-hidden />
            <span>{formatBytes(peak.bytesPerSecond)}/s copied from memory</span>
          </li>
        )}
      </FamilyLegend>
      <span className={styles.plotPoint}>
        {named
          ? `${named.step.name}: ${formatNumber(named.intensity)} FLOP/byte, ${formatNumber(named.rate)} GFLOP/s, ${formatNs(named.step.medianNs)}`
          : `${formatInteger(points.length)} of ${formatInteger(run.steps.length)} steps compute`}
      </span>
    </figcaption>
  );
}

type Decades = readonly [from: number, to: number];

interface Scales {
  /** FLOP per byte */
  readonly xDecades: Decades;
  readonly x: (intensity: number) => number;
  /** GFLOP/s */
  readonly yDecades: Decades;
  readonly y: (rate: number) => number;
}

function scalesOf(points: readonly RooflinePoint[], peak: MachinePeak | undefined, size: Size): Scales {
  const xDecades = decadesOf(points.map(point => point.intensity));
  const ceiling = peak ? [peak.flopsPerSecond / 1e9] : [];
  const yDecades = decadesOf([...points.map(point => point.rate), ...ceiling]);
  return {
    xDecades,
    x: scaleLog(xDecades, [LEFT, Math.max(LEFT + 1, size.width - RIGHT)]),
    yDecades,
    y: scaleLog(yDecades, [Math.max(TOP + 1, size.height - BOTTOM), TOP]),
  };
}

function Axes({ size, scales }: { readonly size: Size; readonly scales: Scales }) {
  const { width, height } = size;
  const { x, y } = scales;
  return (
    <>
      {powersIn(scales.xDecades).map(tick => (
        <g key={tick} className={styles.tick}>
          <line x1={x(tick)} x2={x(tick)} y1={TOP} y2={height - BOTTOM} />
          <text x={x(tick)} y={height - BOTTOM + 16} textAnchor="middle">
            {formatPower(Math.round(Math.log10(tick)))}
          </text>
        </g>
      ))}
      {powersIn(scales.yDecades).map(tick => (
        <g key={tick} className={styles.tick}>
          <line x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
          <text x={LEFT - 6} y={y(tick) + 4} textAnchor="end">
            {formatPower(Math.round(Math.log10(tick)))}
          </text>
        </g>
      ))}
      <text className={styles.axis} x={width - RIGHT} y={height - 6} textAnchor="end">
        FLOP per byte read and written
      </text>
      <text className={styles.axis} x={LEFT} y={TOP - 4}>
        GFLOP/s
      </text>
    </>
  );
}

/** What the machine reaches at best: by memory on the left, by arithmetic on the right. */
function Roof({ peak, scales }: { readonly peak: MachinePeak; readonly scales: Scales }) {
  const { x, y } = scales;
  const [from, to] = scales.xDecades;
  const [bottom] = scales.yDecades;
  const ridge = peak.flopsPerSecond / peak.bytesPerSecond;
  // Where the slope leaves the bottom of the plot.
  const start = Math.max(from, (bottom * 1e9) / peak.bytesPerSecond);
  const corners = [start, ...(ridge > start && ridge < to ? [ridge] : []), to];
  const path = corners.map(at => `${x(at)},${y(roofAt(peak, at))}`).join(' ');
  const ceiling = y(peak.flopsPerSecond / 1e9);
  return (
    <g className={styles.roof}>
      <polyline points={path} />
      {/* Memory is the limit as far as the plot goes: what arithmetic could do stays at its height. */}
      {ridge >= to && <polyline points={`${x(from)},${ceiling} ${x(to)},${ceiling}`} strokeDasharray="4 4" />}
      <text x={x(to) - 4} y={ceiling - 5} textAnchor="end">
        {formatCountOf(peak.flopsPerSecond, 'FLOP/s')} in registers
      </text>
    </g>
  );
}
