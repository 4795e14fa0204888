import { expect, it } from 'vitest';
import { operatorFacts } from '../../../renderer/operators/operator-facts.ts';
import { OPTIONS, reportFor, runFor } from '../support/made-up.ts';

it('fits into two lines, and keeps what there is no room for', () => {
  const run = {
    ...runFor(OPTIONS, 'a'),
    check: { against: 'unfused', maxAbsError: 1e-6, maxRelError: 1e-6 },
  };
  const facts = operatorFacts({ ...reportFor(OPTIONS), operators: 553, kernels: 53 }, run as never, 557);
  const shown = facts.map(({ strong = '', text }) => `${strong} ${text}`).join('  ');
  // What stood here before had 320 letters; a line has room for about a hundred at 1280 px.
  expect(shown.length).toBeLessThan(180);
  const whole = facts.map(fact => fact.whole ?? '').join('\n');
  expect(whole).toContain('of 557 nodes, the constant ones folded');
  expect(whole).toMatch(/95 % interval; medians of the steps .* together/);
  expect(whole).toContain('first run');
  expect(whole).toContain('against unfused');
});

it('says that nothing was measured yet', () => {
  const facts = operatorFacts(reportFor(OPTIONS), undefined, 2);
  expect(facts.at(-1)?.text).toContain('press Run');
});
