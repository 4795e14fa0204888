// Colours by measurement: how hot each thing of the scene is, and the number that says so.
// A step counts once: for its frame, for the scope its first node lies in, or for its only node.

import type { PlanView, RunReport } from '../../engine/report/types.ts';
import { formatBytes, formatNs } from '../format/units.ts';
import type { GraphLook } from '../state/app-state.ts';
import type { Scene } from './scene.ts';

export interface Heat {
  /** 0 to 1, of the hottest thing in the scene */
  readonly level: number;
  readonly text: string;
}

/** By the key of the scene node; what takes part in no step has none. */
export type HeatMap = ReadonlyMap<string, Heat>;

export interface StepValues {
  /** by node id: only a step's first node, with what the whole step takes */
  readonly byNode: ReadonlyMap<number, number>;
  readonly format: (value: number) => string;
}

/** What each step takes, as the look asks; none where that is unknown. */
export function stepValues(
  colour: GraphLook['colour'],
  plan: PlanView | undefined,
  run: RunReport | undefined,
): StepValues | undefined {
  if (colour === 'time' && run) {
    const byNode = run.steps.flatMap(({ nodes: [first], medianNs }) =>
      first === undefined ? [] : [[first, medianNs] as const],
    );
    return { byNode: new Map(byNode), format: formatNs };
  }
  if (colour !== 'bytes' || !plan) return undefined;
  const written = new Map<number, number>();
  for (const { writer, bytes, kind } of plan.tensors) {
    if (writer !== undefined && kind !== 'scratch') written.set(writer, (written.get(writer) ?? 0) + bytes);
  }
  const byNode = plan.steps.flatMap(({ index, nodes: [first] }) =>
    first === undefined ? [] : [[first, written.get(index) ?? 0] as const],
  );
  return { byNode: new Map(byNode), format: formatBytes };
}

export function heatOf(scene: Scene, values: StepValues | undefined): HeatMap {
  if (!values) return new Map();
  const framed = new Set(scene.nodes.flatMap(node => (node.kind === 'group' ? (node.members ?? []) : [])));
  const found = scene.nodes.flatMap(node => {
    if (node.kind === 'scope' && node.frame) return [];
    if (node.kind === 'node' && framed.has(Number(node.id))) return [];
    const members = node.kind === 'node' ? [Number(node.id)] : (node.members ?? []);
    const taken = members.flatMap(member => values.byNode.get(member) ?? []);
    return taken.length === 0 ? [] : [[node.key, taken.reduce((sum, value) => sum + value, 0)] as const];
  });
  const most = found.reduce((max, [, value]) => Math.max(max, value), 0);
  return new Map(
    found.map(([key, value]) => [key, { level: most === 0 ? 0 : value / most, text: values.format(value) }]),
  );
}
