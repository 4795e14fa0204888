// Changes against another model as colours of the graph: what each thing of the scene has in it, in words too.

import type { Change } from '../state/versions.ts';
import type { Heat, HeatMap } from './heat.ts';
import type { Scene } from './scene.ts';

const CHANGES: readonly Change[] = ['added', 'removed', 'changed'];

/** Added is green, removed and changed are warm, changed less so. Open scopes show it inside. */
export function changeHeat(scene: Scene, changes: ReadonlyMap<number, Change>): HeatMap {
  return new Map(
    scene.nodes.flatMap(node => {
      if (node.kind === 'input' || node.kind === 'output' || node.frame) return [];
      const members = node.kind === 'node' ? [Number(node.id)] : (node.members ?? []);
      const heat = heatOf(
        members.flatMap(member => changes.get(member) ?? []),
        members.length,
      );
      return heat ? [[node.key, heat] as const] : [];
    }),
  );
}

function heatOf(found: readonly Change[], members: number): Heat | undefined {
  const counts = CHANGES.map(change => [change, found.filter(one => one === change).length] as const);
  const present = counts.filter(([, count]) => count > 0);
  const [first] = present;
  if (!first) return undefined;
  const text = present.map(([change, count]) => (members === 1 ? change : `${count} ${change}`)).join(', ');
  const onlyAdded = first[0] === 'added' && present.length === 1;
  return { level: first[0] === 'changed' ? 0.6 : 1, text, ...(onlyAdded && { less: true }) };
}
