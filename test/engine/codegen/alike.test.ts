// Kernels that are alike share their code; those that differ in anything but their buffers do not.

import { describe, expect, it } from 'vitest';
import { formOf } from '../../../engine/codegen/alike.ts';
import { emitModule } from '../../../engine/codegen/emit.ts';
import type { Kernel } from '../../../engine/codegen/kernel.ts';
import { disassemble } from '../../../engine/codegen/wasm/disassemble.ts';
import { sharesMemory } from '../../../engine/options.ts';
import type { BufferRef } from '../../../engine/select/spec/access.ts';
import type { FillSpec } from '../../../engine/select/spec/elementwise.ts';
import type { KernelSpec } from '../../../engine/select/spec/kernel.ts';
import { access, ExpressionBuilder } from './expect-kernel.ts';

const TARGET = { simd: '128', fma: false, threads: 1 } as const;

function sum(left: number, right: number, result: number, extent = 5): KernelSpec {
  const e = new ExpressionBuilder();
  const expression = e.done(e.apply('add', [e.input(0), e.input(1)]));
  const reads = [access(left, [1]), access(right, [1])];
  return {
    kind: 'elementwise',
    extents: [extent],
    body: { expression, reads, writes: [access(result, [1])] },
  };
}

/** The same sum of operands, and into a result, that begin so many elements further on. */
function movedBy(spec: KernelSpec, operands: readonly number[], result: number): KernelSpec {
  if (spec.kind !== 'elementwise') throw new Error(`no sum: ${spec.kind}`);
  const { expression, reads, writes } = spec.body;
  const moved = reads.map((read, i) => ({ ...read, offset: read.offset + (operands[i] ?? 0) }));
  const written = writes.map(write => ({ ...write, offset: write.offset + result }));
  return { ...spec, body: { expression, reads: moved, writes: written } };
}

const fill = (value: number): FillSpec => ({ kind: 'fill', extents: [4], value, write: access(0, [1]) });
const textOf = (spec: KernelSpec, scratch?: BufferRef): string | undefined =>
  formOf({ name: 'kernel', spec, ...(scratch && { scratch }) })?.text;

describe('forms', () => {
  it('are equal where only buffers differ', () => {
    expect(textOf(sum(0, 1, 2))).toBe(textOf(sum(7, 3, 4)));
    expect(formOf({ name: 'kernel', spec: sum(7, 3, 4) })?.places.map(({ buffer }) => buffer.id)).toEqual([
      7, 3, 4,
    ]);
  });

  it('tell sizes, and one buffer from two', () => {
    const others = [sum(0, 1, 2, 6), sum(0, 0, 2), sum(0, 1, 1), sum(0, 1, 0)].map(spec => textOf(spec));
    expect(new Set([textOf(sum(0, 1, 2)), ...others]).size).toBe(5);
    expect(textOf(sum(0, 1, 2), { space: 'arena', id: 3 })).not.toBe(textOf(sum(0, 1, 2)));
  });

  it('are equal where buffers are read and written from elsewhere on, unless two places are further apart', () => {
    const parts = (left: number, result: number): KernelSpec => movedBy(sum(0, 1, 1), [left, 0], result);
    expect(textOf(parts(8, 4))).toBe(textOf(parts(0, 4)));
    expect(textOf(parts(8, 4))).not.toBe(textOf(parts(8, 5)));
    const places = formOf({ name: 'kernel', spec: movedBy(sum(7, 3, 4), [2, 0], 3) })?.places;
    expect(places?.map(({ buffer, from }) => [buffer.id, from])).toEqual([
      [7, 8],
      [3, 0],
      [4, 12],
    ]);
  });

  it('tell all numbers', () => {
    const numbers = [0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1 + 2 ** -52];
    expect(new Set(numbers.map(value => textOf(fill(value)))).size).toBe(numbers.length);
  });
});

describe('modules', () => {
  const kernels = (specs: readonly KernelSpec[]): Kernel[] =>
    specs.map((spec, at) => ({ name: `step ${at}`, spec }));
  const run = (specs: readonly KernelSpec[]): { readonly memory: Float32Array; readonly text: string } => {
    const { bytes, phases } = emitModule(kernels(specs), ({ id }) => 64 * id, TARGET);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: sharesMemory(TARGET) });
    const floats = new Float32Array(memory.buffer);
    floats.set([1, 2, 3, 4, 5], 0);
    floats.set([10, 20, 30, 40, 50], 16);
    const zero = new WebAssembly.Global({ value: 'i32' }, 0);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory, arena: zero, weights: zero },
    });
    for (const phase of phases.flat())
      (exports[phase.function] as (...numbers: number[]) => void)(0, phase.units, 0);
    return { memory: floats, text: disassemble(bytes) };
  };

  it('have the code of a repeated kernel once, for all its places', () => {
    const { memory, text } = run([sum(0, 1, 2), sum(2, 1, 3), sum(3, 2, 4)]);
    expect(text.match(/f32x4\.add/g)?.length).toBe(run([sum(0, 1, 2)]).text.match(/f32x4\.add/g)?.length);
    expect([...memory.subarray(64, 69)]).toEqual([32, 64, 96, 128, 160]);
  });

  it('have it once for kernels that write parts of a whole', () => {
    const parts = [5, 10, 15].map(from => movedBy(sum(0, 1, 2), [0, 0], from));
    const { memory, text } = run([...parts, movedBy(sum(2, 1, 3), [10, 0], 12)]);
    expect(text.match(/f32x4\.add/g)?.length).toBe(run([sum(0, 1, 2)]).text.match(/f32x4\.add/g)?.length);
    expect([...memory.subarray(32, 53)]).toEqual([
      ...Array.from({ length: 5 }, () => 0),
      ...Array.from({ length: 3 }, () => [11, 22, 33, 44, 55]).flat(),
      0,
    ]);
    expect([...memory.subarray(60, 65)]).toEqual([21, 42, 63, 84, 105]);
  });

  it('leave a kernel that is not repeated alone', () => {
    expect(run([sum(0, 1, 2), fill(3)]).text).not.toContain('call');
  });
});
