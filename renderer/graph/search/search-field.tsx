// The field that a search is typed into. Its keys choose among the hits, go to one, and close the box.

import type { KeyboardEvent, RefObject } from 'react';
import styles from './search.module.css';
import type { Query } from './search.ts';

const PAGE = 8;

/** The list of hits has the id `id`-hits, each of the `count` hits `id`-position. */
export function SearchField(props: {
  readonly field: RefObject<HTMLInputElement | null>;
  readonly id: string;
  readonly query: Query;
  readonly count: number;
  readonly chosen: number;
  readonly onText: (text: string) => void;
  readonly onChoose: (position: number) => void;
  readonly onGo: () => void;
  readonly onClose: () => void;
}) {
  const { id, query, count, chosen } = props;
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE }[event.key];
    if (move !== undefined && count > 0) props.onChoose(moved(chosen, move, count));
    else if (event.key === 'Enter') props.onGo();
    else if (event.key === 'Escape') props.onClose();
    else return;
    event.preventDefault();
  };
  return (
    <input
      ref={props.field}
      className={styles.searchInput}
      type="search"
      role="combobox"
      aria-label="Find nodes, operators and tensors"
      aria-expanded={count > 0}
      aria-controls={`${id}-hits`}
      aria-activedescendant={count > 0 ? `${id}-${chosen}` : undefined}
      placeholder={query.regex ? 'Regular expression' : 'Find name, operator, attribute, shape'}
      // biome-ignore lint/a11y/noAutofocus: the box opens because the user asked to type into it
      autoFocus
      onFocus={event => event.currentTarget.select()}
      value={query.text}
      onChange={event => props.onText(event.target.value)}
      onKeyDown={onKeyDown}
    />
  );
}

/** One step goes round; a page stops at the ends. */
const moved = (from: number, by: number, count: number): number =>
  Math.abs(by) === 1 ? (from + by + count) % count : Math.max(0, Math.min(count - 1, from + by));
