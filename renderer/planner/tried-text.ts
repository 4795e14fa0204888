// How far the search for savings came, where it ended by the clock. Pure.

import { counted } from '../../engine/report/counted.ts';
import type { WhatIfReport } from '../../engine/report/what-if/types.ts';
import { formatBytes, formatInteger } from '../format/units.ts';

type Searched = Pick<WhatIfReport, 'tried'>;

/** Kinds of changes that are looked for, in words. */
export const CHANGES =
  'operators in place, another order, concatenations as slices, layers fused depth-first, stages in patches, tensors computed twice';

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

/** What was tried where no change of the graph saves anything; settings of the program may, all the same. */
export function nothingFoundText(
  report: Searched & { readonly executed: readonly Pick<WhatIfReport['executed'][number], 'savedBytes'>[] },
): string {
  const { tried, executed } = report;
  const most = Math.max(0, ...executed.map(({ savedBytes }) => savedBytes));
  const count = tried && (tried.alone === tried.of ? `All ${formatInteger(tried.of)}` : partOf(tried));
  return [
    'No change of the graph as given was found that saves memory.',
    count === undefined ? `Tried were ${CHANGES}.` : `${count} were tried: ${CHANGES}.`,
    ...(most > 0 ? [`A setting of the program as it runs, above, saves ${formatBytes(most)}.`] : []),
  ].join(' ');
}

const partOf = ({ alone, of }: NonNullable<Searched['tried']>): string =>
  `${formatInteger(alone)} of ${formatInteger(of)}`;
