// What the classical models of ai.onnx.ml are given: rows of features, or one row without an axis for them.

import { rowsOf } from '../../ir/ops/classical/classical.ts';
import { type Call, inputOf } from '../call.ts';
import { type NumberArray, numbers } from '../elements.ts';

/** The first input, a row each; views of the same numbers. */
export function featureRows(call: Call): NumberArray[] {
  const input = inputOf(call, 0);
  const rows = rowsOf(input.shape);
  const data = numbers(input);
  const width = data.length / Math.max(1, rows);
  return Array.from({ length: rows }, (_, row) => data.subarray(row * width, (row + 1) * width));
}
