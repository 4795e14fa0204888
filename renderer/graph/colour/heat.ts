// Colours by measurement: how hot each thing of the scene is, and the number that says so.
// A step counts once: for its frame, for the scope its first node lies in, or for its only node.

import type { Comparison } from '../../../engine/report/compare.ts';
import type { PlanTensor, PlanView } from '../../../engine/report/types/plan.ts';
import type { RunReport } from '../../../engine/report/types/run.ts';
import { formatBytes, formatNs, signed } from '../../format/units.ts';
import type { GraphLook } from '../../state/app-state.ts';
import type { Scene } from '../scene/scene.ts';

/** What a thing's colour says beside how hot it is: less than before, or in no other colour than this. */
export type Tone = 'less' | 'changed' | 'removed';

export interface Heat {
  /** 0 to 1, of the hottest thing in the scene */
  readonly level: number;
  readonly tone?: Tone;
  readonly text: string;
}

/** By the key of the scene node; what takes part in no step has none. */
export type HeatMap = ReadonlyMap<string, Heat>;

export interface StepValues {
  /** by node id: only a step's first node, with what the whole step takes */
  readonly byNode: ReadonlyMap<number, number>;
  /** by tensor id: what no step makes */
  readonly byInput?: ReadonlyMap<number, number>;
  readonly format: (value: number) => string;
}

/** What each step takes, as the look asks; none where that is unknown. */
export function stepValues(
  colour: GraphLook['colour'],
  plan: PlanView | undefined,
  run: RunReport | undefined,
  comparison?: Comparison,
): StepValues | undefined {
  switch (colour) {
    case 'family':
    case 'changes':
      return undefined;
    case 'time':
      return run && { byNode: byFirstNode(run.steps, step => step.medianNs), format: formatNs };
    case 'difference':
      return comparison?.sameDimensions ? differences(comparison) : undefined;
    case 'bytes':
      return plan && writtenBytes(plan, plan.tensors);
    case 'peak':
      return plan && peakBytes(plan);
    case 'fusion':
      return (
        plan && {
          byNode: byFirstNode(plan.steps, ({ nodes }) => (nodes.length > 1 ? nodes.length : 0)),
          format: count => `${count} fused`,
        }
      );
  }
}

/** What may be noise counts as no difference, as the tables grey it. */
const differences = ({ operators }: Comparison): StepValues => ({
  byNode: byFirstNode(operators, row => (row.overlapping ? 0 : row.deltaNs)),
  format: ns => signed(ns, formatNs),
});

const byFirstNode = <Step extends { readonly nodes: readonly number[] }>(
  steps: readonly Step[],
  value: (step: Step) => number,
): ReadonlyMap<number, number> =>
  new Map(
    steps.flatMap(step => {
      const [first] = step.nodes;
      return first === undefined ? [] : [[first, value(step)] as const];
    }),
  );

function writtenBytes({ steps }: PlanView, tensors: readonly PlanTensor[]): StepValues {
  const written = new Map<number, number>();
  for (const { writer, bytes, kind } of tensors) {
    if (writer !== undefined && kind !== 'scratch') written.set(writer, (written.get(writer) ?? 0) + bytes);
  }
  return { byNode: byFirstNode(steps, ({ index }) => written.get(index) ?? 0), format: formatBytes };
}

/** Who owns the peak: what each step and each input holds in the step that needs the most memory. */
function peakBytes(plan: PlanView): StepValues {
  const live = plan.tensors.filter(row => row.lower <= plan.peakStep && plan.peakStep < row.upper);
  const given = live.flatMap(({ writer, tensors: [first], bytes }) =>
    writer === undefined && first !== undefined ? [[first, bytes] as const] : [],
  );
  return { ...writtenBytes(plan, live), byInput: new Map(given) };
}

/** Nothing where there are no values: then families are what colours. */
export function heatOf(scene: Scene, values: StepValues | undefined): HeatMap {
  if (!values) return new Map();
  const framed = new Set(scene.nodes.flatMap(node => (node.kind === 'group' ? (node.members ?? []) : [])));
  const found = scene.nodes.flatMap(node => {
    if (node.kind === 'scope' && node.frame) return [];
    if (node.kind === 'node' && framed.has(Number(node.id))) return [];
    if (node.kind === 'input') {
      const bytes = values.byInput?.get(Number(node.id));
      return bytes === undefined ? [] : [[node.key, bytes] as const];
    }
    const members = node.kind === 'node' ? [Number(node.id)] : (node.members ?? []);
    const taken = members.flatMap(member => values.byNode.get(member) ?? []);
    return taken.length === 0 ? [] : [[node.key, taken.reduce((sum, value) => sum + value, 0)] as const];
  });
  const most = found.reduce((max, [, value]) => Math.max(max, Math.abs(value)), 0);
  // Nothing is no number worth writing on most of a graph.
  const some = found.filter(([, value]) => value !== 0);
  return new Map(
    some.map(([key, value]) => [
      key,
      {
        level: Math.abs(value) / most,
        ...(value < 0 && { tone: 'less' as const }),
        text: values.format(value),
      },
    ]),
  );
}
