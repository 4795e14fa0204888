// The one change of order: the best that the search finds for the schedule as it is when the change is applied.

import type { PlanControl } from '../../planner/control.ts';
import { ownersInPlace } from '../../planner/order/in-place.ts';
import { orderSteps } from '../../planner/order/order.ts';
import { pressureOf, problemOf, type Schedule } from '../../planner/what-if/schedule.ts';
import type { OrderPeak } from '../types/plan.ts';
import type { ModelChange } from './change.ts';

/** Of the search, for each of the two ways to count shared memory: some tenths of a second. */
const ORDER_WORK = 4e6;

/** Applies where an order needs less than the one the schedule has. To be applied after changes that share memory. */
export function orderChange(control: PlanControl): ModelChange {
  return {
    id: 'order',
    kind: 'order',
    title: 'the operators in another order',
    tensors: [],
    again: [],
    trafficBytes: 0,
    work: 0,
    apply: schedule => {
      const orders = [false, true].map(inPlace => reordered(schedule, inPlace, control));
      const least = [schedule, ...orders].map(order => ({ order, bytes: pressureOf(problemOf(order)) }));
      const best = least.reduce((low, other) => (other.bytes < low.bytes ? other : low));
      return best.order === schedule ? undefined : best.order;
    },
  };
}

/** The order of a schedule in which nothing is shared: the best found, and whether that is proved. */
export function orderOf({ steps, values, inputs, outputs }: Schedule, control: PlanControl): OrderPeak {
  const clock = control.clock ?? (() => performance.now());
  const start = clock();
  const ports = { inputs, outputs, describe: (value: number) => values.get(value) };
  const { order: _, work: __, ...peak } = orderSteps(steps, ports, [], control);
  return { ...peak, ms: clock() - start };
}

/** In the best order where results take the place of operands, or where every value has its own memory. */
function reordered(schedule: Schedule, inPlace: boolean, control: PlanControl): Schedule {
  const ports = {
    inputs: schedule.inputs,
    outputs: schedule.outputs,
    describe: (value: number) => schedule.values.get(value),
  };
  const steps = schedule.steps.map(step => ({
    ...step,
    inPlace: [...(step.inPlace ?? []), ...(step.shares ?? [])],
  }));
  const counted = inPlace ? { ...ports, owner: ownersInPlace(steps, ports) } : ports;
  // Nodes are those of a placement's search.
  const { nodeLimit: _, ...limits } = control;
  const { order } = orderSteps(steps, counted, [], { ...limits, workLimit: ORDER_WORK });
  return { ...schedule, steps: order.flatMap(at => schedule.steps[at] ?? []) };
}
