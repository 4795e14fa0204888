import { expect, test } from 'vitest';
import { groupsSection } from '../../../../engine/report/html/sections.ts';
import type { FusedGroup } from '../../../../engine/report/types/compile.ts';
import { compileReport } from '../fixtures.ts';

const group = (expression: string): FusedGroup => ({
  ...{ id: 'g', title: 'MatMul + Softmax', nodes: [0, 1], ops: ['MatMul', 'Softmax'], expression },
  ...{ reasons: [], kernel: 'attention', vanishedBytes: 100 },
  before: { loops: 50, reads: 75, writes: 50 },
  after: { loops: 25, reads: 50, writes: 25 },
});
const markupOf = (expression: string): string =>
  groupsSection({ ...compileReport(), groups: [group(expression)] })?.markup ?? '';

test('an expression stands under its group, as wide as the table, line by line', () => {
  const markup = markupOf('scores = a · b\ny = softmax(scores)');
  expect(markup).toContain('<tr class="beneath"><td colspan="3">');
  expect(markup).toContain('<div>scores = a · b</div><div>y = softmax(scores)</div>');
  expect(markup).not.toContain('<details>');
});

test('a long one is opened by who wants to read it', () => {
  const markup = markupOf(Array.from({ length: 20 }, (_, line) => `t${line} = x`).join('\n'));
  expect(markup).toContain('<details><summary>20 lines</summary>');
  expect(markup).toContain('<div>t19 = x</div>');
});
