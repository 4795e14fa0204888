// Asks whether the model fits into so much memory, in one piece or in several with costs.

import { useState } from 'react';
import { useKept } from '../app/use-kept.ts';
import type { MemoryQuestion } from '../state/asking.ts';
import { Button } from '../widgets/button.tsx';
import styles from './planner.module.css';

const KIB = 1024;

/** KiB as typed → bytes; undefined for anything but a positive number. */
function bytesOf(text: string): number | undefined {
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) && value > 0 ? Math.round(value * KIB) : undefined;
}

export function MemoryForm(props: {
  readonly waiting: boolean;
  readonly onAsk: (question: MemoryQuestion) => void;
}) {
  const [budget, setBudget] = useKept('budget KiB', '');
  const [fast, setFast] = useKept('fast memory KiB', '');
  const [slow, setSlow] = useKept('slow memory KiB', '');
  const [tried, setTried] = useState(false);
  const [budgetBytes, fastBytes, slowBytes] = [budget, fast, slow].map(bytesOf);
  const pools = [
    ...(fastBytes === undefined ? [] : [{ id: 'fast', sizeBytes: fastBytes, cost: 1 }]),
    ...(slowBytes === undefined ? [] : [{ id: 'slow', sizeBytes: slowBytes, cost: SLOWER }]),
  ];
  const ready = budgetBytes !== undefined || pools.length === 2;
  const ask = (): void => {
    setTried(!ready);
    if (!ready) return;
    props.onAsk({
      ...(budgetBytes !== undefined && { budgetBytes }),
      ...(pools.length === 2 && { pools }),
    });
  };
  return (
    <form
      className={styles.form}
      aria-label="Does it fit"
      onSubmit={event => {
        event.preventDefault();
        ask();
      }}
    >
      <h4>Does it fit?</h4>
      <KibField label="Into" value={budget} onChange={setBudget} />
      <KibField label="Fast memory" value={fast} onChange={setFast} />
      <KibField label="Slow memory" value={slow} onChange={setSlow} />
      <Button type="submit" disabled={props.waiting}>
        Find a plan
      </Button>
      {tried && (
        <p className={styles.problem} role="alert">
          Give a size above 0, or the sizes of both memories.
        </p>
      )}
    </form>
  );
}

/** What a byte costs in the slow memory against the fast one: about what SRAM and PSRAM differ by. */
const SLOWER = 8;

function KibField(props: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  return (
    <label className={styles.field}>
      <span>{props.label}</span>
      <input inputMode="decimal" value={props.value} onChange={event => props.onChange(event.target.value)} />
      <span>KiB</span>
    </label>
  );
}
