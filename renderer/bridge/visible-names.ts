// Names on their way into the page and back: what cannot be seen in them is written out once, here, for every view.
// What has nothing hidden in it is passed on as it is.

import type { RequestName } from '../../engine/protocol.ts';
import { realText, visibleText } from '../../engine/report/visible-text.ts';

/** Replies that are files or code: nothing in them may change. */
const VERBATIM: ReadonlySet<RequestName> = new Set(['code', 'export', 'npy']);
/** Text that may have several lines, and values under such a key. */
const LINES: ReadonlySet<string> = new Set(['doc', 'metadata', 'message', 'description']);

/** A reply as the page shows it. */
export const visibleReply = (name: RequestName, body: unknown): unknown =>
  VERBATIM.has(name) ? body : visible(body);

/** A body that is shown: a progress message, an error. */
export const visible = <T>(body: T): T => mapped(body, visibleText, false) as T;

/** A request as the engine knows the names in it. */
export const real = <T>(body: T): T => mapped(body, realText, false) as T;

type MapText = (text: string, keepBreaks: boolean) => string;

/** All strings and keys of plain data through `map`; the same object where that changes nothing. */
function mapped(value: unknown, map: MapText, keepBreaks: boolean): unknown {
  if (typeof value === 'string') return map(value, keepBreaks);
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const item = mapped(value[i], map, keepBreaks);
      if (item === value[i]) continue;
      copy ??= value.slice();
      copy[i] = item;
    }
    return copy ?? value;
  }
  if (typeof value !== 'object' || value === null) return value;
  let changed = false;
  const entries = Object.entries(value).map(([key, item]) => {
    const entry = [map(key, false), mapped(item, map, keepBreaks || LINES.has(key))] as const;
    changed ||= entry[0] !== key || entry[1] !== item;
    return entry;
  });
  return changed ? Object.fromEntries(entries) : value;
}
