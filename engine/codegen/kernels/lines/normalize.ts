// (x − mean) / √(variance + ε) over a line, or x / √(mean square + ε). The variance is summed from the
// differences, in a pass of its own: subtracting large squares would lose it.

import { elementCount } from '../../../ir/tensor.ts';
import type { NormalizeSpec } from '../../../select/spec/axis.ts';
import type { Template } from '../../context.ts';
import type { Value } from '../../vector/vector.ts';
import type { Line } from './line.ts';
import { emitLines, lineNeeds, lineTraversal } from './lines.ts';

export const normalize: Template<NormalizeSpec> = {
  needs: (spec, simd) => lineNeeds(spec, simd),
  traverse: (spec, simd, _threads, pace) => lineTraversal(spec, simd, pace),
  emit: (k, spec, _phase, needs) => emitLines(k, spec, needs, line => emitLine(line, spec)),
};

function emitLine(line: Line, { rms, line: extents, epsilon }: NormalizeSpec): void {
  const { v } = line;
  const share = v.f32(1 / elementCount(extents));
  const squares = rms ? sumOfSquares(line) : sumOfCentredSquares(line, share);
  const variance = v.madd(squares, share, v.f32(epsilon));
  const scale = v.op('f32.div', v.f32(1), v.op('f32.sqrt', variance));
  line.write(x => v.op('f32.mul', x, scale));
}

/** Σ x²; keeps x. */
const sumOfSquares = (line: Line): Value =>
  line.pass('input', 'f32.add', x => ({ keep: x, term: line.v.op('f32.mul', x, x) }));

/** Σ (x − mean)²; keeps the differences. */
function sumOfCentredSquares(line: Line, share: Value): Value {
  const { v } = line;
  const sum = line.pass('input', 'f32.add', x => ({ keep: x, term: x }));
  const mean = v.op('f32.mul', sum, share);
  return line.pass('scratch', 'f32.add', x => {
    const keep = v.op('f32.sub', x, mean);
    return { keep, term: v.op('f32.mul', keep, keep) };
  });
}
