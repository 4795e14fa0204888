// All strategies in one table: what each needs, how far that is from the bound, and whether it is proved to be least.

import { type CSSProperties, useMemo, useState } from 'react';
import type { Strategy } from '../../engine/options.ts';
import type { PlanView } from '../../engine/report/types/plan.ts';
import { formatBytes, formatMs, formatShare } from '../format/units.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import { optionsOf, savedShare } from '../state/app-state.ts';
import { optionsKey, STRATEGY_NAMES } from '../state/settings.ts';
import type { Column } from '../tables/column.ts';
import { DataTable } from '../tables/data-table.tsx';
import { Button } from '../widgets/button.tsx';
import styles from './planner.module.css';
import { type Proof, ProofBadge, proofOf } from './proof-badge.tsx';

interface Row {
  readonly strategy: Strategy;
  readonly chosen: boolean;
  readonly plan: PlanView | undefined;
  readonly proof: Proof | undefined;
}

export function StrategiesTable() {
  const actions = useActions();
  const model = useModel();
  const [working, setWorking] = useState(false);
  const options = optionsOf(model);
  const rows = useMemo(
    () =>
      withProofs(
        (Object.keys(STRATEGY_NAMES) as Strategy[]).map(strategy => {
          const report = model.reports.get(optionsKey({ ...options, planner: strategy }));
          return { strategy, chosen: strategy === options.planner, plan: report?.[model.column] };
        }),
      ),
    [model.reports, model.column, options],
  );
  const missing = rows.filter(row => !row.plan);
  const planAll = async (): Promise<void> => {
    setWorking(true);
    for (const { strategy } of missing) {
      if (!(await actions.planAlso({ ...options, planner: strategy }))) break;
    }
    setWorking(false);
  };
  return (
    <section className={styles.section} aria-label="Strategies">
      <header className={styles.head}>
        <h3>Strategies</h3>
        <p className={styles.text}>All else as chosen. A click chooses one.</p>
        {missing.length > 0 && (
          <Button disabled={working} onClick={() => void planAll()}>
            Plan with all
          </Button>
        )}
      </header>
      <div className={styles.strategies} style={{ '--rows': rows.length } as CSSProperties}>
        <DataTable
          label="Strategies"
          rows={rows}
          columns={COLUMNS}
          rowKey={row => row.strategy}
          isMarked={row => row.chosen}
          isFaint={row => !row.plan}
          onSelect={row => !row.chosen && actions.set({ planner: row.strategy })}
        />
      </div>
      <TwoSums rows={rows} />
      <OtherBuffers rows={rows} />
    </section>
  );
}

/** The peak without a planner is not the sum that savings are told of: says why, where both are to be seen. */
function TwoSums({ rows }: { readonly rows: readonly Row[] }) {
  const off = rows.find(({ strategy }) => strategy === 'off')?.plan;
  const chosen = rows.find(row => row.chosen)?.plan;
  if (!off || !chosen || off.peakBytes === chosen.unplannedBytes) return null;
  return (
    <p className={styles.text}>
      Off keeps every tensor apart and copies what would be a view: {formatBytes(off.peakBytes)}. Saved is
      told of the buffers of a plan, where views and parts share the buffer they look at:{' '}
      {formatBytes(chosen.unplannedBytes)} in all.
    </p>
  );
}

/** Why bounds differ between rows. */
function OtherBuffers({ rows }: { readonly rows: readonly Row[] }) {
  const chosen = rows.find(row => row.chosen)?.plan;
  const others = rows.filter(({ plan }) => plan && chosen && plan.problem !== chosen.problem);
  if (others.length === 0) return null;
  const names = others.map(({ strategy }) => STRATEGY_NAMES[strategy]).join(', ');
  return (
    <p className={styles.text}>
      {names}: other buffers are placed there than with the strategy chosen, above a lower bound of their own.
      In which order steps run, which of them work on less memory and what lies in the place of an operand is
      decided by what each strategy makes of it
      {others.some(({ strategy }) => strategy === 'off') && '; Off shares nothing'}.
    </p>
  );
}

function withProofs(rows: readonly Omit<Row, 'proof'>[]): readonly Row[] {
  const least = Math.min(...rows.flatMap(({ plan }) => plan?.peakBytes ?? []));
  return rows.map(row => ({ ...row, proof: row.plan && proofOf(row.plan, least) }));
}

const planned = (
  id: string,
  title: string,
  min: number,
  value: (plan: PlanView) => number,
  format: (value: number, plan: PlanView) => string,
  hint?: string,
): Column<Row> => ({
  id,
  title,
  min,
  align: 'right',
  ...(hint !== undefined && { hint }),
  value: ({ plan }) => plan && value(plan),
  render: ({ plan }) => (plan ? format(value(plan), plan) : '–'),
});

const gapOf = (plan: PlanView): number => plan.peakBytes - plan.lowerBoundBytes;

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'strategy',
    title: 'Strategy',
    min: 128,
    grow: 1,
    value: ({ strategy }) => STRATEGY_NAMES[strategy],
    render: ({ strategy, chosen }) => (
      <>
        {STRATEGY_NAMES[strategy]} {chosen && <span className={styles.chosen}>chosen</span>}
      </>
    ),
  },
  planned('peak', 'Peak', 88, plan => plan.peakBytes, formatBytes),
  planned(
    'bound',
    'Lower bound',
    96,
    plan => plan.lowerBoundBytes,
    formatBytes,
    'The largest sum of what is live at once, or more where a search proved it',
  ),
  planned('gap', 'Above it', 80, gapOf, formatBytes),
  {
    id: 'proof',
    title: 'Proof',
    min: 88,
    hint: 'Optimal: no placement of these lifetimes needs less. Not optimal: another strategy needs less',
    value: ({ proof }) => proof,
    render: ({ proof }) => (proof === undefined ? '–' : <ProofBadge proof={proof} />),
  },
  planned(
    'saved',
    'Saved',
    72,
    savedShare,
    formatShare,
    'Against every buffer of the plan in memory of its own; views share the buffer they look at',
  ),
  planned('ms', 'Planned in', 80, plan => plan.ms, formatMs),
];
