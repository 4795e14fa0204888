// Which columns a table of some width shows: all of them, or those that matter most.

interface Fitting {
  readonly least: number;
  /** the higher, the sooner it is left out; 0 or none: never */
  readonly spare?: number;
}

/** The columns in their order, without the most spare ones until the rest fits. A width of 0 is not known yet. */
export function fittingColumns<T extends Fitting>(columns: readonly T[], width: number): readonly T[] {
  if (width === 0) return columns;
  let room = width - columns.reduce((sum, { least }) => sum + least, 0);
  const left = new Set(columns);
  const spare = columns
    .filter(column => (column.spare ?? 0) > 0)
    .toSorted((a, b) => (b.spare ?? 0) - (a.spare ?? 0));
  for (const column of spare) {
    if (room >= 0) break;
    left.delete(column);
    room += column.least;
  }
  return columns.filter(column => left.has(column));
}
