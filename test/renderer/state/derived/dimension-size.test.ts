import { expect, it } from 'vitest';
import { sizeProblem } from '../../../../renderer/state/derived/dimension-size.ts';

it.each(['', '0', '224', String(2 ** 44)])('%j is a size, or none yet', text =>
  expect(sizeProblem(text)).toBeUndefined(),
);

it.each([
  ['1e9', 'digits only; found “1e9”'],
  ['-1', 'whole number of 0 or more'],
  ['2.5', 'found “2.5”'],
  [String(2 ** 44 + 1), 'at most 17592186044416; found 17592186044417'],
  ['99999999999999999999', 'at most 17592186044416'],
])('%j is none, and it is said why', (text, why) => expect(sizeProblem(text)).toContain(why));
