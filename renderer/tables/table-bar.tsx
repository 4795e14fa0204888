// Above a table: its title, the filter, and what copies and saves the rows shown, in their order.

import { Copy, Download } from 'lucide-react';
import { formatInteger } from '../format/units.ts';
import { useAppParts, useModel } from '../hooks/app-context.ts';
import { modelName, stemOf } from '../state/derived/model-name.ts';
import { IconButton } from '../widgets/button.tsx';
import styles from './tables.module.css';

export function TableBar(props: {
  readonly title: string;
  readonly label: string;
  readonly query: string;
  readonly onQuery: (query: string) => void;
  /** rows that pass the filter, and all */
  readonly shown: number;
  readonly all: number;
  /** titles of the columns there is no room for */
  readonly hidden: readonly string[];
  readonly onCopy: () => void;
  /** what is saved */
  readonly csv: () => string;
}) {
  const { bridge, store } = useAppParts();
  const model = useModel();
  const save = (): void => {
    const name = modelName(model, store.getState().models);
    const stem = stemOf(`${stemOf(name)}.${props.label}`).toLowerCase();
    void bridge.save({ fileName: `${stem}.csv`, mime: 'text/csv', text: props.csv() });
  };
  return (
    <div className={styles.bar}>
      <h3 className={styles.barTitle}>{props.title}</h3>
      <input
        className={styles.filter}
        type="search"
        aria-label={`Filter ${props.label}`}
        placeholder="Filter"
        value={props.query}
        onChange={event => props.onQuery(event.target.value)}
        onKeyDown={event => {
          if (event.key !== 'Escape' || props.query === '') return;
          props.onQuery('');
          event.stopPropagation();
        }}
      />
      {props.shown < props.all && (
        <span className={styles.barCount} role="status">
          {formatInteger(props.shown)} of {formatInteger(props.all)}
        </span>
      )}
      {props.hidden.length > 0 && (
        <span
          className={styles.barCount}
          title={`No room for: ${props.hidden.join(', ')}. Copied and saved too`}
        >
          {props.hidden.length} {props.hidden.length === 1 ? 'column' : 'columns'} hidden
        </span>
      )}
      <IconButton label={`Copy ${props.label}`} onClick={props.onCopy}>
        <Copy size={14} aria-hidden />
      </IconButton>
      <IconButton label={`Save ${props.label} as CSV`} onClick={save}>
        <Download size={14} aria-hidden />
      </IconButton>
    </div>
  );
}
