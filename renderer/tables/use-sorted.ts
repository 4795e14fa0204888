// The order of a table's rows, by the header that was pressed. Sorting is TanStack Table's.

import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { useMemo } from 'react';
import { useKept } from '../hooks/use-kept.ts';
import type { Column } from './column.ts';

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });

interface Sortable<Row> {
  /** tables of the same name share their order */
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** what the rows are sorted by until a header is pressed */
  readonly sortedBy?: { readonly id: string; readonly desc: boolean };
}

/** The rows in order, and `toggle`, which a header's press calls: one direction, the other, the order they came in. */
export function useSorted<Row extends object>({ label, rows, columns, sortedBy }: Sortable<Row>) {
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
    // Numbers start with the largest: that is what one looks for.
    const firstDesc = rows.some(row => typeof column?.value(row) === 'number');
    if (!now) setSorting([{ id, desc: firstDesc }]);
    else setSorting(now.desc === firstDesc ? [{ id, desc: !firstDesc }] : []);
  };
  return { rows: table.getRowModel().rows.map(row => row.original), sorting, toggle };
}
