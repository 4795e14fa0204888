// Strings, and features made of them.

import { intsAttribute } from '../../attributes.ts';
import type { Shape } from '../../types.ts';
import { always, fail, type InferContext, operator, shapeOf } from '../definition.ts';
import { broadcastInputs } from '../elementwise/elementwise.ts';

/** One feature per n-gram of the pool, in place of the last axis. */
function tfIdfShape(context: InferContext): Shape {
  const indices = intsAttribute(context.node, 'ngram_indexes') ?? fail(context, 'ngram_indexes is missing');
  return [...shapeOf(context, 0).slice(0, -1), Math.max(...indices) + 1];
}

const unknown = () => [];

export const TEXT = [
  operator('StringConcat', { kind: 'text', shapes: broadcastInputs }),
  operator('StringNormalizer', { kind: 'text', shapes: unknown, dataDependent: true }),
  operator('StringSplit', {
    kind: 'text',
    dtypes: () => ['string', 'int64'],
    shapes: context => [undefined, shapeOf(context, 0)],
    dataDependent: true,
  }),
  operator('RegexFullMatch', { kind: 'text', dtypes: always('bool') }),
  operator('TfIdfVectorizer', {
    kind: 'text',
    dtypes: always('float32'),
    shapes: context => [tfIdfShape(context)],
  }),
];
