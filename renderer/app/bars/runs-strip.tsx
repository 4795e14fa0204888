// The runs kept for the model shown. A click goes back to a run's settings; A and B choose what is compared.

import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { settingsText } from '../../../engine/report/settings-text.ts';
import { formatBytes, formatNs } from '../../format/units.ts';
import { useActions, useApp } from '../../hooks/app-context.ts';
import { describeInputs, type KeptRun, type OpenModel, runOf } from '../../state/app-state.ts';
import { dataOf, describeRun, otherDimensions } from '../../state/derived/describe-run.ts';
import { misfitsOf } from '../../state/derived/given-fit.ts';
import { Button } from '../../widgets/button.tsx';
import { SelectField } from '../../widgets/fields.tsx';
import { showSideways } from '../../widgets/show-sideways.ts';
import text from '../text.module.css';
import styles from './runs-strip.module.css';

export function RunsStrip({ model }: { readonly model: OpenModel }) {
  const shown = runOf(model);
  return (
    <section className={styles.runs} aria-label="Runs">
      <div className={styles.iterations}>
        <Iterations />
        <InputChoice model={model} />
      </div>
      {model.runs.length === 0 ? (
        <p className={styles.runsEmpty}>
          No runs yet. Run keeps each result here, so that two can be compared.
        </p>
      ) : (
        <ol className={styles.runList}>
          {model.runs.map(run => (
            <RunCard key={run.number} run={run} shown={run === shown} model={model} />
          ))}
        </ol>
      )}
    </section>
  );
}

/** How often a run is timed. */
const ITERATIONS = [5, 20, 50, 200, 1000];

function Iterations() {
  const actions = useActions();
  const iterations = useApp(state => state.iterations);
  const counts = [...new Set([...ITERATIONS, iterations])].toSorted((a, b) => a - b);
  return (
    <SelectField
      label="Timed runs"
      value={String(iterations)}
      items={counts.map(count => ({ value: String(count), label: String(count) }))}
      onChange={count => actions.setIterations(Number(count))}
    />
  );
}

/** What runs start from; a click chooses it. */
function InputChoice({ model }: { readonly model: OpenModel }) {
  const actions = useActions();
  const text = describeInputs(model.inputs);
  const misfits = misfitsOf(model);
  return (
    <Button
      title={misfits ?? `Runs start from ${text}. Choose files or another seed (I)`}
      onClick={() => actions.showDialog('inputs')}
    >
      Input: {model.inputs.given.size === 0 ? 'random' : `${model.inputs.given.size} given`}
      {misfits !== undefined && ', does not fit'}
    </Button>
  );
}

function RunCard(props: { readonly run: KeptRun; readonly shown: boolean; readonly model: OpenModel }) {
  const actions = useActions();
  const { run, model } = props;
  const { report } = run;
  const element = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (props.shown && element.current) showSideways(element.current);
  }, [props.shown]);
  const median = formatNs(report.total.medianNs);
  const arena = formatBytes(report.memory.arenaBytes);
  const [dimensions, data] = [otherDimensions(run, model), dataOf(run)];
  const side = (name: 'a' | 'b', label: string) => (
    <button
      type="button"
      className={styles.side1}
      aria-pressed={model.compared[name] === run.number}
      aria-label={`Compare run ${run.number} as ${label}`}
      onClick={() => actions.compareRuns({ [name]: run.number })}
    >
      {label}
    </button>
  );
  return (
    <li ref={element} className={styles.run} data-shown={props.shown || undefined}>
      <button
        type="button"
        className={styles.runMain}
        title={`Go back to these settings\n${describeRun(run, model)}\nInput: ${run.inputs}`}
        onClick={() => actions.showRun(run)}
      >
        <span className={styles.runTop}>
          <span className="visually-hidden">Run {run.number}: </span>
          <span className={styles.runNumber} aria-hidden>
            {run.number}
          </span>
          <b>{median}</b> <span>{arena}</span> {report.probe && <span className={text.warn}>probe</span>}
          {dimensions !== undefined && <span className={text.warn}>{dimensions}</span>}
          {data !== undefined && <span className={styles.runData}>{data}</span>}
        </span>
        <span className={styles.runOptions}>{settingsText(report.options)}</span>
      </button>
      <span className={styles.runSide}>
        {side('a', 'A')}
        {side('b', 'B')}
      </span>
      <button
        type="button"
        className={styles.runForget}
        aria-label={`Forget run ${run.number}`}
        onClick={() => actions.forgetRun(run)}
      >
        <X size={12} aria-hidden />
      </button>
    </li>
  );
}
