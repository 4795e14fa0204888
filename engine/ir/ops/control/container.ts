// Sequences of tensors, and optionals. The element type is known, lengths and shapes of items are not.

import { always, dtypeOf, type InferContext, operator, type ShapeRule } from '../definition.ts';
import { dtypeAttribute } from '../elementwise/cast.ts';

const unknown: ShapeRule = () => [];
const firstDtype = (context: InferContext) => [context.inputs[0]?.dtype];

const toSequence = (op: string, dtypes = firstDtype) =>
  operator(op, { kind: 'container', container: 'sequence', dtypes, shapes: unknown });

const toTensor = (op: string) =>
  operator(op, { kind: 'container', dtypes: firstDtype, shapes: unknown, dataDependent: true });

export const CONTAINER = [
  toSequence('SequenceConstruct'),
  toSequence('SequenceEmpty', context => [dtypeAttribute(context, 'dtype', 'float32')]),
  toSequence('SequenceInsert'),
  toSequence('SequenceErase'),
  toSequence('SequenceMap', () => [undefined]),
  toSequence('SplitToSequence', context => [dtypeOf(context, 0)]),
  toTensor('SequenceAt'),
  toTensor('ConcatFromSequence'),
  operator('SequenceLength', { kind: 'container', dtypes: always('int64'), shapes: () => [[]] }),
  operator('Optional', { kind: 'container', container: 'optional', dtypes: firstDtype, shapes: unknown }),
  operator('OptionalHasElement', { kind: 'container', dtypes: always('bool'), shapes: () => [[]] }),
  operator('OptionalGetElement', {
    kind: 'container',
    dtypes: firstDtype,
    shapes: context => [context.inputs[0]?.shape],
    dataDependent: true,
  }),
];
