// From heat to colour, on canvases and in files; elements mix the same colours in CSS.

import { mixed, type Palette } from '../theme/palette.ts';
import type { Heat } from './heat.ts';

/** Text on it stays readable, so the hottest is not the full colour. */
export const HOTTEST = 0.6;

export const heatColour = (heat: Heat | undefined, palette: Palette): string =>
  mixed(
    palette.color.raised,
    heat?.less ? palette.color.good : palette.color.heat,
    HOTTEST * (heat?.level ?? 0),
  );
