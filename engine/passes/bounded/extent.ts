// A number that is known only while the model runs: how long a value is along an axis, or what windows, scales and
// concatenations make of that. Two of them are the same number in every run where they are written the same.

import { commonFactor } from '../../ir/common-factor.ts';
import type { ValueId } from '../../ir/types.ts';

/** ⌊(multiply · extent + add) / divide⌋, at least 0. */
export interface Growth {
  readonly multiply: number;
  readonly add: number;
  readonly divide: number;
}

/** How long `source` is along an axis, and what becomes of that number. */
export interface Extent {
  readonly source: ValueId;
  readonly axis: number;
  /** what becomes of it, one after the other; none for the extent itself */
  readonly growths: readonly Growth[];
}

/** Per axis; undefined where the shape says it. */
export type Extents = readonly (Extent | undefined)[];

/** The axis' own extent. */
export const extentOf = (source: ValueId, axis: number): Extent => ({ source, axis, growths: [] });

const grown = (extent: number, { multiply, add, divide }: Growth): number =>
  Math.max(0, Math.floor((multiply * extent + add) / divide));

/** The number that an extent of so many becomes. */
export const grownThrough = (extent: number, growths: readonly Growth[]): number =>
  growths.reduce(grown, extent);

/** Without common factors: ⌊(multiply · extent) / factor + add / factor⌋ cuts nothing but what is added. */
function reduced({ multiply, add, divide }: Growth): Growth {
  const factor = commonFactor(multiply, divide);
  return { multiply: multiply / factor, add: Math.floor(add / factor), divide: divide / factor };
}

/** Both as one; undefined where what is cut in between counts. */
function joined(first: Growth, then: Growth): Growth | undefined {
  // What may be cut at 0 is not the same before and after.
  if (first.add < 0) return undefined;
  if (first.divide === 1) {
    const multiply = first.multiply * then.multiply;
    return reduced({ multiply, add: first.add * then.multiply + then.add, divide: then.divide });
  }
  if (then.multiply !== 1) return undefined;
  const add = first.add + then.add * first.divide;
  return reduced({ multiply: first.multiply, add, divide: first.divide * then.divide });
}

/** What becomes of an extent, in its shortest form. */
export function growing(extent: Extent, growth: Growth): Extent {
  const last = extent.growths.at(-1);
  const both = last && joined(last, growth);
  const growths = both ? [...extent.growths.slice(0, -1), both] : [...extent.growths, reduced(growth)];
  const { multiply, add, divide } = growths.at(-1) ?? growth;
  return { ...extent, growths: multiply === 1 && add === 0 && divide === 1 ? growths.slice(0, -1) : growths };
}

/** The same for extents that are the same in every run. */
export const keyOf = ({ source, axis, growths }: Extent): string =>
  [source, axis, ...growths.flatMap(({ multiply, add, divide }) => [multiply, add, divide])].join(' ');

/** Whether they are the same number in every run; axes without a run-time extent are alike. */
export const sameExtent = (a: Extent | undefined, b: Extent | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && keyOf(a) === keyOf(b));
