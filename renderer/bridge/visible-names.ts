// Names on their way into the page and back: what cannot be seen in them is written out once, here, for every view.
// What has nothing hidden in it is passed on as it is.

import type { RequestName } from '../../engine/protocol.ts';
import { hasHidden, realText, visibleText } from '../../engine/report/visible-text.ts';

/** Replies that are files or code: nothing in them may change. */
const VERBATIM: ReadonlySet<RequestName> = new Set(['code', 'export', 'npy']);
/** Text that may have several lines, and values under such a key. */
const LINES: ReadonlySet<string> = new Set(['doc', 'metadata', 'message', 'description']);

/** A reply as the page shows it. */
export const visibleReply = (name: RequestName, body: unknown): unknown =>
  VERBATIM.has(name) ? body : visible(body);

/** A body that is shown: a progress message, an error. */
export const visible = <T>(body: T): T =>
  holdsHidden(body) ? (mapped(body, visibleText, false) as T) : body;

/** A request as the engine knows the names in it. */
export const real = <T>(body: T): T => (holdsHidden(body) ? (mapped(body, realText, false) as T) : body);

/** Most replies hold nothing hidden, and some hold a hundred thousand strings: nothing is made for those. */
function holdsHidden(value: unknown): boolean {
  if (typeof value === 'string') return hasHidden(value);
  if (Array.isArray(value)) return value.some(holdsHidden);
  if (typeof value !== 'object' || value === null) return false;
  for (const key in value) {
    if (hasHidden(key) || holdsHidden(value[key as keyof typeof value])) return true;
  }
  return false;
}

type MapText = (text: string, keepBreaks: boolean) => string;

/** All strings and keys of plain data through `map`. */
function mapped(value: unknown, map: MapText, keepBreaks: boolean): unknown {
  if (typeof value === 'string') return map(value, keepBreaks);
  if (Array.isArray(value)) return value.map(item => mapped(item, map, keepBreaks));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      map(key, false),
      mapped(item, map, keepBreaks || LINES.has(key)),
    ]),
  );
}
