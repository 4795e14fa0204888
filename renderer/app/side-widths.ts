// How wide the side panels are, kept between models and starts. In pixels: a window of another size changes the
// middle only.

const KEY = 'arenascope.sides';

export interface SideWidths {
  readonly model: number;
  readonly details: number;
}

const FIRST: SideWidths = { model: 224, details: 304 };

export function loadSideWidths(): SideWidths {
  const [model, details] = (localStorage.getItem(KEY) ?? '').split(' ').map(Number);
  return model && details ? { model, details } : FIRST;
}

/** Takes shares of the window's width in percent, as the panels tell them. */
export function saveSideWidths(shares: Readonly<Record<string, number>>): void {
  const width = (share = 0): number => Math.round((share / 100) * window.innerWidth);
  localStorage.setItem(KEY, `${width(shares.model)} ${width(shares.details)}`);
}
