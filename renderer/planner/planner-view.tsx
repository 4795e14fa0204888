// The planner's own view: what each strategy needs and whether that is proved, what would save more and what it asks
// for in return, and whether the model fits into so much memory.

import { Search } from 'lucide-react';
import { useState } from 'react';
import type { WhatIfReport } from '../../engine/report/what-if/types.ts';
import { formatBytes, formatMs } from '../format/units.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import { useKept } from '../hooks/use-kept.ts';
import { optionsOf, reportOf } from '../state/app-state.ts';
import { partText } from '../state/derived/left-out.ts';
import type { MemoryQuestion } from '../state/requests/memory-questions.ts';
import { optionsKey } from '../state/settings.ts';
import { Button } from '../widgets/button.tsx';
import { EmptyState } from '../widgets/empty-state.tsx';
import { BudgetAnswerText, PoolAnswerTable } from './answers.tsx';
import { ExecutedTable } from './executed-table.tsx';
import { FrontPlot } from './front-plot.tsx';
import { MemoryForm } from './memory-form.tsx';
import { orderText } from './order-text.ts';
import styles from './planner.module.css';
import { StrategiesTable } from './strategies-table.tsx';
import { CHANGES, isWhole, triedText } from './tried-text.ts';
import { WhatIfTable } from './what-if-table.tsx';

interface Asked {
  /** optionsKey of the settings it is about */
  readonly key: string;
  readonly report: WhatIfReport;
  readonly question: MemoryQuestion;
  readonly limitMs: number;
}

/** What is found in so long is shown at once; what takes longer is looked for on, up to the second. */
const LIMITS_MS = [3_000, 12_000] as const;
/** Whoever wants more waits so many times as long as before. */
const LONGER = 4;

export function PlannerView() {
  const actions = useActions();
  const model = useModel();
  const key = optionsKey(optionsOf(model));
  const [asked, setAsked] = useKept<Asked | undefined>('what-if', undefined);
  const [waiting, setWaiting] = useState(false);
  const ask = async (question: MemoryQuestion, limitsMs: readonly number[] = LIMITS_MS): Promise<void> => {
    setWaiting(true);
    for (const limitMs of limitsMs) {
      const report = await actions.askWhatIf({ ...question, limitMs });
      if (report) setAsked({ key, report, question, limitMs });
      if (!report || isWhole(report)) break;
    }
    setWaiting(false);
  };
  const report = asked?.key === key ? asked.report : undefined;
  const part = partText(model.summary, reportOf(model)?.asGiven);
  return (
    <div className={styles.view}>
      <StrategiesTable />
      <section className={styles.section} aria-label="What if">
        <header className={styles.head}>
          <h3>What would save more</h3>
          {report && (
            <p className={styles.text}>
              from {formatBytes(report.base.peakBytes)} as given, each planned anew and checked, in{' '}
              {formatMs(report.ms)}
            </p>
          )}
          <Button disabled={waiting} onClick={() => void ask({})}>
            <Search size={13} aria-hidden /> {report ? 'Look again' : 'Look for savings'}
          </Button>
        </header>
        {report ? (
          <>
            {part !== undefined && <p className={styles.text}>{part}</p>}
            {asked && !isWhole(report) && (
              <div className={styles.head} role="status">
                <p className={styles.text}>{triedText(report, formatMs(asked.limitMs))}</p>
                <Button disabled={waiting} onClick={() => void ask(asked.question, [asked.limitMs * LONGER])}>
                  Go on for {formatMs(asked.limitMs * LONGER)}
                </Button>
              </div>
            )}
            <div className={styles.pair}>
              <FrontPlot report={report} />
              <MemoryForm waiting={waiting} onAsk={question => void ask(question)} />
            </div>
            {report.budget && <BudgetAnswerText answer={report.budget} items={report.items} />}
            {report.pools && <PoolAnswerTable answer={report.pools} />}
            <ExecutedTable report={report} />
            {report.order && <p className={styles.text}>{orderText(report.order)}</p>}
            <WhatIfTable report={report} />
          </>
        ) : (
          <EmptyState title={waiting ? 'Looking for savings…' : 'Not asked yet'}>
            Looked for: {CHANGES}. Each is planned anew, and ranked by what it saves.
          </EmptyState>
        )}
      </section>
    </div>
  );
}
