// While two runs are compared in every view: which, what came of it, and how far it can be trusted, above the view.

import { ArrowLeftRight, X } from 'lucide-react';
import { formatBytes, formatNs, formatRatio, signed } from '../format/units.ts';
import { useActions, useApp, useModel } from '../hooks/app-context.ts';
import { useComparing } from '../hooks/use-comparison.ts';
import { runOf } from '../state/app-state.ts';
import { describeRun } from '../state/derived/describe-run.ts';
import { Button, IconButton } from '../widgets/button.tsx';
import styles from './compare.module.css';

export function CompareBar() {
  const actions = useActions();
  const compared = useComparing();
  const model = useModel();
  const view = useApp(state => state.view);
  if (!compared || view === 'compare') return null;
  const { a, b, comparison } = compared;
  const { total, memory, measuredTogether, sameDimensions } = comparison;
  const arena = memory.find(({ key }) => key === 'arenaBytes')?.deltaBytes ?? 0;
  const shown = runOf(model);
  const other = shown === b ? a : b;
  return (
    <section className={styles.bar} aria-label="Comparison of A and B">
      <span className={styles.barRuns}>
        <b>A</b> run {a.number}, <b>B</b> run {b.number}
      </span>
      <p className={styles.barText} title={`A: ${describeRun(a, model)}\nB: ${describeRun(b, model)}`}>
        <span className={total.overlapping ? styles.noise : ''}>
          B − A: {signed(total.deltaNs, formatNs)} ({formatRatio(total.ratio)})
          {total.overlapping && ', may be noise'}
        </span>{' '}
        · arena {signed(arena, formatBytes)} ·{' '}
        <span className={styles.barNote}>
          {measuredTogether ? 'measured together' : 'not measured together'}
          {!sameDimensions && ', of other dimensions: not comparable'}
          {a.inputs !== b.inputs && ', on different data'}
        </span>
      </p>
      <Button onClick={() => actions.showRun(other)}>
        <ArrowLeftRight size={12} aria-hidden /> Show {other === a ? 'A' : 'B'}
      </Button>
      <IconButton
        label="Stop comparing in every view"
        shortcut="C"
        onClick={() => actions.setComparing(false)}
      >
        <X size={12} aria-hidden />
      </IconButton>
    </section>
  );
}
