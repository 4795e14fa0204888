// How wide each column of a table is: as wide as what it says, as long as there is room; columns that could use more
// share what is left over. Pure.

/** A character of the fonts of tables, px: a figure in a wide system font, which no number may lose, and names in mono. */
const CHARACTER = 7.7;
export const MONO_CHARACTER = 7.3;
/** Left and right of a cell's text, px. */
export const CELL_PADDING = 16;
/** Before the first and after the last cell, px: their text stands under what stands above the table. */
export const EDGE = 4;
/** A family's mark and the gap after it, px. */
export const MARK = 14;

export interface Sized<Row> {
  readonly title: string;
  readonly value: (row: Row) => number | string | undefined;
  /** px; a column that says its text, or grows, takes less where neither its title nor its rows need so much */
  readonly min: number;
  /** share of the width that is left over; none when absent */
  readonly grow?: number;
  /** what is shown, where that is not the value */
  readonly text?: (row: Row) => string;
  readonly mono?: boolean;
  /** a family's mark stands before the text */
  readonly marked?: boolean;
}

/** px of a column's title, small and bold: narrow letters, those as wide as an m, and all others. */
function titleWidth(title: string): number {
  const narrow = title.match(/[ fijlrt.,/()]/g)?.length ?? 0;
  const wide = title.match(/[mwMWG%]/g)?.length ?? 0;
  return narrow * 4.8 + wide * 10.6 + (title.length - narrow - wide) * 7.6;
}

/** px that show the title and every row whole. */
export function wantedWidth<Row>(column: Sized<Row>, rows: readonly Row[]): number {
  const text = column.text ?? ((row: Row) => String(column.value(row) ?? '–'));
  const longest = rows.reduce((most, row) => Math.max(most, text(row).length), 1);
  const ofRows = longest * (column.mono ? MONO_CHARACTER : CHARACTER) + (column.marked ? MARK : 0);
  return Math.ceil(Math.max(ofRows, titleWidth(column.title)) + CELL_PADDING);
}

/** px it never gets less than: its title is always whole. */
export function leastWidth<Row>({ title, min, grow, text }: Sized<Row>, wanted: number): number {
  const least = grow === undefined && text === undefined ? min : Math.min(min, wanted);
  return Math.max(least, Math.ceil(titleWidth(title) + CELL_PADDING));
}

/** px of each column; together `width`, or more where the least is more. */
export function columnWidths(
  columns: readonly { readonly least: number; readonly wanted: number; readonly grow?: number }[],
  width: number,
): readonly number[] {
  const widths = columns.map(({ least }) => least);
  let room = width - widths.reduce((sum, least) => sum + least, 0);
  // First up to what is wanted, from the column that wants least for its share to the one that wants most.
  const growing = [...columns.entries()]
    .map(([at, { grow = 0, wanted, least }]) => ({ at, grow, lacks: Math.max(0, wanted - least) }))
    .filter(({ grow }) => grow > 0)
    .toSorted((a, b) => a.lacks / a.grow - b.lacks / b.grow);
  const shares = growing.reduce((sum, { grow }) => sum + grow, 0);
  let left = shares;
  for (const { at, grow, lacks } of growing) {
    const given = Math.max(0, Math.min(lacks, Math.floor((room * grow) / left)));
    widths[at] = (widths[at] ?? 0) + given;
    room -= given;
    left -= grow;
  }
  // Then by their shares.
  const over = Math.max(0, room);
  for (const { at, grow } of growing) widths[at] = (widths[at] ?? 0) + Math.floor((over * grow) / shares);
  return widths;
}
