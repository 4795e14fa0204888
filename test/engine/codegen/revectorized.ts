// Runs random kernels under V8's revectorizer, which the 256-bit class turns on: started by revectorize.test.ts in
// a process of its own, because the flag is process-wide and a failure there may end the process.

import type { Expression, Primitive } from '../../../engine/fusion/types.ts';
import type { Access } from '../../../engine/select/spec/access.ts';
import { type BoxSpec, interpretBox } from './interpret-box.ts';
import { randomFrom, runKernel } from './memory-kernel.ts';

const UNARY: readonly Primitive[] = [
  'neg',
  'abs',
  'sqrt',
  'floor',
  'ceil',
  'round',
  'trunc',
  'sign',
  'exp',
  'log',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'asinh',
  'acosh',
  'atanh',
  'erf',
];
const BINARY: readonly Primitive[] = ['add', 'sub', 'mul', 'div', 'min', 'max', 'pow', 'rem', 'mod'];

const access = (id: number, strides: readonly number[]): Access => ({
  buffer: { space: 'arena', id },
  dtype: 'float32',
  offset: 0,
  strides,
});

/** A DAG over `inputs` inputs; every value is squashed by a tanh now and then, so that errors stay small. */
const randomExpression = (random: () => number, inputs: number, size: number): Expression => {
  const nodes: Expression['nodes'][number][] = Array.from({ length: inputs }, (_, index) => ({
    kind: 'input' as const,
    index,
    type: 'f32' as const,
  }));
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const any = (): number => Math.floor(random() * nodes.length);
  const apply = (op: Primitive, args: readonly number[], type: 'f32' | 'bool' = 'f32'): number =>
    nodes.push({ kind: 'apply', op, args, type }) - 1;
  for (let k = 0; k < size; k++) {
    const f32 = (): number => {
      let index = any();
      while (nodes[index]?.type !== 'f32') index = any();
      return index;
    };
    const kind = random();
    if (kind < 0.1) nodes.push({ kind: 'constant', value: Math.fround(random() * 4 - 2), type: 'f32' });
    else if (kind < 0.4) apply(pick(UNARY), [f32()]);
    else if (kind < 0.75) apply(pick(BINARY), [f32(), f32()]);
    else if (kind < 0.85)
      apply('select', [apply(pick(['lt', 'le', 'eq'] as const), [f32(), f32()], 'bool'), f32(), f32()]);
    else if (kind < 0.95) apply('madd', [f32(), f32(), f32()]);
    else apply('tanh', [f32()]);
  }
  while (nodes.at(-1)?.type !== 'f32') apply('neg', [0]);
  return { nodes, results: [nodes.length - 1] };
};

const randomSpec = (random: () => number): BoxSpec => {
  const columns = 16 + Math.floor(random() * 60);
  const rows = 20;
  const along = [columns, 1];
  const across = [1, rows];
  const strides = random() < 0.7 ? along : across;
  const body = { expression: randomExpression(random, 2, 8), reads: [access(0, strides), access(1, [0, 1])] };
  const writes = [access(2, along)];
  const kind = random();
  const plain: Expression = { nodes: [{ kind: 'input', index: 0, type: 'f32' }], results: [0] };
  const epilogue = { expression: plain, reads: [], writes };
  const input = { expression: plain, reads: [access(0, strides)] };
  const base = { outer: [rows], line: [columns], input, epilogue };
  if (kind < 0.7) return { kind: 'elementwise', extents: [rows, columns], body: { ...body, writes } };
  if (kind < 0.8) return { kind: 'softmax', log: random() < 0.5, ...base };
  if (kind < 0.9) return { kind: 'normalize', rms: random() < 0.5, epsilon: 1e-3, ...base };
  const over = { ...epilogue, writes: [access(2, [1])] };
  return {
    kind: 'reduce',
    op: random() < 0.5 ? 'sum' : 'max',
    outer: [rows],
    reduced: [columns],
    input,
    epilogue: over,
  };
};

const [seed = 1, count = 100] = process.argv.slice(2).map(Number);
const random = randomFrom(seed);
let compared = 0;
for (let round = 0; round < count; round++) {
  const spec = randomSpec(random);
  const data = Float32Array.from({ length: 20 * 80 }, () => random() * 4 - 2);
  const buffers = [data, data.slice(0, 80), new Float32Array(data.length)];
  // The class without the flag's pairs is the measure: what differs is V8's doing, not rounding.
  const expected = runKernel(spec, buffers, { simd: '128', fma: false, threads: 1 })[2];
  const exact = interpretBox(spec, buffers)[2];
  const got = runKernel(spec, buffers, { simd: '256', fma: false, threads: 1 })[2];
  got?.forEach((value, k) => {
    const want = expected?.[k] ?? NaN;
    const tolerance = spec.kind === 'elementwise' ? 0 : 1e-5 * Math.max(1, Math.abs(want));
    if (!(Object.is(value, want) || value === want || Math.abs(value - want) <= tolerance))
      throw new Error(
        `seed ${seed} round ${round} (${spec.kind}) [${k}]: ${value}, expected ${want} (${exact?.[k]})`,
      );
    compared++;
  });
}
console.log(`${compared} elements`);
