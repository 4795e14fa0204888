// Names on their way into the page and back: what cannot be seen in them is written out once, here, for every view.
// What has nothing hidden in it is passed on as it is.

import type { RequestName } from '../../engine/protocol.ts';
import { hasHidden, realText, visibleText } from '../../engine/report/visible-text.ts';

/** Replies that are files or code: nothing in them may change. */
const VERBATIM: ReadonlySet<RequestName> = new Set(['code', 'export', 'npy']);
/** Text that may have several lines, and values under such a key. */
const LINES: ReadonlySet<string> = new Set(['doc', 'metadata', 'message', 'description', 'expression']);

/** A reply as the page shows it. */
export const visibleReply = (name: RequestName, body: unknown): unknown =>
  VERBATIM.has(name) ? body : visible(body);

/** A body that is shown: a progress message, an error. */
export const visible = <T>(body: T): T => mapped(body, visibleText, false) as T;

/** A request as the engine knows the names in it. */
export const real = <T>(body: T): T => mapped(body, realText, false) as T;

type MapText = (text: string, keepBreaks: boolean) => string;

/**
 * All strings and keys of plain data through `map`. Most of them hold nothing hidden, and there may be a hundred
 * thousand: only what is around a changed one is made anew.
 */
function mapped(value: unknown, map: MapText, keepBreaks: boolean): unknown {
  if (typeof value === 'string') return hasHidden(value) ? map(value, keepBreaks) : value;
  if (Array.isArray(value)) return mappedList(value, map, keepBreaks);
  return typeof value === 'object' && value !== null ? mappedRecord(value, map, keepBreaks) : value;
}

function mappedList(list: readonly unknown[], map: MapText, keepBreaks: boolean): readonly unknown[] {
  let changed: unknown[] | undefined;
  list.forEach((item, place) => {
    const now = mapped(item, map, keepBreaks);
    if (now === item) return;
    changed ??= list.slice();
    changed[place] = now;
  });
  return changed ?? list;
}

function mappedRecord(record: object, map: MapText, keepBreaks: boolean): object {
  // Made with the first change: what is thrown away of a long reply would hold up the page.
  let items: [string, unknown][] | undefined;
  let seen = 0;
  for (const key in record) {
    const item: unknown = record[key as keyof typeof record];
    const now = mapped(item, map, keepBreaks || LINES.has(key));
    const name = hasHidden(key) ? map(key, false) : key;
    if (now !== item || name !== key) items ??= Object.entries(record).slice(0, seen);
    items?.push([name, now]);
    seen++;
  }
  return items ? Object.fromEntries(items) : record;
}
