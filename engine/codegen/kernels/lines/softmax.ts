// Softmax and log-softmax over one axis: maximum while reading, exponentials and their sum in scratch, then out.

import type { SoftmaxSpec } from '../../../select/spec/axis.ts';
import type { Template } from '../../context.ts';
import { exp } from '../../math/exp.ts';
import { log } from '../../math/log.ts';
import { emitLines, lineNeeds, lineTraversal } from './lines.ts';

export const softmax: Template<SoftmaxSpec> = {
  needs: (spec, simd) => lineNeeds(spec, simd),
  traverse: (spec, simd, _threads, pace) => lineTraversal(spec, simd, pace),
  emit: (k, spec, _phase, needs) =>
    emitLines(k, spec, needs, line => {
      const { v } = line;
      // A NaN need not be the maximum: it spoils the sum.
      const largest = line.pass('input', 'f32.pmax', x => ({ keep: x, term: x }));
      const sum = line.pass('scratch', 'f32.add', x => {
        const term = exp(v, v.op('f32.sub', x, largest));
        return spec.log ? { term } : { keep: term, term };
      });
      if (spec.log) {
        const logarithm = log(v, sum);
        line.write(x => v.op('f32.sub', v.op('f32.sub', x, largest), logarithm));
      } else {
        const scale = v.op('f32.div', v.f32(1), sum);
        line.write(x => v.op('f32.mul', x, scale));
      }
    }),
};
