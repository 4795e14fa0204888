// Find in graph: a field and its hits. Arrows choose and Enter goes there, keeping the field; Escape closes.
// What was looked for is still there when the box is opened again.

import { Regex, X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { formatInteger } from '../../format/units.ts';
import { useActions, useApp, useModel, useSelect } from '../../hooks/app-context.ts';
import { useKept } from '../../hooks/use-kept.ts';
import { Button, IconButton } from '../../widgets/button.tsx';
import styles from './search.module.css';
import { type Hit, type HitKind, KINDS, type Query, searchIndexOf } from './search.ts';
import { useSearch } from './use-search.ts';

const LIMIT = 100;
const PAGE = 8;

const NO_QUERY: Query = { text: '', regex: false, kind: undefined };

/** `onGo`: told of the nodes of a hit before it is selected, or of the one that makes the tensor. */
export function SearchBox({ onGo }: { readonly onGo: (nodes: readonly number[]) => void }) {
  const actions = useActions();
  const select = useSelect();
  const { summary, index: graph } = useModel();
  const id = useId();
  const [query, setQuery] = useKept('graph search', NO_QUERY);
  const [chosen, setChosen] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const asked = useApp(state => state.findAsked);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked for again while it is open, it takes the focus
  useEffect(() => field.current?.focus(), [asked]);
  const index = useMemo(() => searchIndexOf(summary.graph), [summary]);
  const { hits, total, problem } = useSearch(index, query, LIMIT);
  const ask = (change: Partial<Query>): void => {
    setQuery({ ...query, ...change });
    setChosen(0);
  };
  const go = (hit: Hit | undefined): void => {
    if (!hit) return;
    const { selection } = hit;
    if (selection.kind === 'nodes') onGo(selection.nodes.slice(0, 1));
    else if (selection.kind === 'node') onGo([selection.id]);
    else {
      const tensor = graph.tensors.get(selection.id);
      const node = tensor?.producer ?? tensor?.consumers[0];
      onGo(node === undefined ? [] : [node]);
    }
    select(selection);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE }[event.key];
    if (move !== undefined && hits.length > 0) setChosen(moved(chosen, move, hits.length));
    else if (event.key === 'Enter') go(hits[chosen]);
    else if (event.key === 'Escape') actions.setFinding(false);
    else return;
    event.preventDefault();
  };
  return (
    <search className={styles.search}>
      <div className={styles.searchLine}>
        <input
          ref={field}
          className={styles.searchInput}
          type="search"
          role="combobox"
          aria-label="Find nodes, operators and tensors"
          aria-expanded={hits.length > 0}
          aria-controls={`${id}-hits`}
          aria-activedescendant={hits.length > 0 ? `${id}-${chosen}` : undefined}
          placeholder={query.regex ? 'Regular expression' : 'Find name, operator, attribute, shape'}
          // biome-ignore lint/a11y/noAutofocus: the box opens because the user asked to type into it
          autoFocus
          onFocus={event => event.currentTarget.select()}
          value={query.text}
          onChange={event => ask({ text: event.target.value })}
          onKeyDown={onKeyDown}
        />
        <span className={styles.searchCount} role="status">
          {problem !== undefined
            ? 'not valid'
            : query.text.trim() === ''
              ? ''
              : total === 0
                ? 'no hit'
                : `${formatInteger(chosen + 1)} of ${formatInteger(total)}`}
        </span>
        <IconButton
          label="Regular expression"
          aria-pressed={query.regex}
          className={styles.searchToggle}
          onClick={() => ask({ regex: !query.regex })}
        >
          <Regex size={14} aria-hidden />
        </IconButton>
        <IconButton label="Close search" onClick={() => actions.setFinding(false)}>
          <X size={14} aria-hidden />
        </IconButton>
      </div>
      <KindButtons chosen={query.kind} onChoose={kind => ask({ kind })} />
      {problem !== undefined && <p className={styles.searchProblem}>{problem}</p>}
      {total === 0 && !query.regex && PATTERN.test(query.text) && (
        <p className={styles.searchMore}>
          <Button
            onClick={() => {
              ask({ regex: true });
              // The button goes, and the arrow keys choose among what is found.
              field.current?.focus();
            }}
          >
            Find as a regular expression
          </Button>
        </p>
      )}
      <Hits
        id={id}
        hits={hits}
        chosen={chosen}
        onChoose={position => {
          setChosen(position);
          go(hits[position]);
        }}
      />
      {total > hits.length && (
        <p className={styles.searchMore}>
          The first {hits.length} of {formatInteger(total)}. Type more to narrow them down.
        </p>
      )}
    </search>
  );
}

/** Names hold dots and brackets too, but none of these. */
const PATTERN = /[\\^$*+?|]|\[.+\]/;

/** One step goes round; a page stops at the ends. */
const moved = (from: number, by: number, count: number): number =>
  Math.abs(by) === 1 ? (from + by + count) % count : Math.max(0, Math.min(count - 1, from + by));

function KindButtons(props: {
  readonly chosen: HitKind | undefined;
  readonly onChoose: (kind: HitKind | undefined) => void;
}) {
  return (
    <fieldset className={styles.searchKinds}>
      <legend className="visually-hidden">What to find</legend>
      {([undefined, ...(Object.keys(KINDS) as HitKind[])] as const).map(kind => (
        <button
          key={kind ?? 'all'}
          type="button"
          className={styles.searchKind}
          aria-pressed={props.chosen === kind}
          onClick={() => props.onChoose(kind)}
        >
          {kind === undefined ? 'All' : KINDS[kind]}
        </button>
      ))}
    </fieldset>
  );
}

/** The options of the field above, which keeps the focus. */
function Hits(props: {
  readonly id: string;
  readonly hits: readonly Hit[];
  readonly chosen: number;
  readonly onChoose: (position: number) => void;
}) {
  const { id, hits, chosen, onChoose } = props;
  return (
    <div id={`${id}-hits`} role="listbox" aria-label="Hits" className={styles.hits}>
      {hits.map((hit, position) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's
        <div
          key={`${hit.selection.kind}${hit.selection.id}`}
          id={`${id}-${position}`}
          role="option"
          aria-selected={position === chosen}
          tabIndex={-1}
          className={styles.hit}
          ref={element => {
            if (position === chosen) element?.scrollIntoView({ block: 'nearest' });
          }}
          onClick={() => onChoose(position)}
        >
          <span className={styles.hitKind}>{hit.kind}</span>
          <span className={styles.hitTitle}>{hit.title}</span>
          <span className={styles.hitDetail}>{hit.detail}</span>
        </div>
      ))}
    </div>
  );
}
