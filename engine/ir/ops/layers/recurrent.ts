// Recurrent layers. X (time, batch, input), W (directions, gates · hidden, input), R (directions, gates · hidden,
// hidden); with layout 1 the batch comes first.

import { intAttribute, stringAttribute } from '../../attributes.ts';
import type { Shape } from '../../types.ts';
import { type InferContext, operators, shapeOf, shapeOfRank } from '../definition.ts';

function recurrentShapes(context: InferContext): Shape[] {
  const { node } = context;
  const batchFirst = intAttribute(node, 'layout', 0) === 1;
  const input = shapeOfRank(context, 0, 3);
  const hidden = intAttribute(node, 'hidden_size', shapeOf(context, 2).at(-1));
  const directions = stringAttribute(node, 'direction', 'forward') === 'bidirectional' ? 2 : 1;
  const [time = 0, batch = 0] = batchFirst ? [input[1], input[0]] : input;
  const all = batchFirst ? [batch, time, directions, hidden] : [time, directions, batch, hidden];
  const last = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
  return [all, last, last];
}

export const RECURRENT = operators(['LSTM', 'GRU', 'RNN'], { kind: 'recurrent', shapes: recurrentShapes });
