// The list under timeline and memory map that says who owns the peak, with the step where it is.

import { X } from 'lucide-react';
import { type CSSProperties, useMemo } from 'react';
import { counted } from '../../engine/report/counted.ts';
import { type PeakOwner, peakOwnersOf } from '../../engine/report/peak-owners.ts';
import type { PlanView } from '../../engine/report/types/plan.ts';
import { formatBytes, formatShare } from '../format/units.ts';
import { useActions, useApp, useModel } from '../hooks/app-context.ts';
import { useHighlight } from '../hooks/use-highlight.ts';
import type { GraphIndex } from '../state/derived/graph-index.ts';
import { type Selection, selectionOfRow } from '../state/selection.ts';
import { bufferColumns, whereShared } from '../tables/buffer-columns.tsx';
import type { Column } from '../tables/column.ts';
import { DataTable } from '../tables/data-table.tsx';
import { ShareBar } from '../tables/share-bar.tsx';
import { familyOfRow, familyVariable } from '../theme/families.ts';
import { Button, IconButton } from '../widgets/button.tsx';
import styles from './chart.module.css';

/** Shows or hides the list. */
export function PeakOwnersButton() {
  const actions = useActions();
  const shown = useApp(state => state.peakOwners);
  return (
    <Button
      aria-pressed={shown}
      title="What is live where the most memory is needed (O)"
      onClick={() => actions.setPeakOwners(!shown)}
    >
      Who owns the peak
    </Button>
  );
}

export function PeakOwners({ plan }: { readonly plan: PlanView }) {
  const actions = useActions();
  const highlight = useHighlight();
  const { index } = useModel();
  const shown = useApp(state => state.peakOwners);
  const owners = useMemo(() => peakOwnersOf(plan), [plan]);
  const live = plan.liveBytes[plan.peakStep] ?? 0;
  const shared = owners.reduce((sum, { tensor }) => sum + tensor.bytes, 0) - live;
  const columns = useMemo(
    () => columnsOf(plan, index, actions.select, shared > 0),
    [plan, index, actions, shared],
  );
  if (!shown || plan.steps.length === 0) return null;
  const step = `step ${plan.peakStep}, ${plan.steps[plan.peakStep]?.title ?? ''}`;
  return (
    <section
      className={styles.owners}
      style={{ '--rows': owners.length } as CSSProperties}
      aria-label="Who owns the peak"
    >
      <header className={styles.ownersHead}>
        <h3>Who owns the peak</h3>
        <p>
          <span className={styles.ownersText}>
            {`${formatBytes(live)} in ${counted(owners.length, 'tensor')}`}
            {shared > 0 && `, which share ${formatBytes(shared)},`}
            {' live in '}
          </span>
          <button
            type="button"
            className={styles.stepLink}
            title={step}
            onClick={() => {
              actions.setStep(plan.peakStep);
              actions.select({ kind: 'step', id: plan.peakStep });
            }}
          >
            {step}
          </button>
        </p>
        <IconButton label="Hide who owns the peak" shortcut="O" onClick={() => actions.setPeakOwners(false)}>
          <X size={14} aria-hidden />
        </IconButton>
      </header>
      <div className={styles.ownersTable}>
        <DataTable
          label="Who owns the peak"
          rows={owners}
          columns={whereShared(columns, plan, owners)}
          rowKey={({ tensor }) => tensor.id}
          isMarked={({ tensor }) => highlight.buffers.has(tensor.id)}
          onSelect={({ tensor }) => actions.select(selectionOfRow(tensor))}
        />
      </div>
    </section>
  );
}

function columnsOf(
  plan: PlanView,
  index: GraphIndex,
  select: (to: Selection) => void,
  sharing: boolean,
): readonly Column<PeakOwner>[] {
  const { name, size, buffer, sharers } = bufferColumns(plan, index, select);
  const stepText = (step: number | undefined, otherwise: string) =>
    step === undefined ? otherwise : `${step} ${plan.steps[step]?.title ?? ''}`;
  const madeText = ({ writer }: PeakOwner) => stepText(writer, 'by the caller');
  const readText = ({ tensor, lastReader }: PeakOwner) =>
    stepText(lastReader, tensor.kind === 'output' ? 'by the caller' : 'its own step');
  return [
    { ...name, min: 176 },
    size,
    { ...buffer, spare: 2 },
    {
      id: 'share',
      title: sharing ? 'Of their sum' : 'Of the peak',
      min: 96,
      align: 'right',
      hint: sharing
        ? 'Of the sizes of all that is live in this step, added up: some of it shares memory'
        : 'Of all that is live in this step',
      value: ({ share }) => share,
      render: ({ tensor, share }) => (
        <ShareBar share={share} color={familyVariable(familyOfRow(tensor))}>
          {formatShare(share)}
        </ShareBar>
      ),
    },
    {
      id: 'writer',
      title: 'Made in step',
      min: 104,
      grow: 1,
      value: ({ writer }) => writer,
      text: madeText,
      render: madeText,
    },
    {
      id: 'lastReader',
      title: 'Last read in step',
      min: 120,
      grow: 1,
      hint: 'After it the memory is free for others',
      value: ({ lastReader }) => lastReader,
      text: readText,
      render: readText,
    },
    sharers,
  ];
}
