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
  expect(markup).toContain('<tr class="beneath"><td colspan="6">');
  expect(markup).toContain('<div>scores = a · b</div><div>y = softmax(scores)</div>');
  expect(markup).not.toContain('<details>');
});

test('a long one is opened by who wants to read it', () => {
  const markup = markupOf(Array.from({ length: 20 }, (_, line) => `t${line} = x`).join('\n'));
  expect(markup).toContain('<details><summary>20 lines</summary>');
  expect(markup).toContain('<div>t19 = x</div>');
});

test('loops, reads and writes are told of each group and of the whole model', () => {
  const account = {
    before: { loops: 8_601_600, reads: 7_370_608, writes: 614_400 },
    after: { loops: 8_294_400, reads: 4_021_368, writes: 307_200 },
  };
  const report = { ...compileReport(), operators: 163, kernels: 55, account, groups: [group('y = x')] };
  const markup = groupsSection(report)?.markup ?? '';
  for (const cells of [
    ['Operators, kernels', '163', '55', '33.7 %'],
    ['Loops', '8.60 M', '8.29 M', '96.4 %'],
    ['Element reads', '7.37 M', '4.02 M', '54.6 %'],
    ['Element writes', '614 k', '307 k', '50.0 %'],
  ]) {
    expect(markup).toMatch(
      new RegExp(`<tr[^>]*>${cells.map(cell => `<td[^>]*>${cell}</td>`).join('')}</tr>`),
    );
  }
  expect(markup).toMatch(/50 → 25<.*75 → 50<.*50 → 25<.*100 B/);
  expect(markup).toContain('<p class="soft">100 B of tensors are never written to memory.</p>');
});

test('what depth-first chains keep as rows is no tensor that is never written', () => {
  const chain = {
    ...{ id: 'deep', members: ['a', 'b'], kept: ['t'], tensorBytes: 800, ringBytes: 60, reasons: [] },
    ...{ multiplyAdds: 10, extraMultiplyAdds: 0 },
  };
  const groups = [group('y = x'), { ...group('a → b'), id: 'deep', vanishedBytes: 740 }];
  const markup = groupsSection({ ...compileReport(), groups, chains: [chain] })?.markup ?? '';
  expect(markup).toContain(
    '100 B of tensors are never written to memory. Of those between steps that run row by row only rows exist: 740 B less.',
  );
});
