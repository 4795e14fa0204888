// Problems and solutions as minimalloc's CSV (github.com/google/minimalloc): a header names the columns, in any
// order; `upper` is exclusive, the older `end` inclusive. Invariant: whatever is read is a well-formed problem;
// everything else gets an error with its line and column.

import { gapProblem } from './problem/distances.ts';
import { fixedClashes } from './problem/fixed.ts';
import type { Buffer, Gap, Overlap, Problem, Solution } from './types.ts';

/** Where a table is wrong, 1-based, and why. Column counts characters. */
export interface CsvError {
  readonly line: number;
  readonly column: number;
  /** what was expected and what was found, without the place */
  readonly message: string;
}

/** The problem that was read, or the first thing that is wrong with the text. */
export type CsvResult =
  /** `passedOver`: names of columns that nobody reads here */
  | { readonly ok: true; readonly problem: Problem; readonly passedOver?: readonly string[] }
  | { readonly ok: false; readonly error: CsvError };

type Field =
  | 'id'
  | 'lower'
  | 'upper'
  | 'last'
  | 'size'
  | 'alignment'
  | 'hint'
  | 'gaps'
  | 'offset'
  | 'overlaps'
  | 'pools'
  | 'traffic';

/** Column names and their synonyms. `last` is an inclusive upper end. */
const FIELDS: Readonly<Record<string, Field>> = {
  id: 'id',
  buffer: 'id',
  buffer_id: 'id',
  lower: 'lower',
  begin: 'lower',
  start: 'lower',
  upper: 'upper',
  end: 'last',
  size: 'size',
  alignment: 'alignment',
  hint: 'hint',
  gaps: 'gaps',
  offset: 'offset',
  // Not minimalloc's: rows are counted from 0, see readOverlaps.
  overlaps: 'overlaps',
  // Nor are these: names of the memories a buffer may lie in (any if empty), and bytes read and written in a run.
  pools: 'pools',
  traffic: 'traffic',
};

const NO_HINT = -1;

interface Cell {
  readonly text: string;
  readonly column: number;
}

/**
 * Reads a problem; other columns are passed over, as minimalloc does; an `offset` column fixes buffers where they are,
 * in one of so many `memories`. As in minimalloc the table ends at the first empty line, and an empty optional cell
 * means its default. A `hint` is kept, and nothing else is done with it.
 */
export function readCsv(text: string, memories = 1): CsvResult {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  try {
    const header = readHeader(cellsOf(lines[0] ?? ''));
    const buffers: Buffer[] = [];
    let total = 0;
    const lineOf = new Map<string, number>();
    const overlaps: (readonly [line: number, cell: Cell])[] = [];
    for (let i = 1; i < lines.length && lines[i]?.trim() !== ''; i++) {
      const line = i + 1;
      const cells = cellsOf(lines[i] ?? '');
      const buffer = readBuffer(header, cells, line);
      const shared = cells[header.columns.get('overlaps') ?? -1];
      if (shared !== undefined) overlaps.push([line, shared]);
      const earlier = lineOf.get(buffer.id);
      if (earlier !== undefined)
        fail(line, 1, `expected an id of its own, found that of line ${earlier}: ${buffer.id}`);
      lineOf.set(buffer.id, line);
      buffers.push(buffer);
      total += buffer.size + (buffer.alignment ?? 1);
      if (!Number.isSafeInteger(total + (buffer.offset ?? 0))) {
        fail(line, 1, `expected sizes of at most ${Number.MAX_SAFE_INTEGER} bytes together, found more`);
      }
    }
    const all = overlaps.flatMap(([line, cell], above) => readOverlaps(cell, line, above, buffers.length));
    const problem = { buffers, ...(all.length === 0 ? {} : { overlaps: all }) };
    refuseFixedOverlap(problem, lineOf, memories);
    const { passedOver } = header;
    return { ok: true, problem, ...(passedOver.length > 0 && { passedOver }) };
  } catch (error) {
    if (error instanceof TableError) return { ok: false, error: error.place };
    throw error;
  }
}

