import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FAMILIES, familyOf, familyOfRow } from '../../../renderer/theme/families.ts';

it('knows the family of an operator, whatever its domain', () => {
  expect(familyOf('Conv')).toBe('convolution');
  expect(familyOf('com.microsoft.FusedConv')).toBe('convolution');
  expect(familyOf('NoSuchOperator')).toBe('control');
});

it('tells scratch and graph inputs from what operators write', () => {
  expect(familyOfRow({ kind: 'scratch', op: 'Conv' })).toBe('scratch');
  expect(familyOfRow({ kind: 'input' })).toBe('input');
  expect(familyOfRow({ kind: 'output', op: 'MatMul' })).toBe('matrix');
});

it('has a colour for every family in both themes', () => {
  const tokens = readFileSync(new URL('../../../renderer/theme/tokens.css', import.meta.url), 'utf8');
  for (const family of Object.keys(FAMILIES)) {
    expect(tokens.match(new RegExp(`--family-${family}:`, 'g'))).toHaveLength(2);
  }
});
