// Keys that move the graph: what is in the middle stays there, and zooming ends.

import { expect, it } from 'vitest';
import { boundsOf, contains, type Viewport } from '../../../../renderer/graph/viewport/bounds.ts';
import { LEAST_ZOOM, MOST_ZOOM, movedView } from '../../../../renderer/graph/viewport/moved-view.ts';

const SIZE = { width: 800, height: 600 };
const START: Viewport = { x: 40, y: -120, zoom: 0.5 };
const middle = (viewport: Viewport): readonly number[] => {
  const { left, top, right, bottom } = boundsOf(viewport, SIZE.width, SIZE.height);
  return [(left + right) / 2, (top + bottom) / 2];
};
const pressed = (keys: string): Viewport =>
  [...keys].reduce((viewport, key) => movedView(key, viewport, SIZE) ?? viewport, START);

it('zooms around the middle, in and out alike', () => {
  const near = pressed('ww');
  expect(near.zoom).toBeGreaterThan(START.zoom);
  for (const [index, at] of middle(near).entries()) expect(at).toBeCloseTo(middle(START)[index] ?? NaN);
  expect(pressed('wwss').x).toBeCloseTo(START.x);
});

it('zooms no further than there is something to see', () => {
  expect(pressed('w'.repeat(50)).zoom).toBe(MOST_ZOOM);
  expect(pressed('s'.repeat(50)).zoom).toBe(LEAST_ZOOM);
});

it('moves to the left and back, and knows no other key', () => {
  expect(middle(pressed('a'))[0]).toBeLessThan(middle(START)[0] ?? NaN);
  expect(pressed('ad')).toEqual(START);
  expect(movedView('x', START, SIZE)).toBeUndefined();
});

it('a window contains a scene when no edge of it is outside', () => {
  const bounds = { left: -1, top: 0, right: 100, bottom: 80 };
  expect(contains(bounds, { width: 100, height: 80 })).toBe(true);
  expect(contains(bounds, { width: 101, height: 80 })).toBe(false);
  expect(contains({ ...bounds, left: 1 }, { width: 50, height: 50 })).toBe(false);
});
