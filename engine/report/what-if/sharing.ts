// Changes that let values share memory: a result in the place of its operand, views that move nothing, parts of a
// whole where the whole has them; and results that nobody reads, which need none. None computes anything again.

import { valueOf } from '../../ir/graph.ts';
import type { Graph, Node, ValueId } from '../../ir/types.ts';
import type { InPlaceResult } from '../../planner/liveness.ts';
import type { Schedule, ScheduledStep } from '../../planner/what-if/schedule.ts';
import type { ModelChange } from './change.ts';
import type { GivenSchedule, GivenStep } from './given-schedule.ts';
import { inPlaceResults } from './in-place-results.ts';
import { sameBytes } from './same-bytes.ts';
import type { WhatIfKind } from './types.ts';
import { unreadResults } from './unread.ts';

/** One change for each result that could share memory, and one for all that nobody reads. */
export function sharingChanges({ graph, schedule, steps }: GivenSchedule): ModelChange[] {
  const takesMemory = (id: ValueId | undefined): id is ValueId => id !== undefined && schedule.values.has(id);
  const read = new Set([...schedule.outputs, ...schedule.steps.flatMap(({ reads }) => reads)]);
  return steps.flatMap(step => {
    const { node } = step;
    const inPlace = inPlaceResults(graph, node).filter(
      ({ result, operand }) => takesMemory(result as ValueId) && takesMemory(operand as ValueId),
    );
    const shares = sameBytes(graph, node).filter(
      ({ result, operand }) => takesMemory(result as ValueId) && takesMemory(operand as ValueId),
    );
    const unread = unreadResults(node, id => read.has(id)).filter(takesMemory);
    return [
      ...(unread.length > 0 ? [leavingOut(graph, step, unread)] : []),
      ...(inPlace.length > 0 ? [change(graph, step, 'in-place', inPlace, { inPlace })] : []),
      ...(shares.length > 0 ? [change(graph, step, kindOf(node), shares, { shares })] : []),
    ];
  });
}

const kindOf = (node: Node): WhatIfKind => (node.op === 'Concat' ? 'slices' : 'view');

function change(
  graph: Graph,
  step: GivenStep,
  kind: WhatIfKind,
  pairs: readonly InPlaceResult<number>[],
  leave: Pick<ScheduledStep, 'inPlace' | 'shares'>,
): ModelChange {
  const { node, key } = step;
  const name = (id: number | undefined): string => valueOf(graph, id as ValueId).name;
  const titles: Partial<Record<WhatIfKind, string>> = {
    'in-place': `${node.name} (${node.op}) in the place of ${name(pairs[0]?.operand)}`,
    slices: `${node.name} (${node.op}) as slices of ${name(pairs[0]?.result)}`,
  };
  const shared = [...new Set(pairs.flatMap(({ result, operand }) => [result, operand]))];
  return {
    id: `${kind}:${key}`,
    kind,
    title: titles[kind] ?? `${node.name} (${node.op}) as a view of ${name(pairs[0]?.operand)}`,
    tensors: shared,
    lowers: shared,
    again: [{ step, share: 0 }],
    trafficBytes: 0,
    work: 0,
    apply: schedule => withLeave(schedule, key, leave),
  };
}

function leavingOut(
  graph: Graph,
  { node, key, ...step }: GivenStep,
  unread: readonly ValueId[],
): ModelChange {
  const names = unread.map(id => valueOf(graph, id).name).join(', ');
  return {
    id: `unread:${key}`,
    kind: 'unread',
    title: `${node.name} (${node.op}) without ${names}, which nobody reads`,
    tensors: unread,
    lowers: unread,
    again: [{ step: { node, key, ...step }, share: 0 }],
    trafficBytes: 0,
    work: 0,
    apply: schedule =>
      changed(schedule, key, ({ writes, ...rest }) => ({
        ...rest,
        writes: writes.filter(value => !unread.some(id => id === value)),
      })),
  };
}

function withLeave(
  schedule: Schedule,
  key: string,
  leave: Pick<ScheduledStep, 'inPlace' | 'shares'>,
): Schedule | undefined {
  return changed(schedule, key, step => ({ ...step, ...leave }));
}

/** With another step in the place of one; undefined where there is none of that name. */
function changed(
  schedule: Schedule,
  key: string,
  change: (step: ScheduledStep) => ScheduledStep,
): Schedule | undefined {
  const at = schedule.steps.findIndex(step => step.key === key);
  const step = schedule.steps[at];
  return step && { ...schedule, steps: schedule.steps.with(at, change(step)) };
}
