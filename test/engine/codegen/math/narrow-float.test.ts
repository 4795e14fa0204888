// float16 and bfloat16 in memory: every half exactly as a number, and numbers rounded as the standard says.

import { expect, it } from 'vitest';
import { ExpressionBuilder } from '../../../../engine/fusion/expression.ts';
import { roundTo } from '../../../../engine/ir/dtypes.ts';
import { decodeTensor, encodeTensor } from '../../../../engine/ir/tensor.ts';
import type { Dtype } from '../../../../engine/ir/types.ts';
import { access, identity } from '../expect-kernel.ts';
import { nameOf, randomFrom, runKernel, TARGETS } from '../memory-kernel.ts';

const TYPES = ['float16', 'bfloat16'] as const;

const convert = (from: Dtype, to: Dtype, length: number) => ({
  kind: 'elementwise' as const,
  extents: [length],
  body: { expression: identity(), reads: [access(0, [1], 0, from)], writes: [access(1, [1], 0, to)] },
});

/** Every exponent with mantissas at, beside and between the halves' own, and what no rule foresees. */
function numbers(): Float32Array {
  const random = randomFrom(11);
  const bits: number[] = [];
  for (let upper = 0; upper < 65536; upper += 3) {
    for (const lower of [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff, Math.floor(random() * 65536)]) {
      bits.push(upper * 65536 + lower);
    }
  }
  for (let upper = 0x3300; upper < 0x4800; upper++)
    for (const lower of [0x1000, 0x0fff, 0x1001, 0x3000, 0xf000]) bits.push(upper * 65536 + lower);
  return new Float32Array(Uint32Array.from(bits).buffer);
}

for (const target of TARGETS) {
  it.each(TYPES)(`${nameOf(target)}: every %s is read exactly`, dtype => {
    const halves = Uint16Array.from({ length: 65536 }, (_, k) => k);
    const spec = convert(dtype, 'float32', halves.length);
    const [, got] = runKernel(spec, [halves, new Float32Array(halves.length)], target);
    const wanted = decodeTensor(dtype, [halves.length], new Uint8Array(halves.buffer)).data;
    const wrong = Array.from(halves).filter(k => !Object.is(got?.[k], Number(wanted[k])));
    expect(wrong).toEqual([]);
  });

  it.each(TYPES)(`${nameOf(target)}: numbers are rounded to the nearest %s, ties to even`, dtype => {
    const source = numbers();
    const [, got] = runKernel(
      convert('float32', dtype, source.length),
      [source, new Uint16Array(source.length)],
      target,
    );
    const target16 = new Uint8Array(2 * source.length);
    const data = dtype === 'float16' ? Float16Array.from(source) : source;
    encodeTensor({ dtype, shape: [source.length], data }, target16);
    const wanted = new Uint16Array(target16.buffer);
    const isNaNBits = (bits: number) => (bits & 0x7fff) > (dtype === 'float16' ? 0x7c00 : 0x7f80);
    const wrong = Array.from(source.keys()).filter(k => {
      const [have = 0, want = 0] = [got?.[k], wanted[k]];
      return have !== want && !(isNaNBits(have) && isNaNBits(want));
    });
    expect(wrong.slice(0, 5).map(k => [source[k], got?.[k], wanted[k]])).toEqual([]);
  });

  it.each(TYPES)(`${nameOf(target)}: numbers that stay in registers are those %s has`, dtype => {
    const source = numbers();
    const build = new ExpressionBuilder();
    const rounded = build.apply(dtype === 'float16' ? 'roundF16' : 'roundBf16', build.input(0, 'f32'));
    const spec = {
      kind: 'elementwise' as const,
      extents: [source.length],
      body: { expression: build.build([rounded]), reads: [access(0, [1])], writes: [access(1, [1])] },
    };
    const [, got] = runKernel(spec, [source, new Float32Array(source.length)], target);
    const wrong = Array.from(source.keys()).filter(k => !Object.is(got?.[k], roundTo(dtype, source[k] ?? 0)));
    expect(wrong.slice(0, 5).map(k => [source[k], got?.[k], roundTo(dtype, source[k] ?? 0)])).toEqual([]);
  });
}
