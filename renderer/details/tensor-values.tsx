// Statistics, histogram and a slice of a weight, or of what a probe run captured: asked for when it is looked at, a few hundred values at a time.

import { type ClipboardEvent, useEffect, useId, useState } from 'react';
import type { TensorSlice } from '../../engine/protocol.ts';
import type { TensorSummary } from '../../engine/report/types/model.ts';
import { formatInteger, formatNumber, withMinus } from '../format/units.ts';
import { useAppParts } from '../hooks/app-context.ts';
import type { Probed } from '../state/app-state.ts';
import { errorOf } from '../state/store.ts';
import { Button } from '../widgets/button.tsx';
import { copiedValues } from './copied-values.ts';
import styles from './details.module.css';
import { elementAt, indicesOf } from './element-place.ts';
import { Facts, Section } from './parts.tsx';

const PAGE = 64;
const COLUMNS = 4;

export function TensorValues(props: {
  readonly model: string;
  readonly tensor: TensorSummary;
  /** the probe run that the values of an activation are of */
  readonly captured?: Probed;
}) {
  const { model, tensor, captured } = props;
  const { bridge, actions } = useAppParts();
  const [start, setStart] = useState(0);
  const [slice, setSlice] = useState<TensorSlice>();
  const [problem, setProblem] = useState<string>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: each probe run has values of its own
  useEffect(() => {
    const abort = new AbortController();
    const body = { model, tensor: tensor.id, start, count: PAGE };
    bridge.request('tensor', body, { signal: abort.signal }).then(
      reply => {
        if (abort.signal.aborted) return;
        setSlice(reply);
        setProblem(undefined);
      },
      failure => !abort.signal.aborted && setProblem(errorOf(failure).message),
    );
    return () => abort.abort();
  }, [bridge, model, tensor.id, start, captured]);
  if (problem !== undefined) {
    return (
      <Section title="Values">
        <p className={styles.text}>{problem}</p>
      </Section>
    );
  }
  if (!slice) {
    return (
      <Section title="Values">
        <p className={styles.faint}>Reading…</p>
      </Section>
    );
  }
  const elements = slice.shape.reduce((product, extent) => product * extent, 1);
  const last = slice.start + slice.values.length - 1;
  const place = (index: number): string =>
    slice.shape.length > 1 ? ` [${indicesOf(index, slice.shape).join(', ')}]` : '';
  return (
    <>
      {slice.statistics && <Statistics statistics={slice.statistics} />}
      <Section title="Values">
        <ValueTable slice={slice} />
        <div className={styles.pager}>
          <Button title="All values, for NumPy" onClick={() => void actions.saveTensor(tensor.id)}>
            Save as .npy
          </Button>
          <GoTo
            shape={slice.shape}
            onGo={element => setStart(Math.max(0, Math.min(element, elements - 1)))}
          />
        </div>
        <div className={styles.pager}>
          <p className={styles.pagerText}>
            {formatInteger(slice.start)}
            {place(slice.start)} to {formatInteger(last)}
            {place(last)} of {formatInteger(elements)}
          </p>
          <Button disabled={start === 0} onClick={() => setStart(Math.max(0, start - PAGE))}>
            Before
          </Button>
          <Button disabled={start + PAGE >= elements} onClick={() => setStart(start + PAGE)}>
            After
          </Button>
        </div>
      </Section>
    </>
  );
}

/** Goes to an element by its number, or by its place along each axis: '128' or '0, 3, 5'. */
function GoTo(props: { readonly shape: readonly number[]; readonly onGo: (element: number) => void }) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const id = useId();
  const go = (): void => {
    const element = elementAt(text, props.shape);
    setProblem(typeof element === 'string' ? element : undefined);
    if (typeof element === 'number') props.onGo(element);
  };
  return (
    <>
      <input
        className={styles.goTo}
        aria-label="Go to element"
        aria-invalid={problem !== undefined}
        aria-describedby={id}
        placeholder="Go to 128 or 0, 3, 5"
        value={text}
        onChange={event => {
          setText(event.target.value);
          setProblem(undefined);
        }}
        onKeyDown={event => event.key === 'Enter' && go()}
      />
      <p id={id} className={styles.problem} role="status">
        {problem}
      </p>
    </>
  );
}

function ValueTable({ slice }: { readonly slice: TensorSlice }) {
  const rows = Array.from({ length: Math.ceil(slice.values.length / COLUMNS) }, (_, row) => ({
    first: slice.start + row * COLUMNS,
    values: slice.values.slice(row * COLUMNS, (row + 1) * COLUMNS),
  }));
  const copy = (event: ClipboardEvent<HTMLTableElement>): void => {
    const selection = getSelection();
    const cells = [...event.currentTarget.rows].map(row => [...row.cells]);
    const text = copiedValues(cells, cell => selection?.containsNode(cell, true) ?? false);
    if (text === '') return;
    event.clipboardData.setData('text/plain', text);
    event.preventDefault();
  };
  return (
    <table className={styles.values} onCopy={copy}>
      <tbody>
        {rows.map(row => (
          <tr key={row.first}>
            <th scope="row">{row.first}</th>
            {row.values.map((value, column) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a value is known by its place
              <td key={column} title={String(value)}>
                {shownValue(value, slice.dtype)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Numbers beyond 2⁵³ come as text, with all their digits. */
const shownValue = (value: number | string, dtype: string): string =>
  typeof value === 'number' ? formatNumber(value) : dtype === 'string' ? value : withMinus(value);

function Statistics({ statistics }: { readonly statistics: NonNullable<TensorSlice['statistics']> }) {
  const { min, max, mean, std, zeros, nonFinite, histogram } = statistics;
  return (
    <Section title="Statistics">
      <Histogram counts={histogram} min={min} max={max} />
      <Facts
        rows={[
          ['Least', formatNumber(min)],
          ['Most', formatNumber(max)],
          ['Mean', formatNumber(mean)],
          ['Deviation', formatNumber(std)],
          ['Zeros', formatInteger(zeros)],
          ['Not finite', nonFinite > 0 ? formatInteger(nonFinite) : undefined],
        ]}
      />
    </Section>
  );
}

function Histogram(props: {
  readonly counts: readonly number[];
  readonly min: number;
  readonly max: number;
}) {
  const { counts, min, max } = props;
  const most = Math.max(1, ...counts);
  return (
    <figure className={styles.histogram}>
      <svg
        viewBox={`0 0 ${counts.length} 32`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Histogram of ${counts.length} bins from ${formatNumber(min)} to ${formatNumber(max)}`}
      >
        {counts.map((count, bin) => {
          // A bin that holds anything can be seen.
          const height = count === 0 ? 0 : Math.max(0.75, (count / most) * 32);
          // biome-ignore lint/suspicious/noArrayIndexKey: a bin is known by its place
          return <rect key={bin} x={bin + 0.05} y={32 - height} width={0.9} height={height} />;
        })}
      </svg>
      <figcaption>
        <span>{formatNumber(min)}</span>
        <span>{formatNumber(max)}</span>
      </figcaption>
    </figure>
  );
}
