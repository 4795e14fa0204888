// The one table: sortable by any column, filtered, copied and saved, virtual, rows selectable by mouse and arrow keys.
// Sorting is TanStack Table's; only the rows on the screen are elements.
// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by the virtual list, which table elements do not allow
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and headers hold a button each

import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronDown, ChevronUp } from 'lucide-react';
import {
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useMemo,
  useRef,
} from 'react';
import { counted } from '../../engine/report/counted.ts';
import { useAppParts } from '../hooks/app-context.ts';
import { useKept } from '../hooks/use-kept.ts';
import { copyText } from '../page/copy-text.ts';
import { latinKey } from '../state/commands/latin-key.ts';
import { useSize } from '../widgets/canvas.tsx';
import { CELL_PADDING, columnWidths, EDGE, leastWidth, type Sized, wantedWidth } from './column-widths.ts';
import { fittingColumns } from './fitting-columns.ts';
import { TableBar } from './table-bar.tsx';
import { csvOf, filtered, type TextColumn, tsvOf } from './table-text.ts';
import styles from './tables.module.css';

export interface Column<Row> extends TextColumn<Row>, Sized<Row> {
  readonly id: string;
  /** explains the column, as its header's tooltip */
  readonly hint?: string;
  /** columns with the highest number are the first to be left out where the table is too narrow; 0 or none: never */
  readonly spare?: number;
  readonly align?: 'right';
  /** instead of the value; `room`: px for it, 0 while that is not known */
  readonly render?: (row: Row, room: number) => ReactNode;
}

export interface DataTableProps<Row> {
  readonly label: string;
  /** above the table, beside the filter and what copies and saves; without it there is none of these */
  readonly title?: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string | number;
  readonly isMarked?: (row: Row) => boolean;
  readonly isFaint?: (row: Row) => boolean;
  readonly onSelect?: (row: Row) => void;
  readonly sortedBy?: { readonly id: string; readonly desc: boolean };
}

const ROW_HEIGHT = 24;
const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });

export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { rowKey, isMarked, onSelect } = props;
  const scroll = useRef<HTMLDivElement>(null);
  const [sizeRef, { width }] = useSize();
  const box = useCallback(
    (element: HTMLDivElement | null) => {
      scroll.current = element;
      sizeRef(element);
    },
    [sizeRef],
  );
  const { store } = useAppParts();
  const sized = useSized(props.columns, props.rows);
  const room = Math.max(0, width - 2 * EDGE);
  const shown = fittingColumns(sized, room);
  const columns = shown.map(({ column }) => column);
  const [query, setQuery] = useKept(`${props.label} filter`, '');
  const found = useMemo(() => filtered(props.rows, props.columns, query), [props.rows, props.columns, query]);
  const { rows, sorting, toggle } = useSorted({ ...props, rows: found });
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
  });
  const marked = isMarked ? rows.findIndex(isMarked) : -1;
  useEffect(() => {
    if (marked >= 0) virtual.scrollToIndex(marked, { align: 'auto' });
  }, [marked, virtual]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (
      latinKey(event) === 'c' &&
      (event.ctrlKey || event.metaKey) &&
      getSelection()?.isCollapsed !== false
    ) {
      const chosen = isMarked ? rows.filter(isMarked) : [];
      const copied = chosen.length > 0 ? chosen : rows;
      void copyText(
        store,
        tsvOf(copied, props.columns),
        `${counted(copied.length, 'row')} of ${props.label}`,
      );
      event.preventDefault();
      return;
    }
    const target = { ArrowDown: marked + 1, ArrowUp: marked - 1, Home: 0, End: rows.length - 1 }[event.key];
    const row = target === undefined ? undefined : rows[Math.max(0, Math.min(target, rows.length - 1))];
    if (!row || !onSelect) return;
    event.preventDefault();
    onSelect(row);
  };
  const widths = columnWidths(shown, room);
  const lane = {
    gridTemplateColumns: widths.map(each => `${each}px`).join(' '),
    minWidth: widths.reduce((sum, each) => sum + each, 2 * EDGE),
    paddingInline: EDGE,
  };
  const grid = (
    <div
      ref={box}
      className={styles.table}
      role="grid"
      aria-label={props.label}
      aria-rowcount={rows.length + 1}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className={styles.head} role="row" aria-rowindex={1} style={lane}>
        {columns.map(column => (
          <HeaderCell key={column.id} column={column} sorting={sorting} onToggle={() => toggle(column.id)} />
        ))}
      </div>
      <div
        role="rowgroup"
        className={styles.body}
        style={{ height: virtual.getTotalSize(), minWidth: lane.minWidth }}
      >
        {virtual.getVirtualItems().map(item => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <BodyRow
              key={rowKey(row)}
              row={row}
              index={item.index}
              table={{ ...props, columns }}
              widths={widths}
              style={{ ...lane, translate: `0 ${item.start}px` }}
            />
          );
        })}
      </div>
    </div>
  );
  if (props.title === undefined) return grid;
  return (
    <div className={styles.titled}>
      <TableBar
        title={props.title}
        label={props.label}
        query={query}
        onQuery={setQuery}
        shown={rows.length}
        all={props.rows.length}
        hidden={props.columns.filter(column => !columns.includes(column)).map(({ title }) => title)}
        text={format => (format === 'csv' ? csvOf(rows, props.columns) : tsvOf(rows, props.columns))}
      />
      {rows.length === 0 && props.rows.length > 0 ? (
        <p className={styles.none}>No row holds “{query}”.</p>
      ) : (
        grid
      )}
    </div>
  );
}

