// From heat to colour, on canvases and in files; elements mix the same colours in CSS.

import { mixed, type Palette } from '../../theme/palette.ts';
import type { SceneNode } from '../scene/scene.ts';
import type { Heat, HeatMap, Tone } from './heat.ts';

/** Text on it stays readable, so the hottest is not the full colour. */
export const HOTTEST = 0.6;

/** Names of colours, on canvases as in CSS. */
export const TONE_COLOURS = {
  less: 'good',
  changed: 'changed',
  removed: 'removed',
} as const satisfies Readonly<Record<Tone, keyof Palette['color']>>;

/** CSS colour: `cold`, mixed with the hot one of the tone by the level. */
export const heatColour = (heat: Heat | undefined, palette: Palette, cold = palette.color.raised): string =>
  mixed(cold, palette.color[heat?.tone ? TONE_COLOURS[heat.tone] : 'heat'], HOTTEST * (heat?.level ?? 0));

/** Of a frame: an open scope is as quiet as the ground; a fused group has its heat, or a tint where nothing has any. */
export function frameColour({ kind, key }: SceneNode, heat: HeatMap, palette: Palette): string {
  if (kind === 'scope') return palette.color.bg;
  return heat.size > 0 ? heatColour(heat.get(key), palette) : palette.color['accent-soft'];
}
