// Pixels as a model's input: which axes are what, and what range values are to have. Pure; decoding is elsewhere.

import type { PageTensor } from './npy.ts';

/** Values of a channel from 0 to 255 become (value / 255 − mean) / deviation, or stay as they are. */
export const SCALES = {
  unit: { label: '0 to 1', of: 255, mean: [0, 0, 0], deviation: [1, 1, 1] },
  signed: { label: '−1 to 1', of: 255, mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
  imagenet: {
    label: 'ImageNet mean and deviation',
    of: 255,
    mean: [0.485, 0.456, 0.406],
    deviation: [0.229, 0.224, 0.225],
  },
  bytes: { label: '0 to 255', of: 1, mean: [0, 0, 0], deviation: [1, 1, 1] },
} as const;
export type Scale = keyof typeof SCALES;
export type ChannelOrder = 'rgb' | 'bgr';

/** How an input holds an image. */
export interface ImageAxes {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** true: [N, H, W, C]; false: [N, C, H, W] */
  readonly channelsLast: boolean;
}

/** The axes of an input's shape, if an image fits in: one image of one or three channels. */
export function imageAxes(shape: readonly number[]): ImageAxes | undefined {
  const [batch, ...rest] = shape.length === 3 ? [1, ...shape] : shape;
  const [a = 0, b = 0, c = 0] = rest;
  if (batch !== 1 || rest.length !== 3) return undefined;
  // Three channels are surer a sign than one, which may as well be a line of pixels.
  for (const channels of [3, 1] as const) {
    if (a === channels) return { channels, height: b, width: c, channelsLast: false };
    if (c === channels) return { channels, height: a, width: b, channelsLast: true };
  }
  return undefined;
}

/** RGBA rows → the input's tensor. One channel gets the luma (ITU-R BT.601). */
export function imageTensor(
  pixels: ArrayLike<number>,
  axes: ImageAxes,
  target: { readonly dtype: PageTensor['dtype']; readonly shape: readonly number[] },
  choice: { readonly scale: Scale; readonly order: ChannelOrder },
): PageTensor {
  const { width, height, channels, channelsLast } = axes;
  const area = width * height;
  const { of, mean, deviation } = SCALES[target.dtype === 'uint8' ? 'bytes' : choice.scale];
  const values = new Float32Array(area * channels);
  for (let pixel = 0; pixel < area; pixel++) {
    const [r = 0, g = 0, b = 0] = [pixels[pixel * 4], pixels[pixel * 4 + 1], pixels[pixel * 4 + 2]];
    const colours = channels === 1 ? [0.299 * r + 0.587 * g + 0.114 * b] : [r, g, b];
    colours.forEach((value, channel) => {
      const scaled = (value / of - (mean[channel] ?? 0)) / (deviation[channel] ?? 1);
      const place = choice.order === 'bgr' ? channels - 1 - channel : channel;
      values[channelsLast ? pixel * channels + place : place * area + pixel] = scaled;
    });
  }
  const { dtype, shape } = target;
  return dtype === 'float32'
    ? { dtype, shape, data: values }
    : { dtype, shape, data: Uint8Array.from(values, value => Math.round(value)) };
}
