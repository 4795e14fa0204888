import { expect, test } from 'vitest';
import { nodeFigures } from '../../../engine/report/exports/node-figures.ts';
import { compileReport, runReport, stepReport, times } from './fixtures.ts';

/** A step that computes a cheap node again beside its own, and two of one node's body. */
const STEPS = [
  { index: 0, name: 'conv', nodes: [0] },
  { index: 1, name: 'relu', nodes: [1, 0] },
  { index: 2, name: 'body', nodes: [2] },
  { index: 3, name: 'body_1', nodes: [2] },
].map(step => stepReport(step, times(100 + step.index)));
const report = compileReport();
const compile = { ...report, asExecuted: { ...report.asExecuted, steps: STEPS } };
const run = runReport('one', { compile, steps: STEPS });

test('a node has the time of all steps that execute it; those that begin with it add up to the run', () => {
  const figures = nodeFigures(compile, run);
  expect(figures).toMatchObject([
    { node: 0, steps: ['conv', 'relu'], medianNs: 201, ledNs: 100 },
    { node: 1, steps: ['relu'], members: 2, medianNs: 101, ledNs: 101 },
    { node: 2, steps: ['body', 'body_1'], medianNs: 205, ledNs: 205 },
  ]);
  const sum = figures.reduce((total, { ledNs = 0 }) => total + ledNs, 0);
  expect(sum).toBe(STEPS.reduce((total, { medianNs }) => total + medianNs, 0));
});

test('without a run there are no times', () => {
  const figures = nodeFigures(compile, undefined);
  expect(figures.map(({ node }) => node)).toEqual([0, 1, 2]);
  for (const figure of figures) expect(figure).not.toHaveProperty('medianNs');
});
