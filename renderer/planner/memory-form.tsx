// Asks whether the model fits into so much memory, in one piece or spread over several, each with what a byte read or
// written there costs.

import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import type { PoolSpec } from '../../engine/report/what-if/types.ts';
import { useKept } from '../hooks/use-kept.ts';
import type { MemoryQuestion } from '../state/requests/memory-questions.ts';
import { Button, IconButton } from '../widgets/button.tsx';
import styles from './planner.module.css';

const KIB = 1024;
/** More would make the form longer than what it asks about. */
const MOST_MEMORIES = 8;

/** A memory as typed. */
interface Memory {
  readonly name: string;
  readonly kib: string;
  readonly cost: string;
}

/** About what SRAM and PSRAM differ by. */
const FIRST: readonly Memory[] = [
  { name: 'fast', kib: '', cost: '1' },
  { name: 'slow', kib: '', cost: '8' },
];

/** A positive number; undefined for anything else. */
function positive(text: string): number | undefined {
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) && value > 0 ? value : undefined;
}

const bytesOf = (kib: string): number | undefined => {
  const value = positive(kib);
  return value === undefined ? undefined : Math.round(value * KIB);
};

function poolOf({ name, kib, cost }: Memory, place: number): PoolSpec | undefined {
  const sizeBytes = bytesOf(kib);
  const price = positive(cost);
  if (sizeBytes === undefined || price === undefined) return undefined;
  return { id: name.trim() || `memory ${place + 1}`, sizeBytes, cost: price };
}

/** What was typed as a question, or what is wrong with it. Memories without a size are not asked about. */
function questionOf(budget: string, memories: readonly Memory[]): MemoryQuestion | string {
  const budgetBytes = bytesOf(budget);
  const given = memories.filter(({ kib }) => kib.trim() !== '');
  if (given.length === 0) {
    return budgetBytes === undefined
      ? 'Give a size above 0, in KiB, or that of several memories.'
      : { budgetBytes };
  }
  const pools = given.flatMap((memory, place) => poolOf(memory, place) ?? []);
  if (pools.length < given.length) return 'Sizes and costs are numbers above 0.';
  if (new Set(pools.map(({ id }) => id)).size < pools.length) return 'Give each memory a name of its own.';
  return { pools, ...(budgetBytes !== undefined && { budgetBytes }) };
}

export function MemoryForm(props: {
  readonly waiting: boolean;
  readonly onAsk: (question: MemoryQuestion) => void;
}) {
  const [budget, setBudget] = useKept('budget KiB', '');
  const [memories, setMemories] = useKept('memories', FIRST);
  const [problem, setProblem] = useState('');
  const ask = (): void => {
    const question = questionOf(budget, memories);
    setProblem(typeof question === 'string' ? question : '');
    if (typeof question !== 'string') props.onAsk(question);
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
      <label className={styles.field}>
        <span>Into one memory of</span>
        <input inputMode="decimal" value={budget} onChange={event => setBudget(event.target.value)} />
        <span>KiB</span>
      </label>
      <Memories memories={memories} onChange={setMemories} />
      <Button type="submit" disabled={props.waiting}>
        Find a plan
      </Button>
      {problem && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}

function Memories(props: {
  readonly memories: readonly Memory[];
  readonly onChange: (memories: readonly Memory[]) => void;
}) {
  const { memories, onChange } = props;
  const change = (place: number, part: Partial<Memory>): void =>
    onChange(memories.map((memory, at) => (at === place ? { ...memory, ...part } : memory)));
  return (
    <fieldset className={styles.memories}>
      <legend>Or spread over</legend>
      <div className={styles.memory} aria-hidden>
        <span>Memory</span>
        <span>KiB</span>
        <span title="Of one byte read or written there, in any unit">Cost</span>
      </div>
      {memories.map((memory, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a memory has no identity but its place
        <div key={place} className={styles.memory}>
          <input
            className={styles.name}
            aria-label={`Name of memory ${place + 1}`}
            value={memory.name}
            onChange={event => change(place, { name: event.target.value })}
          />
          <input
            aria-label={`Size of memory ${place + 1} in KiB`}
            inputMode="decimal"
            value={memory.kib}
            onChange={event => change(place, { kib: event.target.value })}
          />
          <input
            aria-label={`Cost of memory ${place + 1} per byte`}
            inputMode="decimal"
            value={memory.cost}
            onChange={event => change(place, { cost: event.target.value })}
          />
          <IconButton
            label={`Remove memory ${place + 1}`}
            disabled={memories.length === 1}
            onClick={() => onChange(memories.filter((_, at) => at !== place))}
          >
            <X size={12} aria-hidden />
          </IconButton>
        </div>
      ))}
      <Button
        emphasis="quiet"
        disabled={memories.length >= MOST_MEMORIES}
        onClick={() => onChange([...memories, { name: `memory ${memories.length + 1}`, kib: '', cost: '1' }])}
      >
        <Plus size={12} aria-hidden /> Add a memory
      </Button>
    </fieldset>
  );
}
