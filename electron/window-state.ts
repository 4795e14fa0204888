// Where the window was when it was last closed, kept between starts. A place on a screen that is gone is forgotten,
// and no window is larger than its screen.

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

/** `screens`: what windows may cover of each, the primary one first. */
export function readWindowState(file: string, screens: readonly Area[]): WindowState {
  const { x, y, ...rest } = kept(file);
  const at = x === undefined || y === undefined ? undefined : { x, y, ...rest };
  const there = at && screens.find(screen => reaches(at, screen));
  return { ...(there ? at : rest), ...fitted(rest, there ?? screens[0]) };
}

function kept(file: string): WindowState {
  try {
    const { x, y, ...rest } = windowState.parse(JSON.parse(readFileSync(file, 'utf8')));
    return x === undefined || y === undefined ? rest : { x, y, ...rest };
  } catch {
    // First start, or a file of another version.
    return FIRST;
  }
}

/** A state that cannot be written is no reason to keep the window from closing. */
export function writeWindowState(file: string, state: WindowState): void {
  try {
    writeFileSync(file, JSON.stringify(state));
  } catch (error) {
    console.error(`the window's place is not kept: ${error instanceof Error ? error.message : error}`);
  }
}

const fitted = ({ width, height }: Pick<WindowState, 'width' | 'height'>, screen: Area | undefined) => ({
  width: Math.min(width, screen?.width ?? width),
  height: Math.min(height, screen?.height ?? height),
});

function reaches(window: Area, screen: Area): boolean {
  const across = Math.min(window.x + window.width, screen.x + screen.width) - Math.max(window.x, screen.x);
  const titleInside = window.y >= screen.y && window.y + REACHABLE <= screen.y + screen.height;
  return across >= REACHABLE && titleInside;
}
