// The one table: sortable by any column, filtered, copied and saved, virtual, rows selectable by mouse and arrow keys.

import { useMemo } from 'react';
import { counted } from '../../engine/report/counted.ts';
import { useAppParts } from '../hooks/app-context.ts';
import { useKept } from '../hooks/use-kept.ts';
import { copyText } from '../page/copy-text.ts';
import type { Column } from './column.ts';
import { Grid, type RowUse } from './grid.tsx';
import { TableBar } from './table-bar.tsx';
import { csvOf, filtered, tsvOf } from './table-text.ts';
import styles from './tables.module.css';
import { useFitting } from './use-fitting.ts';
import { useSorted } from './use-sorted.ts';

interface DataTableProps<Row> extends RowUse<Row> {
  readonly label: string;
  /** above the table, beside the filter and what copies and saves; without it there is none of these */
  readonly title?: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly sortedBy?: { readonly id: string; readonly desc: boolean };
}

export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { label, title, columns } = props;
  const { store } = useAppParts();
  const [query, setQuery] = useKept(`${label} filter`, '');
  const found = useMemo(() => filtered(props.rows, columns, query), [props.rows, columns, query]);
  const sorted = useSorted({ ...props, rows: found });
  const { rows } = sorted;
  const fitting = useFitting(columns, props.rows);
  // Columns there is no room for are copied and saved too.
  const copy = (copied: readonly Row[]): void =>
    void copyText(store, tsvOf(copied, columns), `${counted(copied.length, 'row')} of ${label}`);
  const grid = <Grid label={label} use={props} fitting={fitting} sorted={sorted} onCopy={copy} />;
  if (title === undefined) return grid;
  return (
    <div className={styles.titled}>
      <TableBar
        title={title}
        label={label}
        query={query}
        onQuery={setQuery}
        shown={rows.length}
        all={props.rows.length}
        hidden={columns.filter(column => !fitting.columns.includes(column)).map(each => each.title)}
        onCopy={() => copy(rows)}
        csv={() => csvOf(rows, columns)}
      />
      {rows.length === 0 && props.rows.length > 0 ? (
        <p className={styles.none}>No row holds “{query}”.</p>
      ) : (
        grid
      )}
    </div>
  );
}