function BodyRow<Row>(props: {
  readonly row: Row;
  readonly index: number;
  readonly table: DataTableProps<Row>;
  readonly widths: readonly number[];
  readonly style: CSSProperties;
}) {
  const { row, table, widths } = props;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the arrow keys for its rows
    <div
      role="row"
      tabIndex={-1}
      aria-rowindex={props.index + 2}
      aria-selected={table.isMarked?.(row) ?? false}
      data-faint={table.isFaint?.(row) || undefined}
      className={styles.row}
      style={props.style}
      onClick={() => table.onSelect?.(row)}
    >
      {table.columns.map((column, at) => (
        <div
          key={column.id}
          role="gridcell"
          className={styles.cell}
          data-align={column.align}
          onPointerEnter={showWhole}
        >
          {column.render
            ? column.render(row, (widths[at] ?? CELL_PADDING) - CELL_PADDING)
            : (column.value(row) ?? '–')}
        </div>
      ))}
    </div>
  );
}

/** Columns with the widths they want. A width that was wanted once stays: nothing jumps when rows change. */
function useSized<Row>(columns: readonly Column<Row>[], rows: readonly Row[]) {
  const widest = useRef(new Map<string, number>());
  return useMemo(
    () =>
      columns.map(column => {
        const wanted = Math.max(widest.current.get(column.id) ?? 0, wantedWidth(column, rows));
        widest.current.set(column.id, wanted);
        const { spare = 0, grow = 0 } = column;
        const least = leastWidth(column, wanted);
        return { column, wanted, least, spare, grow };
      }),
    [columns, rows],
  );
}

/** Text that is cut off can be read in a tooltip. */
function showWhole({ currentTarget: cell }: PointerEvent<HTMLElement>): void {
  if (cell.scrollWidth > cell.clientWidth) cell.title = cell.textContent ?? '';
  else cell.removeAttribute('title');
}

function HeaderCell<Row>(props: {
  readonly column: Column<Row>;
  readonly sorting: SortingState;
  readonly onToggle: () => void;
}) {
  const { column } = props;
  const sorted = props.sorting.find(({ id }) => id === column.id);
  const state = sorted ? (sorted.desc ? 'descending' : 'ascending') : 'none';
  return (
    <div role="columnheader" aria-sort={state} className={styles.headCell} data-align={column.align}>
      <button type="button" title={column.hint} onClick={props.onToggle}>
        {column.title}
        {sorted &&
          (sorted.desc ? <ChevronDown size={12} aria-hidden /> : <ChevronUp size={12} aria-hidden />)}
      </button>
    </div>
  );
}

/** Numbers start with the largest: that is what one looks for. */
function useSorted<Row extends object>({ label, rows, columns, sortedBy }: DataTableProps<Row>) {
  const [sorting, setSorting] = useKept<SortingState>(`${label} sorting`, sortedBy ? [{ ...sortedBy }] : []);
  const definitions = useMemo(
    () =>
      columns.map(
        (column): ColumnDef<typeof features, Row> => ({
          id: column.id,
          accessorFn: column.value,
          sortUndefined: 'last',
        }),
      ),
    [columns],
  );
  const table = useTable({
    features,
    columns: definitions,
    data: rows as Row[],
    state: { sorting },
  });
  const toggle = (id: string): void => {
    const now = sorting.find(entry => entry.id === id);
    const column = columns.find(entry => entry.id === id);
    const firstDesc = rows.some(row => typeof column?.value(row) === 'number');
    if (!now) setSorting([{ id, desc: firstDesc }]);
    else setSorting(now.desc === firstDesc ? [{ id, desc: !firstDesc }] : []);
  };
  return { rows: table.getRowModel().rows.map(row => row.original), sorting, toggle };
}
