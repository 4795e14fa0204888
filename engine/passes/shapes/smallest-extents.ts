// The smallest extents that open dimensions may have, found by trying: shape rules accept or refuse, and some models
// want a multiple of 32, others a minimum. Invariant: with what is returned every shape is known and nothing is empty.

import type { ReadBytes } from '../../ir/constants/reading.ts';
import type { Model, Value } from '../../ir/types.ts';
import type { OpenDimension } from '../../report/types/model.ts';
import { RANK_AXIS } from './dimensions.ts';
import { inferShapes } from './infer.ts';

/** Small numbers, powers of two, and sizes that images, windows of sound and texts are given in. */
const TRIED = [
  ...[
    1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32, 48, 64, 80, 96, 128, 160, 192, 224, 256, 320, 384, 512, 640,
  ],
  ...[768, 1024, 1600, 2048, 4096, 8000, 16000, 32768, 65536],
];

type Extents = Readonly<Record<string, number>>;

/**
 * Extents for all dimensions that have none, by key; undefined when none of those tried fit together, or `mayGoOn`
 * said no before any was found. `dims`: extents that are given.
 */
export function smallestExtents(
  model: Model,
  dims: Extents,
  dimensions: readonly OpenDimension[],
  read: ReadBytes,
  mayGoOn: () => boolean,
): Extents | undefined {
  // Of a rank nothing can be guessed.
  if (dimensions.some(({ inputs }) => inputs.some(({ axis }) => axis === RANK_AXIS))) return undefined;
  const keys = dimensions.filter(({ reason }) => reason === 'unbound').map(({ key }) => key);
  const accepts = (extents: Extents): boolean =>
    mayGoOn() && isAccepted(model, { ...dims, ...extents }, read);
  const common = keys.length === 0 ? undefined : firstFitting(keys, accepts);
  if (common === undefined) return undefined;
  // Each by itself may be smaller than what they have in common, and smaller again once others are.
  let found = common;
  for (let before: Extents = {}; keys.length > 1 && before !== found; ) {
    before = found;
    for (const key of keys) {
      const smaller = TRIED.find(
        extent => extent < (found[key] ?? 0) && accepts({ ...found, [key]: extent }),
      );
      if (smaller !== undefined) found = { ...found, [key]: smaller };
    }
  }
  return found;
}

/**
 * Extents to begin with: one that all have in common, else one for a single dimension while the others are 1, as
 * where the state of a batch stands beside a long sequence, else one for all but a single dimension.
 */
function firstFitting(keys: readonly string[], accepts: (extents: Extents) => boolean): Extents | undefined {
  const sets = [keys];
  if (keys.length > 1) sets.push(...keys.map(key => [key]));
  if (keys.length > 2) sets.push(...keys.map(key => keys.filter(other => other !== key)));
  for (const large of sets) {
    const extents = (extent: number) =>
      Object.fromEntries(keys.map(key => [key, large.includes(key) ? extent : 1]));
    const fitting = TRIED.find(extent => accepts(extents(extent)));
    if (fitting !== undefined) return extents(fitting);
  }
  return undefined;
}

/** A branch that may not be taken has to fit too: which one will be is not known. */
function isAccepted(model: Model, dims: Extents, read: ReadBytes): boolean {
  const { graph, diagnostics } = inferShapes(model, dims, read);
  if (diagnostics.some(({ id, severity }) => severity === 'error' || id === 'invalid-node')) return false;
  return graph.values.every(value => value === undefined || hasElements(value));
}

const hasElements = ({ constant, shape }: Value): boolean =>
  constant !== undefined || shape === undefined || shape.every(extent => extent > 0);
