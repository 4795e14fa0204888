// Two open models, or two versions of one: what was added, removed and changed; memory and time side by side.

import { useEffect, useState } from 'react';
import { counted } from '../../../engine/report/counted.ts';
import { formatInteger } from '../../format/units.ts';
import { useActions, useApp, useModel } from '../../hooks/app-context.ts';
import { useMatched } from '../../hooks/use-matched.ts';
import { beforeOf, type OpenModel } from '../../state/app-state.ts';
import { modelName } from '../../state/derived/model-name.ts';
import { comparableWeights, comparedWeights, differenceOf } from '../../state/derived/versions.ts';
import { Button } from '../../widgets/button.tsx';
import { EmptyState } from '../../widgets/empty-state.tsx';
import { SelectField } from '../../widgets/fields.tsx';
import { ModelTotals } from './model-totals.tsx';
import styles from './models.module.css';
import { PairsTable } from './pairs-table.tsx';
import { weightsText } from './weights-text.ts';

export function ModelsCompared() {
  const actions = useActions();
  const model = useModel();
  const models = useApp(state => state.models);
  const before = useApp(state => beforeOf(state.models, model));
  const others = models.filter(({ id }) => id !== model.id);
  if (others.length === 0) {
    return (
      <EmptyState
        title="One model is open"
        action={
          <Button emphasis="primary" onClick={() => void actions.pickAndOpen('files')}>
            Open another model…
          </Button>
        }
      >
        Open another version of this model, or another model: their operators are matched and compared here.
      </EmptyState>
    );
  }
  return (
    <div className={styles.view}>
      <div className={styles.choice}>
        <SelectField
          label="Before"
          value={before?.id ?? null}
          items={others.map(other => ({ value: other.id, label: modelName(other, models) }))}
          placeholder="Choose a model"
          onChange={id => actions.compareWith(id)}
        />
        <span>
          After: <b>{modelName(model, models)}</b>, the model shown
        </span>
        {before && (
          <Button
            title="Colours the graph by what was added and changed"
            onClick={() => {
              actions.compareWith(before.id);
              actions.setGraphLook({ colour: 'changes' });
              actions.setView('graph');
            }}
          >
            Show in the graph
          </Button>
        )}
      </div>
      {before ? (
        <Matched before={before} after={model} />
      ) : (
        <EmptyState title="Choose a model to compare with">
          It stands for the state before; the model shown is the state after.
        </EmptyState>
      )}
    </div>
  );
}

/** Operators are matched first, which takes a while in large models. */
function Matched(props: { readonly before: OpenModel; readonly after: OpenModel }) {
  const known = useMatched(props.before, props.after);
  if (known) return <Difference {...props} />;
  return (
    <EmptyState title="Matching operators…">Of both models, by name and by what they look like.</EmptyState>
  );
}

function Difference({ before, after }: { readonly before: OpenModel; readonly after: OpenModel }) {
  const actions = useActions();
  const [all, setAll] = useState(false);
  const difference = differenceOf(before, after);
  const { pairs, added, removed } = difference;
  const changed = pairs.filter(({ changes }) => changes.length > 0).length;
  const same = before.summary.sha256 === after.summary.sha256;
  const weights = comparableWeights(before, after);
  const compared = comparedWeights(before, after);
  const asked = same || compared !== undefined;
  useEffect(() => {
    if (!asked) void actions.compareWeights(before, after);
  }, [asked, actions, before, after]);
  return (
    <>
      <p className={styles.verdict} role="status">
        <b>
          {added.length + removed.length + changed === 0
            ? 'The graphs are the same'
            : `${formatInteger(added.length)} added, ${formatInteger(removed.length)} removed, ${formatInteger(changed)} changed`}
        </b>
        <span>
          {formatInteger(pairs.length)} of {counted(after.summary.graph.nodes.length, 'operator')} matched.{' '}
          {same ? 'Both are the same file.' : weightsText(compared, weights.length)}
        </span>
        {!same && compared?.state === 'failed' && (
          <Button onClick={() => void actions.compareWeights(before, after)}>Compare values</Button>
        )}
      </p>
      <ModelTotals before={before} after={after} />
      <div className={styles.list}>
        <label className={styles.all}>
          <input type="checkbox" checked={all} onChange={event => setAll(event.target.checked)} /> List what
          did not change too
        </label>
        <div className={styles.table}>
          <PairsTable before={before} after={after} difference={difference} all={all} />
        </div>
      </div>
    </>
  );
}
