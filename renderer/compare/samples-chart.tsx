// Every timed run of A and B in order: shows spread, drift and outliers that a median hides.

import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { labelsOf } from '../chart/axis.ts';
import type { KeptRun } from '../state/app-state.ts';
import { usePalette } from '../theme/palette.ts';
import { useSize } from '../widgets/canvas.tsx';
import styles from './compare.module.css';

export function SamplesChart({ a, b }: { readonly a: KeptRun; readonly b: KeptRun }) {
  const host = useRef<HTMLDivElement>(null);
  const palette = usePalette();
  const [sizeRef, size] = useSize();
  useEffect(() => {
    const element = host.current;
    if (!element || size.width === 0) return;
    const [samplesA, samplesB] = [a.report.samplesNs, b.report.samplesNs];
    const count = Math.max(samplesA.length, samplesB.length);
    const axis = {
      stroke: palette.color['text-3'],
      font: `10px ${palette.font}`,
      grid: { stroke: palette.color.line, width: 1 },
      ticks: { show: false },
    };
    const series = (label: string, stroke: string): uPlot.Series => ({
      label,
      stroke,
      width: 1.5,
      points: { show: count <= 60, size: 4, fill: stroke },
    });
    const chart = new uPlot(
      {
        width: Math.max(160, Math.floor(size.width)),
        height: Math.max(96, Math.floor(size.height)),
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: false }, y: { range: (_, __, most) => [0, (most || 1) * 1.08] } },
        axes: [
          // Runs are counted: there is none between two of them.
          { ...axis, size: 24, gap: 6, incrs: RUN_STEPS },
          {
            ...axis,
            size: 60,
            gap: 4,
            values: (_, ticks) => ticks.map(labelsOf(ticks, 'ns')),
          },
        ],
        series: [{}, series('A', palette.family.convolution), series('B', palette.family.matrix)],
      },
      [
        Array.from({ length: count }, (_, index) => index + 1),
        padded(samplesA, count),
        padded(samplesB, count),
      ],
      element,
    );
    return () => chart.destroy();
  }, [a, b, palette, size]);
  return (
    <figure className={styles.samples}>
      <figcaption className={styles.samplesTitle}>
        Each timed run: <span className={styles.keyA}>A</span> <span className={styles.keyB}>B</span>
      </figcaption>
      <div ref={sizeRef} className={styles.samplesBox}>
        <div ref={host} aria-hidden />
      </div>
    </figure>
  );
}

const RUN_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

const padded = (samples: readonly number[], count: number): (number | null)[] =>
  Array.from({ length: count }, (_, index) => samples[index] ?? null);
