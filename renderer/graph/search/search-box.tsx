// Find in graph: a field and its hits. Arrows choose and Enter goes there, keeping the field; Escape closes.
// What was looked for is still there when the box is opened again.

import { Regex, X } from 'lucide-react';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { formatInteger } from '../../format/units.ts';
import { useActions, useApp, useModel, useSelect } from '../../hooks/app-context.ts';
import { useKept } from '../../hooks/use-kept.ts';
import type { GraphIndex } from '../../state/derived/graph-index.ts';
import { Button, IconButton } from '../../widgets/button.tsx';
import { Hits } from './hits.tsx';
import styles from './search.module.css';
import { type Found, type Hit, type HitKind, KINDS, type Query, searchIndexOf } from './search.ts';
import { SearchField } from './search-field.tsx';
import { useSearch } from './use-search.ts';

const LIMIT = 100;

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
  const found = useSearch(index, query, LIMIT);
  const { hits, total, problem } = found;
  const ask = (change: Partial<Query>): void => {
    setQuery({ ...query, ...change });
    setChosen(0);
  };
  const go = (hit: Hit | undefined): void => {
    if (!hit) return;
    onGo(nodesOf(hit, graph));
    select(hit.selection);
  };
  const close = (): void => actions.setFinding(false);
  const goTo = (position: number): void => {
    setChosen(position);
    go(hits[position]);
  };
  return (
    <search className={styles.search}>
      <div className={styles.searchLine}>
        <SearchField
          field={field}
          id={id}
          query={query}
          count={hits.length}
          chosen={chosen}
          onText={text => ask({ text })}
          onChoose={setChosen}
          onGo={() => go(hits[chosen])}
          onClose={close}
        />
        <span className={styles.searchCount} role="status">
          {countText(query, found, chosen)}
        </span>
        <IconButton
          label="Regular expression"
          aria-pressed={query.regex}
          className={styles.searchToggle}
          onClick={() => ask({ regex: !query.regex })}
        >
          <Regex size={14} aria-hidden />
        </IconButton>
        <IconButton label="Close search" onClick={close}>
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
      <Hits id={id} hits={hits} chosen={chosen} onChoose={goTo} />
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

/** The nodes that are shown for a hit: of several the first, of a tensor the one that makes or takes it. */
function nodesOf({ selection }: Hit, graph: GraphIndex): readonly number[] {
  if (selection.kind === 'nodes') return selection.nodes.slice(0, 1);
  if (selection.kind === 'node') return [selection.id];
  const tensor = graph.tensors.get(selection.id);
  const node = tensor?.producer ?? tensor?.consumers[0];
  return node === undefined ? [] : [node];
}

function countText({ text }: Query, { total, problem }: Found, chosen: number): string {
  if (problem !== undefined) return 'not valid';
  if (text.trim() === '') return '';
  return total === 0 ? 'no hit' : `${formatInteger(chosen + 1)} of ${formatInteger(total)}`;
}

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
