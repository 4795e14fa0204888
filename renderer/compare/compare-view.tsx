// Two kept runs side by side: total, memory, and operators with a fused step against the sum of its members.
// What may be noise is grey: the 95 % intervals of the two medians meet.

import { useMemo } from 'react';
import { type Comparison, compareRuns } from '../../engine/report/compare.ts';
import { formatNs } from '../format/units.ts';
import { useActions, useApp, useModel } from '../hooks/app-context.ts';
import type { KeptRun, OpenModel } from '../state/app-state.ts';
import { findCommand } from '../state/commands/commands.ts';
import { describeRun } from '../state/derived/describe-run.ts';
import { Button } from '../widgets/button.tsx';
import { EmptyState } from '../widgets/empty-state.tsx';
import { SelectField } from '../widgets/fields.tsx';
import styles from './compare.module.css';
import { OperatorTable, TotalsTable } from './compare-tables.tsx';
import { ModelsCompared } from './models/models-compared.tsx';
import { SamplesChart } from './samples-chart.tsx';
import { verdictOf } from './verdict.ts';

/** Two runs of a model, or two models. */
export function CompareView() {
  const what = useApp(state => state.compareWhat);
  return (
    <div className={styles.view}>
      <What />
      <div className={styles.body}>{what === 'runs' ? <RunsCompared /> : <ModelsCompared />}</div>
    </div>
  );
}

function What() {
  const actions = useActions();
  const what = useApp(state => state.compareWhat);
  const kinds = [
    ['runs', 'Two runs'],
    ['models', 'Two models'],
  ] as const;
  return (
    <fieldset className={styles.what}>
      <legend className="visually-hidden">What is compared</legend>
      {kinds.map(([kind, title]) => (
        <Button key={kind} aria-pressed={what === kind} onClick={() => actions.setCompareWhat(kind)}>
          {title}
        </Button>
      ))}
    </fieldset>
  );
}

function RunsCompared() {
  const model = useModel();
  const a = model.runs.find(run => run.number === model.compared.a);
  const b = model.runs.find(run => run.number === model.compared.b);
  if (model.runs.length < 2) return <TooFew model={model} />;
  return (
    <div className={styles.view}>
      <Choice model={model} a={a} b={b} />
      {a && b ? (
        <Pair a={a} b={b} />
      ) : (
        <EmptyState title="Choose two runs">
          Pick A and B above, or with the buttons of a run at the bottom.
        </EmptyState>
      )}
    </div>
  );
}

function TooFew({ model }: { readonly model: OpenModel }) {
  const actions = useActions();
  const { fusion } = model.options.present;
  const canRun = useApp(state => findCommand('run')?.enabled(state) ?? false);
  return (
    <EmptyState
      title={model.runs.length === 0 ? 'No runs to compare yet' : 'One run so far'}
      action={
        <Button
          emphasis="primary"
          disabled={!canRun}
          onClick={() => {
            const options = model.options.present;
            void actions.measureBoth({ ...options, fusion: false }, { ...options, fusion: true });
          }}
        >
          Measure fusion off against on
        </Button>
      }
    >
      Run, then change a setting{fusion ? ', such as fusion or the planner,' : ''} and run again. Two runs are
      compared here, operator by operator.
    </EmptyState>
  );
}

function Choice(props: {
  readonly model: OpenModel;
  readonly a: KeptRun | undefined;
  readonly b: KeptRun | undefined;
}) {
  const actions = useActions();
  const { model, a, b } = props;
  const comparing = useApp(state => state.comparing);
  const items = model.runs.map(run => ({
    value: String(run.number),
    label: `${run.number}: ${formatNs(run.report.total.medianNs)}, ${describeRun(run, model)}`,
  }));
  const side = (name: 'a' | 'b', run: KeptRun | undefined) => (
    <SelectField
      label={name.toUpperCase()}
      value={run ? String(run.number) : null}
      items={items}
      placeholder="Choose a run"
      onChange={number => actions.compareRuns({ [name]: Number(number) })}
    />
  );
  const measure = (): void => {
    if (a && b) void actions.measureBoth(a.report.options, b.report.options);
  };
  return (
    <div className={styles.choice}>
      {side('a', a)}
      {side('b', b)}
      <Button
        aria-pressed={comparing}
        disabled={!a || !b}
        title="Graph, timeline, memory map and operators show both runs (C)"
        onClick={() => actions.setComparing(!comparing)}
      >
        In every view
      </Button>
      <Button
        disabled={!a || !b || a.key === b.key}
        onClick={measure}
        title={
          a && b && a.key === b.key
            ? 'A and B have the same settings: choose runs that differ'
            : 'Runs A and B in turns, so that both see the same machine'
        }
      >
        Measure both together
      </Button>
    </div>
  );
}

function Pair({ a, b }: { readonly a: KeptRun; readonly b: KeptRun }) {
  const comparison = useMemo(() => compareRuns(a.report, b.report), [a, b]);
  return (
    <>
      <Verdict comparison={comparison} a={a} b={b} />
      <div className={styles.top}>
        <TotalsTable comparison={comparison} a={a} b={b} />
        <SamplesChart a={a} b={b} />
      </div>
      <div className={styles.operators}>
        <OperatorTable comparison={comparison} />
      </div>
    </>
  );
}

/** The result in one sentence, with what limits it. */
function Verdict(props: { readonly comparison: Comparison; readonly a: KeptRun; readonly b: KeptRun }) {
  const { comparison, a, b } = props;
  return (
    <p className={styles.verdict} role="status">
      <b className={comparison.total.overlapping || !comparison.sameDimensions ? styles.noise : ''}>
        {verdictOf(comparison)}
      </b>
      <span>
        {comparison.measuredTogether
          ? 'Measured together, in turns.'
          : 'Not measured together: the machine may have changed in between.'}
      </span>
      {a.inputs !== b.inputs && (
        <span>
          They ran on different data: A {a.inputs}; B {b.inputs}.
        </span>
      )}
      {(a.report.probe || b.report.probe) && (
        <span>One of them is a probe run: its time includes capturing values.</span>
      )}
      {!comparison.sameModel && <span>They are of different models: operators are not compared.</span>}
    </p>
  );
}
