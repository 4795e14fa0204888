// The optimizing compiler with and without revectorization sees other code than the baseline compiler that runs a
// function's first call: here it compiles everything at once.

import { setFlagsFromString } from 'node:v8';
import { describe, expect, test } from 'vitest';
import type { HeavySpec } from './interpret.ts';
import { randomIntegerConvolution, randomIntegerMatmul } from './random-integers.ts';
import { RandomOperands } from './random-operands.ts';
import {
  randomConvolution,
  randomDepthwise,
  randomMatmul,
  randomPool,
  randomResize,
} from './random-specs.ts';
import { differences, differencesFrom } from './run-kernel.ts';
import { randomWinograd } from './winograd/random-winograd.ts';

setFlagsFromString('--no-liftoff');
// Which calls to inline is learned in the baseline's code: without it the compiler would look for that and end the
// process.
setFlagsFromString('--no-wasm-inlining');
// Only warns where the flag is unknown.
setFlagsFromString('--experimental-wasm-revectorize');

const KINDS: Readonly<Record<HeavySpec['kind'], (operands: RandomOperands) => HeavySpec>> = {
  convolution: operands => randomConvolution(operands, '256'),
  matmul: operands => randomMatmul(operands, '256'),
  depthwise: randomDepthwise,
  pool: randomPool,
  resize: randomResize,
};

const INTEGERS: Readonly<Record<string, (operands: RandomOperands) => HeavySpec>> = {
  'convolution of integers': operands => randomIntegerConvolution(operands, '256'),
  'matrix product of integers': operands => randomIntegerMatmul(operands, '256'),
};

describe.each(Object.entries({ ...KINDS, ...INTEGERS }))('%s, revectorized', (_kind, make) => {
  test.each(Array.from({ length: 25 }, (_, k) => 6000 + k))('seed %i', seed => {
    const operands = new RandomOperands(seed);
    const spec = make(operands);
    const target = { simd: '256', fma: true, threads: 2 } as const;
    expect(differences(spec, operands.buffers, target), JSON.stringify(spec)).toEqual([]);
  });
});

test.each(Array.from({ length: 25 }, (_, k) => 6100 + k))('Winograd, revectorized, seed %i', seed => {
  const operands = new RandomOperands(seed);
  const { direct, fast } = randomWinograd(operands, '256');
  const target = { simd: '256', fma: true, threads: 2 } as const;
  expect(differencesFrom(direct, fast, operands.buffers, target), JSON.stringify(fast)).toEqual([]);
});
