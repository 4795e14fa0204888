// Two models side by side: size, memory of their plans, and their times where they were run.

import { settingsText } from '../../../engine/report/settings-text.ts';
import {
  formatBytes,
  formatCount,
  formatInteger,
  formatNs,
  formatRatio,
  signed,
} from '../../format/units.ts';
import { failureOf, type OpenModel, reportOf, runOf, unboundDimensions } from '../../state/app-state.ts';
import { FiguresHead } from '../../tables/figures-head.tsx';
import styles from '../compare.module.css';

interface Line {
  readonly name: string;
  readonly of: (model: OpenModel) => number | undefined;
  readonly format: (value: number) => string;
}

const LINES: readonly Line[] = [
  { name: 'Operators', of: ({ summary }) => summary.graph.nodes.length, format: formatInteger },
  { name: 'Parameters', of: ({ summary }) => summary.parameters, format: formatCount },
  { name: 'Weights', of: ({ summary }) => summary.parameterBytes, format: formatBytes },
  { name: 'Peak as given', of: model => reportOf(model)?.asGiven.peakBytes, format: formatBytes },
  { name: 'Arena peak', of: model => reportOf(model)?.asExecuted.peakBytes, format: formatBytes },
  { name: 'Lower bound', of: model => reportOf(model)?.asExecuted.lowerBoundBytes, format: formatBytes },
  { name: 'Steps', of: model => reportOf(model)?.asExecuted.steps.length, format: formatInteger },
  { name: 'Median', of: model => runOf(model)?.report.total.medianNs, format: formatNs },
];

/** Why there is no figure: what has to be done, or that it cannot be had. */
function whyNone(model: OpenModel): string {
  const unbound = unboundDimensions(model);
  if (unbound.length > 0) return `bind ${unbound.map(({ key }) => key).join(', ')}`;
  if (!model.summary.plannable) return 'cannot be planned';
  if (failureOf(model)) return 'not compiled';
  if (!reportOf(model)) return 'being planned';
  return model.summary.runnable ? 'not run' : 'cannot be run';
}

export function ModelTotals({ before, after }: { readonly before: OpenModel; readonly after: OpenModel }) {
  const [a, b] = [runOf(before), runOf(after)];
  const settings = [before, after].map(model => settingsText(model.options.present));
  const overlap =
    a !== undefined &&
    b !== undefined &&
    a.report.total.lowNs <= b.report.total.highNs &&
    b.report.total.lowNs <= a.report.total.highNs;
  return (
    <div className={styles.top}>
      <table className={styles.table} aria-label="Models side by side">
        <FiguresHead corner="Quantity" sides={['Before', 'After', 'Difference', 'Ratio']} />
        <tbody>
          {LINES.map(({ name, of, format }) => {
            const [m, n] = [of(before), of(after)];
            const known = m !== undefined && n !== undefined;
            return (
              <tr key={name} data-noise={(name === 'Median' && overlap) || (known && m === n) || undefined}>
                <th scope="row">{name}</th>
                <td>{m === undefined ? whyNone(before) : format(m)}</td>
                <td>{n === undefined ? whyNone(after) : format(n)}</td>
                <td>{known ? signed(n - m, format) : ''}</td>
                <td>{known && m > 0 ? formatRatio(n / m) : ''}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <div className={styles.notes}>
        <p>Before: {settings[0]}</p>
        <p>After: {settings[1]}</p>
        {[before, after].some(model => reportOf(model)?.asGiven.uncounted !== undefined) && (
          <p>Peaks as given leave out what If, Loop and Scan hold inside: as executed it may be counted.</p>
        )}
        {settings[0] !== settings[1] && <p>The settings differ: so may memory and time for that reason.</p>}
        <p>
          {a && b
            ? 'Times are of runs of their own, not measured together.'
            : 'Times come from runs: run both models to compare them.'}
        </p>
      </div>
    </div>
  );
}
