// Where the window was when it was last closed, kept between starts. A place on a screen that is gone is forgotten.

import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const windowState = z.object({
  x: z.int().optional(),
  y: z.int().optional(),
  width: z.int().min(640),
  height: z.int().min(480),
  maximized: z.boolean().default(false),
});
export interface WindowState {
  readonly x?: number;
  readonly y?: number;
  readonly width: number;
  readonly height: number;
  readonly maximized: boolean;
}

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const FIRST: WindowState = { width: 1440, height: 900, maximized: false };

/** How much of a window must be on a screen, for its title to be within reach. */
const REACHABLE = 64;

export function readWindowState(file: string, screens: readonly Area[]): WindowState {
  try {
    const { x, y, ...rest } = windowState.parse(JSON.parse(readFileSync(file, 'utf8')));
    if (x === undefined || y === undefined) return rest;
    const placed = { x, y, ...rest };
    return screens.some(screen => reaches(placed, screen)) ? placed : rest;
  } catch {
    // First start, or a file of another version.
    return FIRST;
  }
}

export const writeWindowState = (file: string, state: WindowState): void =>
  writeFileSync(file, JSON.stringify(state));

function reaches(window: Area, screen: Area): boolean {
  const across = Math.min(window.x + window.width, screen.x + screen.width) - Math.max(window.x, screen.x);
  const titleInside = window.y >= screen.y && window.y + REACHABLE <= screen.y + screen.height;
  return across >= REACHABLE && titleInside;
}
