// What the rules of operators throw: shapes that cannot be known yet, and shapes that cannot be.

import { NodeError } from '../attributes.ts';

/** The shapes cannot be known yet; the node may still be right. */
export class Undetermined extends Error {
  override readonly name = 'Undetermined';
}

/** Input shapes or types that this operator cannot take. */
export class ShapeError extends NodeError {
  override readonly name = 'ShapeError';
}
