// (x − mean) / √(variance + ε) over one axis, or x / √(mean square + ε). The variance is summed from the
// differences, in a pass of its own: subtracting large squares would lose it.

import type { NormalizeSpec } from '../../select/spec.ts';
import type { Template } from '../context.ts';
import { emitLines, lineNeeds, lineTraversal } from './line.ts';

export const normalize: Template<NormalizeSpec> = {
  needs: (spec, simd) => lineNeeds(spec, simd),
  traverse: (spec, simd, _threads, pace) => lineTraversal(spec, simd, pace),
  emit: (k, spec, _phase, needs) =>
    emitLines(k, spec, needs, line => {
      const { v } = line;
      const share = v.f32(1 / spec.axis);
      const squares = spec.rms
        ? line.pass('input', 'f32.add', x => ({ keep: x, term: v.op('f32.mul', x, x) }))
        : centredSquares();
      const variance = v.madd(squares, share, v.f32(spec.epsilon));
      const scale = v.op('f32.div', v.f32(1), v.op('f32.sqrt', variance));
      line.write(x => v.op('f32.mul', x, scale));

      function centredSquares() {
        const mean = v.op(
          'f32.mul',
          line.pass('input', 'f32.add', x => ({ keep: x, term: x })),
          share,
        );
        return line.pass('scratch', 'f32.add', x => {
          const keep = v.op('f32.sub', x, mean);
          return { keep, term: v.op('f32.mul', keep, keep) };
        });
      }
    }),
};
