// Generated code of a small fused chain, as text. After an intended change: UPDATE_GOLDEN=1 npm test, and read
// the difference.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { emitModule } from '../../../engine/codegen/emit.ts';
import { disassemble } from '../../../engine/codegen/wasm/disassemble.ts';
import type { SimdClass } from '../../../engine/options.ts';
import type { ElementwiseSpec } from '../../../engine/select/spec/elementwise.ts';
import { access, ExpressionBuilder } from './expect-kernel.ts';

/** max(x · scale + shift[channel], 0), 5 rows of 10 channels, and the sum before the maximum too. */
const chain = (): ElementwiseSpec => {
  const e = new ExpressionBuilder();
  const scaled = e.apply('mul', [e.input(0), e.input(1)]);
  const sum = e.apply('add', [scaled, e.input(2)]);
  return {
    kind: 'elementwise',
    extents: [5, 10],
    body: {
      expression: e.done(e.apply('max', [sum, e.constant(0)]), sum),
      reads: [access(0, [10, 1]), access(1, [0, 0]), access(2, [0, 1])],
      writes: [access(3, [10, 1]), access(4, [10, 1])],
    },
  };
};

it.each(['scalar', '128', '256'] as const)('fused chain, %s', (simd: SimdClass) => {
  const { bytes } = emitModule([{ name: 'scale-shift-relu', spec: chain() }], ({ id }) => id * 1024, {
    simd,
    fma: true,
    threads: 1,
  });
  const file = fileURLToPath(new URL(`../../golden/scale-shift-relu.${simd}.txt`, import.meta.url));
  const text = disassemble(bytes);
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
});