/** Writes a problem with every column it needs, and with `offset` where a solution is given. */
export function writeCsv(problem: Problem, solution?: Solution): string {
  const { buffers, overlaps = [] } = problem;
  const aligned = buffers.some(buffer => (buffer.alignment ?? 1) !== 1);
  const offsets = solution?.offsets ?? buffers.map(buffer => buffer.offset);
  const placed = offsets.some(offset => offset !== undefined);
  const header = ['id', 'lower', 'upper', 'size'];
  if (aligned) header.push('alignment');
  const gapped = buffers.some(({ gaps = [] }) => gaps.length > 0);
  const hinted = buffers.some(({ hint }) => hint !== undefined);
  if (hinted) header.push('hint');
  if (placed) header.push('offset');
  if (gapped) header.push('gaps');
  if (overlaps.length > 0) header.push('overlaps');
  const pooled = buffers.some(({ pools }) => pools !== undefined);
  const costed = buffers.some(({ traffic }) => traffic !== undefined);
  if (pooled) header.push('pools');
  if (costed) header.push('traffic');
  const ids = csvIds(buffers.map(buffer => buffer.id));
  const rows = buffers.map((buffer, b) => {
    const row = [ids[b] ?? '', buffer.lower, buffer.upper, buffer.size];
    if (aligned) row.push(buffer.alignment ?? 1);
    if (hinted) row.push(buffer.hint ?? NO_HINT);
    if (placed) row.push(offsets[b] ?? '');
    if (gapped) row.push((buffer.gaps ?? []).map(writeGap).join(' '));
    if (overlaps.length > 0) {
      row.push(overlaps.flatMap(overlap => (overlap.above === b ? [writeOverlap(overlap)] : [])).join(' '));
    }
    if (pooled) row.push((buffer.pools ?? []).join(' '));
    if (costed) row.push(buffer.traffic ?? '');
    return row.join(',');
  });
  return `${[header.join(','), ...rows].join('\n')}\n`;
}

