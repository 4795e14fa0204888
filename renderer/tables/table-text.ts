// A table as text: for the clipboard with tabs, for a file with commas. Numbers are whole, not as they are shown. Pure.

/** What a column is as text. */
export interface TextColumn<Row> {
  readonly title: string;
  /** of `value`, where that is a number: said in files */
  readonly unit?: string;
  /** what the column is sorted by, and shown where nothing else is rendered */
  readonly value: (row: Row) => number | string | undefined;
}

const headOf = <Row>({ title, unit }: TextColumn<Row>): string =>
  unit === undefined ? title : `${title} (${unit})`;

const cellOf = <Row>(row: Row, column: TextColumn<Row>): string => String(column.value(row) ?? '');

/** A cell holds no tab and no line break. */
const plain = (cell: string): string => cell.replaceAll(/[\t\r\n]+/g, ' ');

/** RFC 4180: quoted where it has to be. A name that a spreadsheet would take for a formula is made a text. */
const quoted = (cell: string): string => {
  const safe = /^\s*[=+\-@＝＋－＠]/u.test(cell) && Number.isNaN(Number(cell)) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

function textOf<Row>(
  rows: readonly Row[],
  columns: readonly TextColumn<Row>[],
  separator: string,
  escape: (cell: string) => string,
  end: string,
): string {
  const lines = [columns.map(headOf), ...rows.map(row => columns.map(column => cellOf(row, column)))];
  return lines.map(cells => cells.map(escape).join(separator) + end).join('');
}

/** For spreadsheets to paste: tabs and line ends within cells become spaces. */
export const tsvOf = <Row>(rows: readonly Row[], columns: readonly TextColumn<Row>[]): string =>
  textOf(rows, columns, '\t', plain, '\n');

/** RFC 4180: cells are quoted where they must be, lines end in CR LF. */
export const csvOf = <Row>(rows: readonly Row[], columns: readonly TextColumn<Row>[]): string =>
  textOf(rows, columns, ',', quoted, '\r\n');

/** The rows that hold every word, in any column. */
export function filtered<Row>(
  rows: readonly Row[],
  columns: readonly TextColumn<Row>[],
  query: string,
): readonly Row[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter(word => word !== '');
  if (words.length === 0) return rows;
  return rows.filter(row => {
    const text = columns
      .map(column => cellOf(row, column))
      .join(' ')
      .toLowerCase();
    return words.every(word => text.includes(word));
  });
}
