import { describe, expect, it } from 'vitest';
import { changeHeat } from '../../../../renderer/graph/colour/change-heat.ts';
import { heatOf, stepValues } from '../../../../renderer/graph/colour/heat.ts';
import { svgOf } from '../../../../renderer/graph/draw/svg.ts';
import { nestedLayout } from '../../../../renderer/graph/layout/nested.ts';
import { draftScene, layoutInputOf, sceneOf } from '../../../../renderer/graph/scene/scene.ts';
import { scopeTreeOf } from '../../../../renderer/graph/scene/scopes.ts';
import { minimapOf } from '../../../../renderer/graph/viewport/minimap-geometry.ts';
import { atOnce } from '../../../../renderer/page/in-slices.ts';
import { indexGraph } from '../../../../renderer/state/derived/graph-index.ts';
import { mixed, type Palette } from '../../../../renderer/theme/palette.ts';
import { FUSED_PLAN, GRAPH, GROUP } from '../../support/made-up.ts';

const tree = scopeTreeOf(GRAPH, [GROUP]);
const draft = atOnce(
  draftScene(GRAPH, indexGraph(GRAPH), { groups: [GROUP], look: 'framed' }, tree, new Set()),
);
const scene = atOnce(sceneOf(draft, nestedLayout(layoutInputOf(draft))));
const heat = heatOf(scene, stepValues('bytes', FUSED_PLAN, undefined));

describe('heat', () => {
  it('counts a fused step once, for its frame', () => {
    expect(heat.get('group:node3')).toEqual({ level: 1, text: '100 B' });
    expect(heat.has('node:3')).toBe(false);
    expect(heat.get('node:0')?.text).toBe('100 B');
    expect(heat.has('input:0')).toBe(false);
  });

  it('is not there where nothing is known', () => {
    expect(stepValues('time', FUSED_PLAN, undefined)).toBeUndefined();
    expect(stepValues('family', FUSED_PLAN, undefined)).toBeUndefined();
    expect(heatOf(scene, undefined).size).toBe(0);
  });

  it('shows no difference where it may be noise', () => {
    const row = { key: 'a', op: 'Neg', name: 'n', steps: 1, deltaNs: -50, ratio: 0.5 };
    const rows = [
      { ...row, nodes: [0], overlapping: true },
      { ...row, nodes: [3, 4], overlapping: false },
    ];
    const values = stepValues('difference', undefined, undefined, {
      operators: rows,
      sameDimensions: true,
    } as never);
    const differences = heatOf(scene, values);
    expect(differences.has('node:0')).toBe(false);
    expect(differences.get('group:node3')).toMatchObject({ level: 1, tone: 'less' });
  });

  it('of changes has a tone for each kind, and none for what stayed', () => {
    const changes = new Map([
      [0, 'added'],
      [1, 'changed'],
      [2, 'removed'],
    ] as const);
    const marks = changeHeat(scene, changes);
    expect(marks.get('node:0')).toMatchObject({ tone: 'less', text: 'added' });
    expect(marks.get('node:1')).toMatchObject({ tone: 'changed', text: 'changed' });
    expect(marks.get('node:2')).toMatchObject({ tone: 'removed', text: 'removed' });
    expect(marks.has('group:node3')).toBe(false);
    expect(marks.has('node:3')).toBe(false);
  });

  it('mixes colours, also those a build has shortened', () => {
    expect(mixed('#fff', '#000000', 0.5)).toBe('#808080');
    expect(mixed('#102030', '#abcdef', 0)).toBe('#102030');
  });
});

describe('the scene as a file', () => {
  const every = new Proxy({}, { get: () => '#123456' });
  const palette = { color: every, family: every, font: 'a "b"', mono: 'm' } as Palette;

  it('holds every node and edge', () => {
    const svg = svgOf(scene, palette, new Map());
    expect(svg.match(/<title>/g)).toHaveLength(scene.nodes.length);
    expect(svg.match(/marker-end/g)).toHaveLength(scene.edges.length);
    expect(svg).toContain('Neg + Add');
  });

  it('takes hostile names as text', () => {
    const nodes = scene.nodes.map(node => ({ ...node, title: '<script>"&' }));
    const svg = svgOf({ ...scene, nodes }, palette, heat);
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&#60;script&#62;&#34;&#38;');
  });
});

describe('the minimap', () => {
  it('holds the whole scene and knows its way back', () => {
    const map = minimapOf({ width: 400, height: 20_000 });
    expect(map.xOf(400)).toBeLessThanOrEqual(map.width);
    expect(map.yOf(20_000)).toBeLessThanOrEqual(map.height);
    const there = map.sceneAt(map.xOf(123), map.yOf(4567));
    expect(there.x).toBeCloseTo(123);
    expect(there.y).toBeCloseTo(4567);
  });

  it('stretches long thin scenes', () => {
    const { scaleX, scaleY } = minimapOf({ width: 400, height: 20_000 });
    expect(scaleX / scaleY).toBeGreaterThan(5);
  });
});
