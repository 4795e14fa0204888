// What a search found, as the options of its field.

import styles from './search.module.css';
import type { Hit } from './search.ts';

/** The field keeps the focus; `id` ties the two together, as SearchField says. */
export function Hits(props: {
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
