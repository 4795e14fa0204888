// What is known of the values of weights that two models have at the same place. Pure.

import { counted } from '../../../engine/report/counted.ts';
import { formatInteger } from '../../format/units.ts';
import type { OpenModel } from '../../state/app-state.ts';

/** `count`: weights of the same type at the same place, which can be compared. */
export function weightsText(compared: OpenModel['weights'], count: number): string {
  if (count === 0) return 'No weights of the same type to compare.';
  if (!compared || compared.state === 'failed') return 'Values of weights are not compared, their types are.';
  const { found } = compared;
  if (!found) return 'Comparing the values of weights…';
  const { changed, skipped } = found;
  const looked = count - skipped.length;
  const sum =
    changed.length === 0
      ? `${counted(looked, 'weight')} of the same type: the values are equal`
      : `${formatInteger(changed.length)} of ${counted(looked, 'weight')} of the same type changed values`;
  if (skipped.length === 0) return `${sum}.`;
  return `${sum}. ${counted(skipped.length, 'weight')} not compared: all together are more than 4 GiB.`;
}
