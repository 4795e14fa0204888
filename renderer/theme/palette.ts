// The colours of the current theme as canvases need them: resolved, and read anew when the theme changes.

import { useEffect, useSyncExternalStore } from 'react';
import type { Theme } from '../state/app-state.ts';
import { FAMILIES, type Family } from './families.ts';

const NAMES = [
  'bg',
  'surface',
  'raised',
  'hover',
  'line',
  'line-strong',
  'text',
  'text-2',
  'text-3',
  'accent',
  'accent-soft',
  'danger',
  'warning',
  'good',
  'heat',
  'changed',
  'removed',
] as const;

export interface Palette {
  readonly color: Readonly<Record<(typeof NAMES)[number], string>>;
  readonly family: Readonly<Record<Family, string>>;
  readonly font: string;
  readonly mono: string;
}

const DARK = '(prefers-color-scheme: dark)';

/** Sets the theme on the page, following the system where asked to. */
export function useTheme(theme: Theme): void {
  const systemDark = useSyncExternalStore(
    listener => {
      const query = matchMedia(DARK);
      query.addEventListener('change', listener);
      return () => query.removeEventListener('change', listener);
    },
    () => matchMedia(DARK).matches,
  );
  const resolved = theme === 'system' ? (systemDark ? 'dark' : 'light') : theme;
  useEffect(() => {
    document.documentElement.dataset.theme = resolved;
  }, [resolved]);
}

/** The palette of the theme that is on the page now. */
export const usePalette = (): Palette => useSyncExternalStore(onTheme, currentPalette);

function onTheme(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}

/** Read once per theme: reading makes the browser work out the styles of all that has changed on the page. */
let known: { readonly theme: string | undefined; readonly palette: Palette } | undefined;

function currentPalette(): Palette {
  const { theme } = document.documentElement.dataset;
  if (known?.theme !== theme) known = undefined;
  known ??= { theme, palette: readPalette() };
  return known.palette;
}

/** #rgb as #rrggbb: builds shorten what they can. */
const long = (colour: string): string =>
  colour.length === 4 ? colour.replace(/[0-9a-f]/gi, digit => digit + digit) : colour;

/** A colour between two of the form #rrggbb or #rgb, 0 being the first. */
export function mixed(from: string, to: string, share: number): string {
  const channel = (colour: string, place: number): number =>
    Number.parseInt(long(colour).slice(1 + place, 3 + place), 16);
  const parts = [0, 2, 4].map(place => {
    const value = channel(from, place) + (channel(to, place) - channel(from, place)) * share;
    return Math.round(value).toString(16).padStart(2, '0');
  });
  return `#${parts.join('')}`;
}

/** The theme's colours as they are now, for canvases and files. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    color: Object.fromEntries(NAMES.map(name => [name, read(name)])) as Palette['color'],
    family: Object.fromEntries(
      Object.keys(FAMILIES).map(family => [family, read(`family-${family}`)]),
    ) as Palette['family'],
    font: read('font'),
    mono: read('mono'),
  };
}
