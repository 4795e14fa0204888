// Values of a table as they are copied: those selected, exact, whatever the cells have room for.

/** A cell: `title` is its value with all digits. Heads of rows are no values. */
export interface ValueCell {
  readonly tagName: string;
  readonly title: string;
}

/** Rows as lines, values apart by tabs; empty where no value is selected. */
export const copiedValues = <Cell extends ValueCell>(
  rows: readonly (readonly Cell[])[],
  isSelected: (cell: Cell) => boolean,
): string =>
  rows
    .map(cells => cells.filter(cell => cell.tagName === 'TD' && isSelected(cell)))
    .filter(cells => cells.length > 0)
    .map(cells => cells.map(({ title }) => title).join('\t'))
    .join('\n');
