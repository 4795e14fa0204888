// Find in graph: a field and its hits. Arrows choose, Enter goes there and keeps the field, Escape closes.

import { X } from 'lucide-react';
import { type KeyboardEvent, useId, useMemo, useState } from 'react';
import { useActions, useModel, useSelect } from '../app/app-context.ts';
import { IconButton } from '../widgets/button.tsx';
import styles from './graph.module.css';
import { type Hit, search, searchIndexOf } from './search.ts';

const LIMIT = 50;

/** `onGo`: told of the node of a hit before it is selected, or of the one that makes the tensor. */
export function SearchBox({ onGo }: { readonly onGo: (node: number) => void }) {
  const actions = useActions();
  const select = useSelect();
  const { summary, index: graph } = useModel();
  const id = useId();
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState(0);
  const index = useMemo(() => searchIndexOf(summary.graph), [summary]);
  const { hits, total } = useMemo(() => search(index, query, LIMIT), [index, query]);
  const go = (hit: Hit | undefined): void => {
    if (!hit) return;
    const { kind, id } = hit.selection;
    const tensor = graph.tensors.get(id);
    const node = kind === 'node' ? id : (tensor?.producer ?? tensor?.consumers[0]);
    if (node !== undefined) onGo(node);
    select(hit.selection);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move !== undefined && hits.length > 0) {
      setChosen((chosen + move + hits.length) % hits.length);
    } else if (event.key === 'Enter') {
      go(hits[chosen]);
    } else if (event.key === 'Escape') {
      actions.setFinding(false);
    } else return;
    event.preventDefault();
  };
  return (
    <search className={styles.search}>
      <div className={styles.searchLine}>
        <input
          className={styles.searchInput}
          type="search"
          role="combobox"
          aria-label="Find nodes, operators and tensors"
          aria-expanded={hits.length > 0}
          aria-controls={`${id}-hits`}
          aria-activedescendant={hits.length > 0 ? `${id}-${chosen}` : undefined}
          placeholder="Find node, operator, tensor, shape"
          // biome-ignore lint/a11y/noAutofocus: the box opens because the user asked to type into it
          autoFocus
          value={query}
          onChange={event => {
            setQuery(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
        />
        <span className={styles.searchCount} role="status">
          {query.trim() === '' ? '' : total === 0 ? 'no hit' : `${chosen + 1} of ${total}`}
        </span>
        <IconButton label="Close search" onClick={() => actions.setFinding(false)}>
          <X size={14} aria-hidden />
        </IconButton>
      </div>
      <Hits
        id={id}
        hits={hits}
        chosen={chosen}
        onChoose={position => {
          setChosen(position);
          go(hits[position]);
        }}
      />
    </search>
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
    <div
      id={`${id}-hits`}
      role="listbox"
      aria-label="Hits"
      className={styles.hits}
      hidden={hits.length === 0}
    >
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
          <span className={styles.hitKind}>{hit.selection.kind}</span>
          <span className={styles.hitTitle}>{hit.title}</span>
          <span className={styles.hitDetail}>{hit.detail}</span>
        </div>
      ))}
    </div>
  );
}
