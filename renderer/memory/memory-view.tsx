// The memory map: which bytes of the arena belong to whom, step by step; beside it the map of another strategy, and
// the strategy's placements one after the other.
// The allocation view's tables hold the same rows for those who cannot use a canvas.

import { useEffect } from 'react';
import type { Strategy } from '../../engine/options.ts';
import type { PlanTensor, PlanView } from '../../engine/report/types/plan.ts';
import { StepChart } from '../chart/step-chart.tsx';
import { useFitSteps } from '../chart/use-step-view.ts';
import { fittedName } from '../format/short-path.ts';
import { formatBytes, formatInteger } from '../format/units.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import { useOtherRun } from '../hooks/use-comparison.ts';
import { useKept } from '../hooks/use-kept.ts';
import { failureOf, optionsOf, planOf, runOf } from '../state/app-state.ts';
import { leftOutText } from '../state/derived/left-out.ts';
import { optionsKey, STRATEGY_NAMES } from '../state/settings.ts';
import { Button } from '../widgets/button.tsx';
import { EmptyState } from '../widgets/empty-state.tsx';
import { SelectField } from '../widgets/fields.tsx';
import { PlayBar } from '../widgets/play-bar.tsx';
import { MapLegend } from './map-legend.tsx';
import { MapPane, useByteRange } from './map-pane.tsx';
import styles from './memory.module.css';

/** Room above the peak for its label, as a share of it. */
const HEADROOM = 1.04;
const PLACE_MS = 250;
/** Characters of a tensor's name beside the slider of placements. */
const MOST_NAME = 20;

export function MemoryView() {
  const plan = planOf(useModel());
  return plan ? <MemoryMaps plan={plan} /> : null;
}

function MemoryMaps({ plan }: { readonly plan: PlanView }) {
  const model = useModel();
  const whole = leftOutText(model.summary) === undefined;
  const beside = useBeside(plan);
  const [placed, setPlaced] = useKept<number | undefined>('placements shown', undefined);
  const topBytes = Math.max(plan.peakBytes, beside.plan?.peakBytes ?? 0, 1) * HEADROOM;
  const bytes = useByteRange(topBytes);
  const timed = plan.column === 'asExecuted' && runOf(model) !== undefined;
  const fitSteps = useFitSteps();
  return (
    <StepChart
      plan={plan}
      timed={timed}
      legend={<MapLegend plan={plan} {...(beside.plan && { beside: beside.plan })} />}
      onFit={() => {
        fitSteps();
        bytes.fit();
      }}
      tools={
        <>
          <SelectField label="Beside" value={beside.value} items={beside.items} onChange={beside.choose} />
          <Button
            aria-pressed={placed !== undefined}
            title="How the strategy placed one tensor after the other"
            onClick={() => setPlaced(placed === undefined ? 0 : undefined)}
          >
            Replay
          </Button>
        </>
      }
    >
      {placed !== undefined && <ReplayBar plan={plan} placed={placed} onChange={setPlaced} />}
      <div className={styles.panes}>
        <MapPane
          plan={plan}
          topBytes={topBytes}
          placed={placed}
          {...(beside.strategy && { title: beside.shown ?? titleOf(plan, whole) })}
        />
        {beside.strategy &&
          (beside.plan ? (
            <MapPane
              plan={beside.plan}
              topBytes={topBytes}
              placed={placed}
              title={beside.title ?? titleOf(beside.plan, whole)}
            />
          ) : (
            <div className={styles.waiting}>
              <EmptyState title={`${STRATEGY_NAMES[beside.strategy]}: no plan yet`}>
                It is on its way, or could not be made; then a notice says why.
              </EmptyState>
            </div>
          ))}
      </div>
    </StepChart>
  );
}

const titleOf = (plan: PlanView, whole: boolean): string =>
  `${STRATEGY_NAMES[plan.strategy]}: ${formatBytes(plan.peakBytes)}${plan.optimal && whole ? ', optimal' : ''}`;

/** The plan of another strategy, with all else as chosen. */
function useBeside(shown: PlanView) {
  const actions = useActions();
  const model = useModel();
  const [wanted, setWanted] = useKept<Strategy | undefined>('strategy beside', undefined);
  const run = useOtherRun();
  const strategy = wanted === shown.strategy ? undefined : wanted;
  const options = optionsOf(model);
  const other = strategy && { ...options, planner: strategy };
  const key = other && optionsKey(other);
  const report = key === undefined ? undefined : model.reports.get(key);
  const missing = other !== undefined && report === undefined && failureOf(model) === undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the options
  useEffect(() => {
    if (missing && other) void actions.planAlso(other);
  }, [missing, key, actions]);
  const others = (Object.keys(STRATEGY_NAMES) as Strategy[]).filter(
    name => name !== shown.strategy && name !== 'off',
  );
  const choose = (name: Strategy | 'none' | 'run'): void =>
    setWanted(name === 'none' || name === 'run' ? undefined : name);
  if (run && !strategy) {
    const plan = run.run.report.compile[model.column];
    return {
      strategy: plan.strategy,
      plan,
      shown: run.shown && `${run.shown.side}, run ${run.shown.run.number}: ${formatBytes(shown.peakBytes)}`,
      title: `${run.side}, run ${run.run.number}: ${formatBytes(plan.peakBytes)}`,
      value: 'run' as const,
      items: [...itemsFor(others), { value: 'run' as const, label: `Run ${run.run.number} (${run.side})` }],
      choose,
    };
  }
  return {
    strategy,
    value: strategy ?? ('none' as const),
    plan: report?.[model.column],
    items: itemsFor(others),
    choose,
  };
}

const itemsFor = (strategies: readonly Strategy[]) => [
  { value: 'none' as const, label: 'Nothing' },
  ...strategies.map(name => ({ value: name, label: STRATEGY_NAMES[name] })),
];

function ReplayBar(props: {
  readonly plan: PlanView;
  readonly placed: number;
  readonly onChange: (placed: number) => void;
}) {
  const { plan, placed } = props;
  const count = plan.placements.length;
  const byId = new Map(plan.tensors.map(row => [row.id, row]));
  const shown = plan.placements.slice(0, placed).flatMap(id => byId.get(id) ?? []);
  const reached = shown.reduce((most, row) => Math.max(most, row.offset + row.bytes), 0);
  const last = shown.at(-1);
  const placedText = ({ name, bytes, offset }: PlanTensor): string =>
    `${fittedName(name, MOST_NAME)}, ${formatBytes(bytes)} at ${formatBytes(offset)}`;
  const text = last ? placedText(last) : 'nothing placed';
  const countText = (text: string): string =>
    `${formatInteger(Math.min(placed, count))} of ${formatInteger(count)} · ${text} · up to ${formatBytes(reached)}`;
  const longest = plan.tensors.reduce((most, row) => Math.max(most, countText(placedText(row)).length), 0);
  return (
    <PlayBar
      label="Placement"
      names={{ play: 'Play the placements', previous: 'Previous placement', next: 'Next placement' }}
      value={Math.min(placed, count)}
      first={0}
      last={count}
      text={text}
      count={countText(text)}
      countRoom={longest}
      paceMs={PLACE_MS}
      onChange={props.onChange}
    />
  );
}
