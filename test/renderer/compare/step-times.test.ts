import { expect, it } from 'vitest';
import { nsOf, stepTimes } from '../../../renderer/compare/models/step-times.ts';

it('tells the time of a step once, at its first operator', () => {
  const steps = [
    { nodes: [0, 1], medianNs: 70 },
    { nodes: [2], medianNs: 30 },
    { nodes: [], medianNs: 5 },
  ];
  const times = stepTimes(steps, node => ['conv', 'relu', 'add'][node] ?? '');
  expect([...times]).toEqual([
    [0, { ns: 70 }],
    [1, { within: 'conv' }],
    [2, { ns: 30 }],
  ]);
  const sum = [0, 1, 2, 3].reduce((all, node) => all + (nsOf(times.get(node)) ?? 0), 0);
  expect(sum).toBe(100);
});
