// Changes against another model as colours of the graph: what each thing of the scene has in it, in words too.

import type { Change } from '../../state/derived/versions.ts';
import type { Scene } from '../scene/scene.ts';
import type { Heat, HeatMap, Tone } from './heat.ts';

const CHANGES: readonly Change[] = ['added', 'removed', 'changed'];

/** What was added is as green as what got less elsewhere. */
const TONES: Readonly<Record<Change, Tone>> = { added: 'less', removed: 'removed', changed: 'changed' };

/**
 * Added, removed and changed have a colour each; where several come together, it is that of a change. What stayed as
 * it was has none. Open scopes show it inside.
 */
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
  return { level: 1, text, tone: TONES[present.length === 1 ? first[0] : 'changed'] };
}