/** The format has no quoting, so what would break a row becomes '_'; ids that are then alike get a number. */
function csvIds(ids: readonly string[]): string[] {
  const used = new Set<string>();
  return ids.map(id => {
    const plain = id.replace(/[,\r\n"]/g, '_').trim() || '_';
    let unique = plain;
    for (let n = 2; used.has(unique); n++) unique = `${plain}#${n}`;
    used.add(unique);
    return unique;
  });
}

class TableError extends Error {
  readonly place: CsvError;
  constructor(place: CsvError) {
    super(place.message);
    this.place = place;
  }
}

function fail(line: number, column: number, message: string): never {
  throw new TableError({ line, column, message });
}

function cellsOf(line: string): Cell[] {
  let column = 1;
  return line.split(',').map(raw => {
    const cell = { text: raw.trim(), column: column + raw.length - raw.trimStart().length };
    column += raw.length + 1;
    return cell;
  });
}

interface Header {
  /** position of each field in a row */
  readonly columns: ReadonlyMap<Field, number>;
  readonly passedOver: readonly string[];
  /** columns of a row */
  readonly width: number;
}

function readHeader(cells: readonly Cell[]): Header {
  const columns = new Map<Field, number>();
  const passedOver: string[] = [];
  cells.forEach(({ text, column }, index) => {
    const field = Object.hasOwn(FIELDS, text.toLowerCase()) ? FIELDS[text.toLowerCase()] : undefined;
    if (field === undefined ? passedOver.includes(text) : columns.has(field)) {
      fail(1, column, `expected one column of each kind, found a second: ${quote(text)}`);
    }
    if (field === undefined) passedOver.push(text);
    else columns.set(field, index);
  });
  if (columns.has('upper') && columns.has('last')) fail(1, 1, 'expected one of upper and end, found both');
  const found = passedOver.length === 0 ? 'none' : quote(passedOver.join(','));
  for (const field of ['id', 'lower', 'size'] as const) {
    if (!columns.has(field)) fail(1, 1, `expected a column ${field}, found ${found}`);
  }
  if (!columns.has('upper') && !columns.has('last')) {
    fail(1, 1, `expected a column upper (or end), found ${found}`);
  }
  return { columns, passedOver, width: cells.length };
}

function readBuffer(header: Header, cells: readonly Cell[], line: number): Buffer {
  const { columns, width } = header;
  if (cells.length !== width) {
    const column = cells[Math.min(width, cells.length) - 1]?.column ?? 1;
    fail(line, column, `expected ${width} columns, found ${cells.length}`);
  }
  const cell = (field: Field): Cell | undefined => cells[columns.get(field) ?? -1];
  const number = (field: Field, least: number): number | undefined => {
    const found = cell(field);
    return found === undefined || found.text === '' ? undefined : readNumber(found, line, field, least);
  };
  const required = (field: Field, least: number): number =>
    number(field, least) ??
    fail(line, cell(field)?.column ?? 1, `expected a number in column ${field}, found nothing`);

  const id = cell('id');
  if (id === undefined || id.text === '') fail(line, id?.column ?? 1, 'expected an id, found nothing');
  const lower = required('lower', Number.MIN_SAFE_INTEGER);
  const inclusive = columns.has('last');
  const upperField = inclusive ? 'last' : 'upper';
  const upper = required(upperField, Number.MIN_SAFE_INTEGER) + (inclusive ? 1 : 0);
  if (upper <= lower) {
    const column = cell(upperField)?.column ?? 1;
    fail(line, column, `expected a lifetime that ends after it begins, found [${lower}, ${upper})`);
  }
  const size = required('size', 0);
  const alignment = number('alignment', 1) ?? 1;
  const offset = number('offset', 0);
  if (offset !== undefined && offset % alignment !== 0) {
    fail(line, cell('offset')?.column ?? 1, `expected a multiple of alignment ${alignment}, found ${offset}`);
  }
  const hint = number('hint', NO_HINT) ?? NO_HINT;
  const gaps = readGaps(cell('gaps'), line, inclusive);
  const pools = entriesOf(cell('pools'));
  const traffic = number('traffic', 0);
  const wrong = gapProblem({ id: id.text, lower, upper, size }, gaps);
  if (wrong !== undefined) fail(line, cell('gaps')?.column ?? 1, wrong);
  return {
    id: id.text,
    lower,
    upper,
    size,
    ...(alignment === 1 ? {} : { alignment }),
    ...(offset === undefined ? {} : { offset }),
    ...(hint === NO_HINT ? {} : { hint }),
    ...(gaps.length === 0 ? {} : { gaps }),
    ...(pools.length === 0 ? {} : { pools }),
    ...(traffic === undefined ? {} : { traffic }),
  };
}

/** `a-b`: nothing is needed in steps [a, b); `a-b@from:to`: only these bytes. With an inclusive end b counts. */
function readGaps(cell: Cell | undefined, line: number, inclusive: boolean): Gap[] {
  const gaps = entriesOf(cell).map((entry): Gap => {
    const [, lower, upper, from, to] = /^(-?\d+)-(-?\d+)(?:@(\d+):(\d+))?$/.exec(entry) ?? [];
    if (lower === undefined || upper === undefined) {
      fail(line, cell?.column ?? 1, `expected gaps as 3-5 or 3-5@0:64, found ${quote(entry)}`);
    }
    const steps = { lower: Number(lower), upper: Number(upper) + (inclusive ? 1 : 0) };
    return from === undefined ? steps : { ...steps, window: { from: Number(from), to: Number(to) } };
  });
  return gaps.sort((a, b) => a.lower - b.lower);
}

function writeGap({ lower, upper, window }: Gap): string {
  return `${lower}-${upper}${window === undefined ? '' : `@${window.from}:${window.to}`}`;
}

/**
 * Of the buffer of a row: `row@distance`, it may lie over the buffer of that row from that distance above it on;
 * `row=distance`, only at that distance.
 */
function readOverlaps(cell: Cell, line: number, above: number, rows: number): Overlap[] {
  return entriesOf(cell).map((entry): Overlap => {
    const [, row, sign, bytes] = /^(\d+)([@=])(\d+)$/.exec(entry) ?? [];
    const below = Number(row);
    const distance = Number(bytes);
    if (!(below < rows) || below === above || !Number.isSafeInteger(distance)) {
      fail(
        line,
        cell.column,
        `expected overlaps as 3@64 or 3=0, with a row below ${rows}, found ${quote(entry)}`,
      );
    }
    return { below, above, distance, ...(sign === '=' ? { exact: true } : {}) };
  });
}

function writeOverlap({ below, distance, exact = false }: Overlap): string {
  return `${below}${exact ? '=' : '@'}${distance}`;
}

function entriesOf(cell: Cell | undefined): string[] {
  return cell?.text.split(/\s+/).filter(entry => entry !== '') ?? [];
}

function readNumber({ text, column }: Cell, line: number, field: Field, least: number): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value))
    fail(line, column, `expected a whole number in column ${field}, found ${quote(text)}`);
  if (value < least) fail(line, column, `expected ${least} or more in column ${field}, found ${value}`);
  return value;
}

/**
 * Fixed buffers that overlap have no solution where they lie in one memory: better said here than found as an invalid
 * plan.
 */
function refuseFixedOverlap(problem: Problem, lineOf: ReadonlyMap<string, number>, memories: number): void {
  const { buffers } = problem;
  for (const { earlier, later } of fixedClashes(problem)) {
    const [a, b] = [buffers[earlier], buffers[later]];
    if (!a || !b || !mustMeet(a, b, memories)) continue;
    fail(
      lineOf.get(b.id) ?? 1,
      1,
      `expected fixed buffers apart, found ${b.id} at ${b.offset} over ${a.id} at ${a.offset}`,
    );
  }
}

/** Whether there is no way to have two buffers in different memories. */
function mustMeet({ pools: a }: Buffer, { pools: b }: Buffer, memories: number): boolean {
  if (a === undefined || b === undefined) return memories === 1;
  return new Set([...a, ...b]).size === 1;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
