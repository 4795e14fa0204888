// How far the search for savings came, where it ended by the clock. Pure.

import { counted } from '../../engine/report/counted.ts';
import type { WhatIfReport } from '../../engine/report/what-if/types.ts';
import { formatInteger } from '../format/units.ts';

type Searched = Pick<WhatIfReport, 'tried'>;

/** Nothing is left to look at. */
export const isWhole = ({ tried }: Searched): boolean =>
  tried === undefined || (tried.alone === tried.of && tried.together && tried.settings);

/** 'Ended after 3 s: 120 of 4,000 changes tried, those first that may save most; ….' */
export function triedText({ tried }: Searched, after: string): string {
  if (!tried) return '';
  const left = [
    ...(tried.together ? [] : ['not all of them together']),
    ...(tried.settings ? [] : ['not all settings of the program']),
  ];
  const alone =
    tried.alone === tried.of
      ? `all ${counted(tried.of, 'change')} tried`
      : `${formatInteger(tried.alone)} of ${counted(tried.of, 'change')} tried, those first that may save most`;
  return `Ended after ${after}: ${[alone, ...left].join('; ')}.`;
}
