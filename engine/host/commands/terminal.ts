// What commands print: progress to a terminal, results as text or as one JSON object, sizes and times with units.

import type { SanitizerReport } from '../../report/types/run.ts';
import { visibleJson, visibleText } from '../../report/visible-text.ts';
import type { CallControl } from '../engines/engine-child.ts';
import { Engines } from '../engines/engines.ts';

/** as shells report a command ended by Ctrl+C */
export const INTERRUPTED = 130;

/**
 * Exit status of a command: done, the check it makes failed, or what it had when it was interrupted. Bad input is 2
 * and comes as an error.
 */
export type ExitStatus = 0 | 1 | typeof INTERRUPTED;

/** One JSON object on standard output and nothing else there, or text. */
export function print(result: unknown, json: boolean | undefined, text: () => string): void {
  const printed = json ? visibleJson(JSON.stringify(result, null, 1)) : linesText(text());
  process.stdout.write(`${printed}\n`);
}

/** Text for a terminal: what a name from a file would make of it (colours, titles, lines written over) is seen instead. */
export const linesText = (text: string): string => text.split('\n').map(lineText).join('\n');

/** What is shown already stays as it is. */
const lineText = (line: string): string =>
  line
    .split(/(⟨U\+[0-9A-F]{4}⟩)/)
    .map((part, at) => (at % 2 === 0 ? visibleText(part) : part))
    .join('');

let progressShown = false;

/** One line on a terminal, written over; nothing elsewhere. */
export function showProgress(text: string): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r\u001b[K${lineText(text)}`);
  progressShown = true;
}

/** Before anything else is written: the line of progress must not stand in front of it. */
export function clearProgress(): void {
  if (progressShown) process.stderr.write('\r\u001b[K');
  progressShown = false;
}

/** Gives a command its engines and a way to be interrupted, and stops them whatever happens. */
export async function withEngines<T>(
  work: (engines: Engines, control: CallControl) => Promise<T>,
): Promise<T> {
  const engines = new Engines();
  try {
    return await interruptible(signal =>
      work(engines, {
        signal,
        onProgress: (what, done, of) => showProgress(`${what} ${Math.floor(done)}/${of}`),
      }),
    );
  } finally {
    clearProgress();
    engines.stop();
  }
}

/** Work that Ctrl+C tells to end; pressed again it ends the program. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    return await work(interrupted.signal);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB'];

/** '1.50 MiB' */
export function formatBytes(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return unit === 0 ? `${bytes} B` : `${(bytes / 1024 ** unit).toFixed(2)} ${UNITS[unit]}`;
}

/** '12.3 ms' */
export const formatMs = (ms: number): string => `${ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3)} ms`;

/** Columns aligned by spaces: the first to the left, the others to the right. */
export function formatTable(table: readonly (readonly string[])[]): string {
  // A name stays in its line.
  const rows = table.map(row => row.map(lineText));
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

/** What the sanitizer found, a line each. */
export function describeSanitizer(report: SanitizerReport): string[] {
  const { touchedBytes, faults, differing, overwritten } = report;
  const spoilt =
    overwritten &&
    `step ${overwritten.step} ${overwritten.name}: what ${overwritten.buffer} is computed from was written over`;
  return [
    `sanitizer: the arena was written up to byte ${touchedBytes}`,
    ...faults.map(
      ({ step, name, buffer, byte }) => `step ${step} ${name} wrote to byte ${byte}: ${buffer}, not its own`,
    ),
    ...(spoilt === undefined ? [] : [spoilt]),
    ...differing.map(name => `${name} differs from a run in which nothing shares memory`),
  ];
}
