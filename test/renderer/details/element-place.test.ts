import { describe, expect, test } from 'vitest';
import { elementAt, indicesOf } from '../../../renderer/details/element-place.ts';

describe('elementAt', () => {
  test.each([
    ['5', 5],
    ['1, 2', 20 + 8],
    ['1 2 3', 31],
    ['39', 39],
  ])('%s of [2, 5, 4]', (text, element) => {
    expect(elementAt(text, [2, 5, 4])).toBe(element);
  });

  test.each([
    ['abc', 'found "abc"'],
    ['', 'found ""'],
    ['-1', 'found "-1"'],
    ['40', 'less than 40'],
    ['0, 5', 'less than 5 along axis 1'],
    ['0, 0, 0, 0', 'at most 3 places'],
  ])('%j is refused', (text, reason) => {
    expect(elementAt(text, [2, 5, 4])).toContain(reason);
  });

  test('its places lead back to it', () => {
    for (let element = 0; element < 40; element++) {
      expect(elementAt(indicesOf(element, [2, 5, 4]).join(', '), [2, 5, 4])).toBe(element);
    }
  });
});
