import { describe, expect, it } from 'vitest';
import { real, visible, visibleReply } from '../../../renderer/bridge/visible-names.ts';

const HIDDEN = 'a\u202eb';
const SHOWN = 'a⟨U+202E⟩b';

describe('names on their way into the page', () => {
  it('are visible, in values and in keys, and real again on their way back', () => {
    const body = { [HIDDEN]: [{ name: HIDDEN, size: 3 }, null], other: true };
    const shown = { [SHOWN]: [{ name: SHOWN, size: 3 }, null], other: true };
    expect(visible(body)).toEqual(shown);
    expect(real(shown)).toEqual(body);
  });

  it('leave alone what has nothing hidden, however deep the rest is changed', () => {
    const plain = { nodes: [{ name: 'conv' }] };
    const body = { plain, list: [plain, HIDDEN] };
    expect(visible(plain)).toBe(plain);
    const shown = visible(body);
    expect(shown.plain).toBe(plain);
    expect(shown.list).toEqual([plain, SHOWN]);
  });

  it('keep their order, and what stands before and after a changed one', () => {
    const shown = visible({ first: 1, [HIDDEN]: 2, name: HIDDEN, last: [3] });
    expect(Object.entries(shown)).toEqual([
      ['first', 1],
      [SHOWN, 2],
      ['name', SHOWN],
      ['last', [3]],
    ]);
  });

  it('keep the lines of descriptions, and files as they are', () => {
    expect(visible({ doc: 'a\nb', name: 'a\nb' })).toEqual({ doc: 'a\nb', name: 'a⟨U+000A⟩b' });
    expect(visible({ groups: [{ expression: 'a = 1\nb = a' }] })).toEqual({
      groups: [{ expression: 'a = 1\nb = a' }],
    });
    expect(visibleReply('export', { text: HIDDEN })).toEqual({ text: HIDDEN });
  });
});
