// How wide the side panels are, kept between models and starts. In pixels: a window of another size changes the
// middle only.

const KEY = 'arenascope.sides';

export interface SideWidths {
  readonly model: number;
  readonly details: number;
}

const FIRST: SideWidths = { model: 224, details: 304 };
/** In a window that is no wider than this, px, the view between them would have less than half. */
const NARROW_WINDOW = 1100;
const FIRST_NARROW: SideWidths = { model: 176, details: 216 };
/** Of the view between them, px. */
export const LEAST_VIEW = 400;
/** Of all three: in what is narrower, or zoomed further in, the details lie below. */
export const LEAST_WIDTH = FIRST_NARROW.model + LEAST_VIEW + FIRST_NARROW.details;

/** As they were left; at first by the width of the window. In px. */
export function loadSideWidths(): SideWidths {
  const [model, details] = (localStorage.getItem(KEY) ?? '').split(' ').map(Number);
  if (model && details) return { model, details };
  return window.innerWidth <= NARROW_WINDOW ? FIRST_NARROW : FIRST;
}

/** Takes shares of the window's width in percent, as the panels tell them; none where the details lie below. */
export function saveSideWidths(shares: Readonly<Record<string, number>>): void {
  if (shares.details === undefined) return;
  const whole = window.innerWidth;
  const width = (share = 0): number => Math.round((share / 100) * whole);
  localStorage.setItem(KEY, `${width(shares.model)} ${width(shares.details)}`);
}
