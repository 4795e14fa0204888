import { describe, expect, test } from 'vitest';
import { realText, visibleText } from '../../../engine/report/visible-text.ts';

describe('text with characters that cannot be seen', () => {
  test('line breaks, controls and direction overrides are written out', () => {
    expect(visibleText('\u202Egnp.exe')).toBe('⟨U+202E⟩gnp.exe');
    expect(visibleText('a\nb\u0000\u200b')).toBe('a⟨U+000A⟩b⟨U+0000⟩⟨U+200B⟩');
    expect(visibleText('two\nlines\u202e', true)).toBe('two\nlines⟨U+202E⟩');
  });

  test('letters of all scripts stay, with the joiners they need', () => {
    for (const name of ['conv/ф.weight', '层_1', 'می‌خواهم', 'a⟨b⟩', 'C:\\models\\net.onnx'])
      expect(visibleText(name)).toBe(name);
  });

  test('what is shown leads back to what it stands for', () => {
    for (const name of ['\u202Egnp.exe', 'a\nb', '⟨U+202E⟩', '⟨⟨U+000A⟩\n', 'plain'])
      expect(realText(visibleText(name))).toBe(name);
  });
});
