import { expect, test } from 'vitest';
import { compileOptions } from '../../../../engine/options.ts';
import { plan } from '../../../../engine/planner/plan.ts';
import {
  type ExecutedRequest,
  executedPlans,
  type PlannedProgram,
} from '../../../../engine/report/what-if/executed.ts';

const CHAINS = [
  { id: 'a', members: ['one', 'two'], nodes: [1, 2], multiplyAdds: 100, extraMultiplyAdds: 10 },
  { id: 'b', members: ['three'], nodes: [3], multiplyAdds: 50, extraMultiplyAdds: 0 },
];

/** A program of so many bytes: a thread less saves 100, each chain that is on 300, the exact planner nothing. */
function program({
  threads,
  depthFirst,
  disabledGroups = [],
}: Parameters<ExecutedRequest['plan']>[0]): PlannedProgram {
  const chains = depthFirst === 'memory' ? CHAINS.filter(({ id }) => !disabledGroups.includes(id)) : [];
  const size = 1000 - (threads === 1 ? 100 : 0) - 300 * chains.length;
  const problem = { buffers: [{ id: 'all', lower: 0, upper: 1, size }] };
  return { problem, result: plan(problem, 'size'), chains };
}

const request: ExecutedRequest = {
  options: compileOptions.parse({ threads: 2 }),
  plan: program,
  timeOf: nodes => (nodes.includes(1) ? 20 : undefined),
  cancelled: () => false,
  progress: () => {},
};

test('what saves, the lowest first, with no setting that is not needed', () => {
  const plans = executedPlans(request);
  expect(plans.map(({ peakBytes, savedBytes, settings }) => [peakBytes, savedBytes, settings])).toEqual([
    [1000, 0, {}],
    [300, 700, { threads: 1, depthFirst: 'memory' }],
    [400, 600, { depthFirst: 'memory' }],
    [700, 300, { depthFirst: 'memory', disabledGroups: ['a'] }],
    [900, 100, { threads: 1 }],
  ]);
  // The chain that computes nothing again is enough for 300 bytes: the other alone saves no more, and is left out.
  expect(plans.map(({ extra }) => extra.multiplyAdds)).toEqual([0, 10, 10, 0, 0]);
  expect(plans[2]?.extra.ms).toBeCloseTo((10 / 100) * 20);
  expect(plans[2]?.nodes).toEqual([1, 2, 3]);
});

test('without a run nobody says how long computing again takes', () => {
  const plans = executedPlans({ ...request, timeOf: () => undefined });
  expect(plans[2]?.extra).not.toHaveProperty('ms');
  expect(plans[3]?.extra.ms).toBe(0);
});

test('asked to stop: what there is', () => {
  expect(executedPlans({ ...request, cancelled: () => true })).toHaveLength(1);
});
