import { describe, expect, test } from 'vitest';
import { readNpy } from '../../../engine/host/files/npy.ts';
import { imageAxes, imageTensor } from '../../../renderer/inputs/image-tensor.ts';
import { npyOf } from '../../../renderer/inputs/npy.ts';

/** Two pixels side by side: red, and (0, 51, 255). */
const PIXELS = [255, 0, 0, 255, 0, 51, 255, 255];
const tensor = (
  shape: readonly number[],
  choice: Parameters<typeof imageTensor>[3],
  dtype: 'float32' | 'uint8' = 'float32',
) => {
  const axes = imageAxes(shape);
  if (!axes) throw new Error(`no image fits into [${shape}]`);
  return imageTensor(PIXELS, axes, { dtype, shape }, choice);
};
const valuesOf = (shape: readonly number[], choice: Parameters<typeof imageTensor>[3]) =>
  [...tensor(shape, choice).data].map(value => Number(value.toFixed(3)));

test('axes of an image: channels first, last, grey; nothing else', () => {
  expect(imageAxes([1, 3, 240, 320])).toEqual({ channels: 3, height: 240, width: 320, channelsLast: false });
  expect(imageAxes([1, 240, 320, 3])).toEqual({ channels: 3, height: 240, width: 320, channelsLast: true });
  expect(imageAxes([3, 8, 9])).toEqual({ channels: 3, height: 8, width: 9, channelsLast: false });
  expect(imageAxes([1, 1, 28, 28])).toMatchObject({ channels: 1 });
  for (const shape of [[2, 3, 8, 8], [1, 64, 8, 8], [1, 10], [], [1, 3, 4, 5, 6]])
    expect(imageAxes(shape), `[${shape}]`).toBeUndefined();
});

describe('values', () => {
  test('0 to 1, channel after channel or pixel after pixel, either order', () => {
    expect(valuesOf([1, 3, 1, 2], { scale: 'unit', order: 'rgb' })).toEqual([1, 0, 0, 0.2, 0, 1]);
    expect(valuesOf([1, 1, 2, 3], { scale: 'unit', order: 'rgb' })).toEqual([1, 0, 0, 0, 0.2, 1]);
    expect(valuesOf([1, 3, 1, 2], { scale: 'unit', order: 'bgr' })).toEqual([0, 1, 0, 0.2, 1, 0]);
  });

  test('−1 to 1, ImageNet, bytes', () => {
    expect(valuesOf([1, 3, 1, 2], { scale: 'signed', order: 'rgb' })).toEqual([1, -1, -1, -0.6, -1, 1]);
    expect(valuesOf([1, 3, 1, 2], { scale: 'bytes', order: 'rgb' })).toEqual([255, 0, 0, 51, 0, 255]);
    const [red] = valuesOf([1, 3, 1, 2], { scale: 'imagenet', order: 'rgb' });
    expect(red).toBeCloseTo((1 - 0.485) / 0.229, 3);
    // Mean and deviation belong to a colour, wherever it stands.
    expect(valuesOf([1, 3, 1, 2], { scale: 'imagenet', order: 'bgr' })[4]).toBe(red);
  });

  test('one channel is luma; bytes stay bytes', () => {
    expect(valuesOf([1, 1, 1, 2], { scale: 'unit', order: 'rgb' })).toEqual([0.299, 0.231]);
    expect([...tensor([1, 3, 1, 2], { scale: 'signed', order: 'rgb' }, 'uint8').data]).toEqual([
      255, 0, 0, 51, 0, 255,
    ]);
  });
});

test.each(['float32', 'uint8'] as const)('a %s tensor as .npy is what the engine reads', dtype => {
  const made = tensor([1, 3, 1, 2], { scale: 'unit', order: 'rgb' }, dtype);
  const read = readNpy(npyOf(made), 'made.npy');
  expect(read).toMatchObject({ dtype, shape: [1, 3, 1, 2] });
  expect([...(read.data as Float32Array)]).toEqual([...made.data]);
});
