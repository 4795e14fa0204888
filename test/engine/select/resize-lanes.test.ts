// Lanes of a Resize: along the channels, unless results are planes whose lines push each other out of the cache.

import { expect, test } from 'vitest';
import { tapTable } from '../../../engine/ir/ops/images/resampling.ts';
import { linesStay } from '../../../engine/select/cache-lines.ts';
import { lanesAlong } from '../../../engine/select/kernels/resize.ts';

test('lines stay unless too many share a place', () => {
  expect(linesStay(8, 4096)).toBe(true);
  expect(linesStay(9, 4096)).toBe(false);
  expect(linesStay(9, 50 * 4096)).toBe(false);
  expect(linesStay(16, 2048)).toBe(true);
  expect(linesStay(17, 2048)).toBe(false);
  expect(linesStay(64, 193_600)).toBe(true);
  expect(linesStay(1000, 4)).toBe(true);
});

/** Pixels of channels side by side, twice as large; results are planes, or pixels too. */
function lanesOf(channels: number, size: number, results: 'planes' | 'pixels') {
  const large = 2 * size;
  const entries = Array.from({ length: large }, (_, i) => ({
    indices: [Math.min(size - 2, i >> 1), Math.min(size - 2, i >> 1) + 1],
    weights: [0.5, 0.5],
    outside: false,
  }));
  const taps = tapTable(entries, size);
  const access = (strides: readonly number[]) =>
    ({ buffer: { space: 'arena', id: 0 }, dtype: 'float32', offset: 0, strides }) as const;
  const expression = { nodes: [{ kind: 'input', index: 0, type: 'f32' }], results: [0] } as const;
  const planes = [channels * large * large, large, 1, large * large];
  const pixels = [large * large * channels, large * channels, channels, 1];
  const writes = [access(results === 'planes' ? planes : pixels)];
  return lanesAlong(
    {
      batch: 1,
      channels,
      inputSize: [size, size],
      outputSize: [large, large],
      rows: taps,
      columns: taps,
      input: { expression, reads: [access([size * size * channels, size * channels, channels, 1])] },
      epilogue: { expression, reads: [], writes },
    },
    8,
  );
}

test('planes a power of two apart are written row by row', () => {
  expect(lanesOf(64, 32, 'planes')).toBe('columns');
  expect(lanesOf(24, 64, 'planes')).toBe('columns');
});

test('pixels are written by channels, and so are planes whose lines stay', () => {
  expect(lanesOf(64, 32, 'pixels')).toBe('channels');
  expect(lanesOf(64, 31, 'planes')).toBe('channels');
});
