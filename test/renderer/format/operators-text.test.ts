import { expect, it } from 'vitest';
import { operatorsText } from '../../../renderer/format/operators-text.ts';

it('says why there are fewer operators than nodes, or more, and nothing where there are as many', () => {
  expect(operatorsText(152, 152)).toBe('152 operators');
  expect(operatorsText(553, 557)).toBe('553 operators (of 557 nodes, the constant ones folded)');
  expect(operatorsText(1, 1200)).toBe('1 operator (of 1,200 nodes, the constant ones folded)');
  expect(operatorsText(12, 10)).toBe('12 operators (of 10 nodes, functions written out)');
});
