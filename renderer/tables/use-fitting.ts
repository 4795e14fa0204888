// The columns that a table has room for, and how wide each is.

import { useMemo, useRef } from 'react';
import { useSize } from '../widgets/canvas.tsx';
import type { Column } from './column.ts';
import { columnWidths, EDGE, leastWidth, wantedWidth } from './column-widths.ts';
import { fittingColumns } from './fitting-columns.ts';

/** `sizeRef` takes the element whose width counts, `held` has it; `widths`, px, are those of the columns that fit. */
export function useFitting<Row>(all: readonly Column<Row>[], rows: readonly Row[]) {
  const [sizeRef, { width }, held] = useSize();
  const room = Math.max(0, width - 2 * EDGE);
  const shown = fittingColumns(useSized(all, rows), room);
  return {
    sizeRef,
    held,
    columns: shown.map(({ column }) => column),
    widths: columnWidths(shown, room),
  };
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
