import { expect, test } from 'vitest';
import type { ConvolutionSpec } from '../../../engine/select/spec/window.ts';
import { tileFor } from '../../../engine/select/tile-cost.ts';
import { winogradTile } from '../../../engine/select/winograd.ts';

const EMPTY = { nodes: [], results: [] };

/** Output tile of a 3 × 3 convolution of floats. */
function chosen(outputSize: readonly [number, number], inChannels: number, outChannels: number) {
  const [height, width] = outputSize;
  const tile = tileFor('256', { columns: outChannels, rows: height * width, terms: inChannels });
  const spec: Omit<ConvolutionSpec, 'weights'> = {
    ...{ kind: 'convolution', batch: 1, groups: 1, inChannels, outChannels, tile },
    ...{ inputSize: outputSize, outputSize, outside: 0 },
    window: { kernel: [3, 3], stride: [1, 1], dilation: [1, 1], pads: [1, 1, 1, 1] },
    input: { expression: EMPTY, reads: [] },
    epilogue: { expression: EMPTY, reads: [], writes: [] },
  };
  return winogradTile('256', spec);
}

test('large images have large tiles', () => {
  expect(chosen([56, 56], 64, 64)).toBe(4);
  expect(chosen([28, 28], 128, 128)).toBe(4);
});

test('of small images the weights count: many are read for few products, few stay in a cache', () => {
  expect(chosen([14, 14], 256, 256)).toBe(2);
  expect(chosen([7, 7], 512, 512)).toBeUndefined();
  expect(chosen([15, 5], 32, 128)).toBeDefined();
});

test('so few pixels that tiles are mostly empty are not worth it', () => {
  expect(chosen([1, 3], 64, 64)).toBeUndefined();
});
