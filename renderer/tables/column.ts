// What a table is told about one of its columns.

import type { ReactNode } from 'react';
import type { Sized } from './column-widths.ts';
import type { TextColumn } from './table-text.ts';

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
