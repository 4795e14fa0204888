// The rows of a table on the screen: only these are elements. One is chosen by mouse or arrow keys.
// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by the virtual list, which table elements do not allow
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and headers hold a button each

import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronDown, ChevronUp } from 'lucide-react';
import { type CSSProperties, type KeyboardEvent, type PointerEvent, useEffect } from 'react';
import { latinKey } from '../state/commands/latin-key.ts';
import type { Column } from './column.ts';
import { CELL_PADDING, EDGE } from './column-widths.ts';
import styles from './tables.module.css';
import type { useFitting } from './use-fitting.ts';
import type { useSorted } from './use-sorted.ts';

const ROW_HEIGHT = 24;

/** What a table does with its rows. */
export interface RowUse<Row> {
  readonly rowKey: (row: Row) => string | number;
  readonly isMarked?: (row: Row) => boolean;
  readonly isFaint?: (row: Row) => boolean;
  readonly onSelect?: (row: Row) => void;
}

interface GridProps<Row extends object> {
  readonly label: string;
  readonly use: RowUse<Row>;
  readonly fitting: ReturnType<typeof useFitting<Row>>;
  readonly sorted: ReturnType<typeof useSorted<Row>>;
  readonly onCopy: (rows: readonly Row[]) => void;
}

export function Grid<Row extends object>({ label, use, fitting, sorted, onCopy }: GridProps<Row>) {
  const { columns, widths } = fitting;
  const { rows, sorting } = sorted;
  const marked = use.isMarked ? rows.findIndex(use.isMarked) : -1;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => fitting.held.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
  });
  useEffect(() => {
    if (marked >= 0) virtual.scrollToIndex(marked, { align: 'auto' });
  }, [marked, virtual]);
  const lane = {
    gridTemplateColumns: widths.map(each => `${each}px`).join(' '),
    minWidth: widths.reduce((sum, each) => sum + each, 2 * EDGE),
    paddingInline: EDGE,
  };
  return (
    <div
      ref={fitting.sizeRef}
      className={styles.table}
      role="grid"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      tabIndex={0}
      onKeyDown={event => onKey(event, { rows, marked, use, onCopy })}
    >
      <div className={styles.head} role="row" aria-rowindex={1} style={lane}>
        {columns.map(column => (
          <HeaderCell
            key={column.id}
            column={column}
            direction={directionOf(sorting.find(({ id }) => id === column.id))}
            onToggle={() => sorted.toggle(column.id)}
          />
        ))}
      </div>
      <div
        role="rowgroup"
        className={styles.body}
        style={{ height: virtual.getTotalSize(), minWidth: lane.minWidth }}
      >
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          if (!row) return null;
          const style = { ...lane, translate: `0 ${start}px` };
          return <BodyRow key={use.rowKey(row)} {...{ row, index, use, columns, widths, style }} />;
        })}
      </div>
    </div>
  );
}

/** Copies what is chosen, or all; arrow keys, Home and End choose. */
function onKey<Row>(
  event: KeyboardEvent,
  {
    rows,
    marked,
    use: { isMarked, onSelect },
    onCopy,
  }: {
    readonly rows: readonly Row[];
    /** index of the chosen row; -1 for none */
    readonly marked: number;
    readonly use: RowUse<Row>;
    readonly onCopy: (rows: readonly Row[]) => void;
  },
): void {
  // Text that is marked on the page is copied by the browser.
  const isOurs = getSelection()?.isCollapsed !== false;
  if (latinKey(event) === 'c' && (event.ctrlKey || event.metaKey) && isOurs) {
    const chosen = isMarked ? rows.filter(isMarked) : [];
    onCopy(chosen.length > 0 ? chosen : rows);
    event.preventDefault();
    return;
  }
  const target = { ArrowDown: marked + 1, ArrowUp: marked - 1, Home: 0, End: rows.length - 1 }[event.key];
  const row = target === undefined ? undefined : rows[Math.max(0, Math.min(target, rows.length - 1))];
  if (!row || !onSelect) return;
  event.preventDefault();
  onSelect(row);
}

type Direction = 'ascending' | 'descending' | 'none';

const directionOf = (sorted: { readonly desc: boolean } | undefined): Direction =>
  sorted ? (sorted.desc ? 'descending' : 'ascending') : 'none';

function HeaderCell<Row>(props: {
  readonly column: Column<Row>;
  readonly direction: Direction;
  readonly onToggle: () => void;
}) {
  const { column, direction } = props;
  return (
    <div role="columnheader" aria-sort={direction} className={styles.headCell} data-align={column.align}>
      <button type="button" title={column.hint} onClick={props.onToggle}>
        {column.title}
        {direction === 'descending' && <ChevronDown size={12} aria-hidden />}
        {direction === 'ascending' && <ChevronUp size={12} aria-hidden />}
      </button>
    </div>
  );
}

function BodyRow<Row>(props: {
  readonly row: Row;
  readonly index: number;
  readonly use: RowUse<Row>;
  readonly columns: readonly Column<Row>[];
  readonly widths: readonly number[];
  readonly style: CSSProperties;
}) {
  const { row, use, columns, widths } = props;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the arrow keys for its rows
    <div
      role="row"
      tabIndex={-1}
      aria-rowindex={props.index + 2}
      aria-selected={use.isMarked?.(row) ?? false}
      data-faint={use.isFaint?.(row) || undefined}
      className={styles.row}
      style={props.style}
      onClick={() => use.onSelect?.(row)}
    >
      {columns.map((column, at) => (
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

/** Text that is cut off can be read in a tooltip. */
function showWhole({ currentTarget: cell }: PointerEvent<HTMLElement>): void {
  if (cell.scrollWidth > cell.clientWidth) cell.title = cell.textContent ?? '';
  else cell.removeAttribute('title');
}
