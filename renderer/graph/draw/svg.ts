// The whole scene as an SVG file. Pure: colours are written out, so that the file needs nothing else.

import type { Palette } from '../../theme/palette.ts';
import type { HeatMap } from '../colour/heat.ts';
import { frameColour, heatColour } from '../colour/heat-scale.ts';
import { curveOf, type Scene, type SceneNode } from '../scene/scene.ts';

const MARGIN = 16;

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`);

export function svgOf(scene: Scene, palette: Palette, heat: HeatMap): string {
  const [width, height] = [scene.width + 2 * MARGIN, scene.height + 2 * MARGIN];
  const frames = scene.nodes.filter(node => node.frame);
  const leaves = scene.nodes.filter(node => !node.frame);
  const edges = scene.edges.map(
    edge =>
      `<path d="${curveOf(edge.path, scene.direction)}" fill="none" stroke="${palette.color['line-strong']}" stroke-width="1.2" marker-end="url(#arrow)"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${-MARGIN} ${-MARGIN} ${width} ${height}" font-family="${escaped(palette.font)}" font-size="12">`,
    `<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9" orient="auto"><path d="M0,1 L8,4 L0,7 Z" fill="${palette.color['line-strong']}"/></marker></defs>`,
    `<rect x="${-MARGIN}" y="${-MARGIN}" width="${width}" height="${height}" fill="${palette.color.surface}"/>`,
    ...frames.map(node => frameText(node, palette, heat)),
    ...edges,
    ...labelsOf(scene, palette),
    ...leaves.map(node => leafText(node, palette, heat)),
    '</svg>',
    '',
  ].join('\n');
}

const boxOf = ({ x, y, width, height }: SceneNode, radius: number): string =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}"`;

function frameText(node: SceneNode, palette: Palette, heat: HeatMap): string {
  const hot = heat.get(node.key);
  const fill = frameColour(node, heat, palette);
  const said = hot ? `${node.title}  ${hot.text}` : node.title;
  return `<g>${titleOf(node)}${boxOf(node, 8)} fill="${fill}" stroke="${palette.color['line-strong']}"/>${text(node.x + 12, node.y + 14, said, palette.color['text-2'], node.width - 16, 11)}</g>`;
}

function leafText(node: SceneNode, palette: Palette, heat: HeatMap): string {
  const pill = node.kind === 'input' || node.kind === 'output';
  const hot = heat.get(node.key);
  const fill = heat.size === 0 ? palette.color.raised : heatColour(hot, palette);
  const colour = palette.family[node.family];
  const box = `${boxOf(node, pill ? 14 : 4)} fill="${fill}" stroke="${pill ? colour : palette.color['line-strong']}"${node.folded ? ' stroke-dasharray="4 3"' : ''}/>`;
  const room = node.width - 20;
  if (pill) {
    return `<g>${titleOf(node)}${box}${text(node.x + 10, node.y + node.height / 2 + 4, node.title, palette.color.text, room, 12)}</g>`;
  }
  const bar = `<rect x="${node.x}" y="${node.y}" width="4" height="${node.height}" rx="2" fill="${colour}"/>`;
  return `<g>${titleOf(node)}${box}${bar}${text(node.x + 12, node.y + 17, node.title, palette.color.text, room, 12, 600)}${text(node.x + 12, node.y + 31, hot?.text ?? node.subtitle, palette.color['text-2'], room, 11)}</g>`;
}

/** Whole names, also where what is drawn is cut. */
const titleOf = (node: SceneNode): string => `<title>${escaped(`${node.title} ${node.subtitle}`)}</title>`;

function text(
  x: number,
  y: number,
  content: string,
  colour: string,
  room: number,
  size: number,
  weight = 400,
): string {
  const characters = Math.max(1, Math.floor(room / (size * 0.58)));
  const shown = content.length > characters ? `${content.slice(0, characters - 1)}…` : content;
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${colour}">${escaped(shown)}</text>`;
}

/** One label per tensor, where its first line starts. */
function labelsOf(scene: Scene, palette: Palette): readonly string[] {
  const seen = new Set<number>();
  return scene.edges.flatMap(({ tensor, path, label }) => {
    if (seen.has(tensor) || label === '') return [];
    seen.add(tensor);
    const y = (path[1] ?? 0) + (scene.direction === 'down' ? 14 : -4);
    return [
      `<text x="${(path[0] ?? 0) + 5}" y="${y}" font-size="10" font-family="${escaped(palette.mono)}" fill="${palette.color['text-3']}">${escaped(label)}</text>`,
    ];
  });
}
