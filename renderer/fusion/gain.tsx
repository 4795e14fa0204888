// What fusing this group bought, measured: its step against its members apart, and the error against plain kernels.

import type { TimedSide } from '../../engine/report/compare.ts';
import { counted } from '../../engine/report/counted.ts';
import type { FusedGroup } from '../../engine/report/types/compile.ts';
import { formatError, formatNs, formatRatio, signed } from '../format/units.ts';
import { useActions, useApp, useModel } from '../hooks/app-context.ts';
import { optionsOf, runOf } from '../state/app-state.ts';
import { findCommand } from '../state/commands/commands.ts';
import { groupGain } from '../state/derived/group-gain.ts';
import { FiguresHead } from '../tables/figures-head.tsx';
import { Button } from '../widgets/button.tsx';
import styles from './fusion.module.css';

export function Gain({ group }: { readonly group: FusedGroup }) {
  const model = useModel();
  const actions = useActions();
  const canRun = useApp(state => findCommand('run')?.enabled(state) ?? false);
  const gain = groupGain(model, group);
  const options = optionsOf(model);
  const measure = (): void => {
    const others = options.disabledGroups.filter(id => id !== group.id);
    const without = { ...options, disabledGroups: [...others, group.id] };
    void actions.measureBoth(without, { ...options, disabledGroups: others }, true);
  };
  return (
    <section>
      <h3 className={styles.heading}>Measured</h3>
      {gain ? (
        <>
          <table className={styles.accounting}>
            <FiguresHead corner="What is measured" sides={['Apart', 'Together', 'Gain']} />
            <tbody>
              <tr data-noise={gain.row.overlapping || undefined}>
                <th scope="row">Median</th>
                <td>{timeOf(gain.row.a)}</td>
                <td>{timeOf(gain.row.b)}</td>
                <td>{gain.row.ratio === undefined ? '–' : formatRatio(1 / gain.row.ratio)}</td>
              </tr>
              <tr data-noise={gain.row.overlapping || undefined}>
                <th scope="row">Difference</th>
                <td />
                <td>{signed(gain.row.deltaNs, formatNs)}</td>
                <td />
              </tr>
              <tr>
                <th scope="row">Steps added up</th>
                <td>{gain.row.a?.steps.length ?? 0}</td>
                <td>{gain.row.b?.steps.length ?? 0}</td>
                <td />
              </tr>
            </tbody>
          </table>
          <p className={styles.faint}>
            Runs {gain.apart.number} and {gain.fused.number}
            {gain.measuredTogether ? ', measured together' : ', not measured together'}
            {gain.row.overlapping && '; the intervals meet, so this may be noise'}
            {gain.row.nodes.length > group.nodes.length &&
              `; what they share stretches over ${counted(gain.row.nodes.length, 'operator')}`}
            .
          </p>
        </>
      ) : (
        <p className={styles.faint}>No run with its members apart has been kept yet.</p>
      )}
      <ErrorLine group={group} />
      <div className={styles.measure}>
        <Button
          disabled={!canRun}
          title="Runs with and without this group in turns, so that both see the same machine, and compares its results"
          onClick={measure}
        >
          Measure with and without
        </Button>
      </div>
    </section>
  );
}

const timeOf = (side: TimedSide | undefined): string => (side ? formatNs(side.medianNs) : '–');

/** Of the group's own results where a run looked at them, and of the model's outputs. */
function ErrorLine({ group }: { readonly group: FusedGroup }) {
  const run = runOf(useModel());
  const check = run?.report.check;
  if (!check) return null;
  const own = check.groups?.find(entry => entry.group === group.id);
  return (
    <>
      {own && (
        <p>
          Largest error of its results: {formatError(own.maxAbsError)} absolute,{' '}
          {formatError(own.maxRelError)} of the largest, against {AGAINST.unfused}; what the groups before it
          add is part of it.
        </p>
      )}
      <p className={styles.faint}>
        Largest error of the outputs in run {run.number}: {formatError(check.maxAbsError)} absolute,{' '}
        {formatError(check.maxRelError)} of the largest value, against{' '}
        {AGAINST[check.against] ?? check.against}.
      </p>
    </>
  );
}

const AGAINST: Readonly<Record<string, string>> = {
  unfused: 'the same model unfused, without SIMD and minimal filtering',
  reference: 'the interpreter',
};
