import { expect, it } from 'vitest';
import { nsOf, stepTimes } from '../../../renderer/compare/models/step-times.ts';

it('tells the time of a step once, at its first operator', () => {
  const steps = [
    { nodes: [0, 1], medianNs: 70 },
    { nodes: [2], medianNs: 30 },
    { nodes: [], medianNs: 5 },
  ];
  const times = stepTimes(steps, node => ['conv', 'relu', 'add'][node] ?? '');
  expect(times).toEqual(
    new Map([
      [0, { ns: 70 }],
      [1, { within: 'conv' }],
      [2, { ns: 30 }],
    ]),
  );
  const sum = [0, 1, 2, 3].reduce((all, node) => all + (nsOf(times.get(node)) ?? 0), 0);
  expect(sum).toBe(100);
});

it('adds up steps that begin at one operator, and prefers a time of its own to a part of another', () => {
  const steps = [
    { nodes: [0, 2], medianNs: 10 },
    { nodes: [0], medianNs: 20 },
    { nodes: [2], medianNs: 5 },
    { nodes: [1, 2], medianNs: 1 },
  ];
  expect(stepTimes(steps, String)).toEqual(
    new Map([
      [0, { ns: 30 }],
      [1, { ns: 1 }],
      [2, { ns: 5 }],
    ]),
  );
});
