// The third axis of a window: planes in front of its rows. Kernels always have it; images are volumes of one plane.

import type { Access, Prologue } from '../../../select/spec/access.ts';
import type { Planes, Window } from '../../../select/spec/window.ts';

const ONE_PLANE: Planes = { kernel: 1, stride: 1, dilation: 1, front: 0, inputSize: 1, outputSize: 1 };

type Volume = Pick<Window, 'planes'>;

/** Of an image, one plane. */
export const planesOf = (window: Volume): Planes => window.planes ?? ONE_PLANE;

/** (n, y, x, channel) of an image → (n, plane, y, x, channel). */
export function withPlane({ planes }: Volume, access: Access): Access {
  return planes ? access : { ...access, strides: access.strides.toSpliced(1, 0, 0) };
}

/** The same for all that is read and written. */
export function withPlanes<T extends Prologue & { readonly writes?: readonly Access[] }>(
  window: Volume,
  accesses: T,
): T {
  const all = (list: readonly Access[]) => list.map(access => withPlane(window, access));
  return {
    ...accesses,
    reads: all(accesses.reads),
    ...(accesses.writes && { writes: all(accesses.writes) }),
  };
}

/** Whether some output looks in front of the first plane, or behind the last. */
export function readsBeyondPlanes(window: Volume): boolean {
  const { kernel, stride, dilation, front, inputSize, outputSize } = planesOf(window);
  return front > 0 || (outputSize - 1) * stride + (kernel - 1) * dilation + 1 - front > inputSize;
}

/** Input planes that output planes [from, to) look at. */
export function planesUnder(window: Volume, from: number, to: number): readonly [number, number] {
  const { kernel, stride, dilation, front, inputSize } = planesOf(window);
  const last = (to - 1) * stride - front + (kernel - 1) * dilation + 1;
  return [Math.max(0, from * stride - front), Math.min(inputSize, last)];
}
