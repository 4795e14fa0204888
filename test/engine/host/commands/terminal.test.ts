import { afterEach, expect, test, vi } from 'vitest';
import { formatTable, print } from '../../../../engine/host/commands/terminal.ts';

afterEach(() => vi.restoreAllMocks());

/** What is printed of this. */
function printed(result: unknown, json: boolean, text = ''): string {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  print(result, json, () => text);
  return write.mock.calls.map(([chunk]) => String(chunk)).join('');
}

const NAME = 'a\u001b[31mred\u001b]0;title\u0007\r\u202eb';

test('what a name would make of the terminal is seen instead', () => {
  const text = printed({}, false, `first ${NAME}\nsecond`);
  expect(text).toBe('first a⟨U+001B⟩[31mred⟨U+001B⟩]0;title⟨U+0007⟩⟨U+000D⟩⟨U+202E⟩b\nsecond\n');
});

test('JSON is the same when it is parsed, and shows the same', () => {
  const text = printed({ name: `${NAME}\u009b` }, true);
  for (const hidden of ['\u001b', '\u009b', '\u202e']) expect(text).not.toContain(hidden);
  expect(JSON.parse(text)).toEqual({ name: `${NAME}\u009b` });
});

test('a name with a line break stays in its line of a table, and is shown once', () => {
  const table = formatTable([
    ['two\nlines', '1'],
    ['x', '22'],
  ]);
  expect(table.split('\n')).toHaveLength(2);
  expect(printed({}, false, table)).toBe(`${table}\n`);
  expect(table).toContain('two⟨U+000A⟩lines   1');
});
