// Which results of a kernel may take the place of one of its operands, by kind of kernel. Templates read an element
// of an epilogue operand just before they write the result's element of the same index, on the same worker;
// elementwise kernels have no other reads, and kernels over lines read all of a line before they write any of it.
// Invariant: what is named here never changes an element that is still to be read.

import { dtypeInfo } from '../ir/dtypes.ts';
import type { Access, BufferRef, Epilogue, Prologue } from '../select/spec/access.ts';
import type { KernelSpec } from '../select/spec/kernel.ts';
import type { PoolSpec } from '../select/spec/window.ts';

/** A result that may lie over an operand, at one distance only. */
export interface InPlace {
  /** ids of buffers of the arena */
  readonly result: number;
  readonly operand: number;
  /** bytes from the start of the result's buffer to that of the operand's */
  readonly distance: number;
}

/** A kernel's accesses, by what the loops do with them. */
interface Operands {
  /** iteration space of `aligned` and `writes` */
  readonly extents: readonly number[];
  /** an element is read by the worker that writes the element of the same index, and no later */
  readonly aligned: readonly Access[];
  /** what is read in any other order */
  readonly free: readonly BufferRef[];
  readonly writes: readonly Access[];
}

/** Of a kernel that runs alone in its step. Whether the operand is still needed elsewhere is not asked here. */
export function inPlaceOf(spec: KernelSpec): InPlace[] {
  const operands = operandsOf(spec);
  if (!operands) return [];
  const results = inArena(operands.writes.map(({ buffer }) => buffer));
  const free = inArena(operands.free);
  return [...inArena(operands.aligned.map(({ buffer }) => buffer))]
    .filter(operand => !free.has(operand) && !results.has(operand))
    .flatMap(operand => [...results].flatMap(result => placesOf(operands, operand, result)));
}

/** Nothing may be said of kernels that are not listed. */
function operandsOf(spec: KernelSpec): Operands | undefined {
  switch (spec.kind) {
    case 'elementwise':
      return { extents: spec.extents, aligned: spec.body.reads, free: [], writes: spec.body.writes };
    case 'softmax':
    case 'normalize': {
      const { outer, line, input, epilogue } = spec;
      const aligned = [...input.reads, ...epilogue.reads];
      return { extents: [...outer, ...line], aligned, free: [], writes: epilogue.writes };
    }
    case 'reduce':
      return anchored(spec.outer, spec.epilogue, buffersOf(spec.input));
    case 'matmul': {
      const { batch, m, n, a, b, bias, epilogue } = spec;
      const right = 'packed' in b ? [b.packed] : buffersOf(b);
      return anchored([...batch, m, n], epilogue, [...buffersOf(a), ...right, ...(bias ? [bias] : [])]);
    }
    case 'attention': {
      const { batch, m, d, query, key, value, scores, probabilities, epilogue } = spec;
      const free = [query, key, value, scores, probabilities].flatMap(buffersOf);
      return anchored([...batch, m, d], epilogue, free);
    }
    case 'convolution':
    case 'depthwise':
    case 'winograd': {
      const { groups, outChannels, input, weights, bias, epilogue } = spec;
      const packed = 'computed' in weights ? weights.computed.buffer : weights;
      const free = [...buffersOf(input), packed, ...(bias ? [bias] : [])];
      return anchored([...pixelExtents(spec), groups * outChannels], epilogue, free);
    }
    case 'pool': {
      const { channels, input, epilogue } = spec;
      return anchored([...pixelExtents(spec), channels], epilogue, buffersOf(input));
    }
    case 'resize': {
      const { batch, outputSize, channels, input, epilogue } = spec;
      return anchored([batch, ...outputSize, channels], epilogue, buffersOf(input));
    }
    default:
      return undefined;
  }
}

/** Images, planes where a window has them, rows and columns. */
function pixelExtents({
  batch,
  window,
  outputSize,
}: Pick<PoolSpec, 'batch' | 'window' | 'outputSize'>): number[] {
  return [batch, ...(window.planes ? [window.planes.outputSize] : []), ...outputSize];
}

/** What the anchor reads is free, what the epilogue reads is aligned. */
function anchored(
  extents: readonly number[],
  { reads, writes }: Epilogue,
  free: readonly BufferRef[],
): Operands {
  return { extents, aligned: reads, free, writes };
}

const buffersOf = ({ reads }: Prologue): BufferRef[] => reads.map(({ buffer }) => buffer);

const inArena = (buffers: readonly BufferRef[]): Set<number> =>
  new Set(buffers.flatMap(({ space, id }) => (space === 'arena' ? [id] : [])));

/** Distances at which every read of the operand meets the write of its own element, or none. */
function placesOf({ extents, aligned, writes }: Operands, operand: number, result: number): InPlace[] {
  const to = (id: number) => (access: Access) => access.buffer.space === 'arena' && access.buffer.id === id;
  const sources = aligned.filter(to(operand));
  const targets = writes.filter(to(result));
  const distances = sources.flatMap(read =>
    targets.filter(write => alike(extents, read, write)).map(write => firstByte(write) - firstByte(read)),
  );
  const legal = (distance: number): boolean =>
    sources.every(
      read =>
        targets.some(
          write => alike(extents, read, write) && firstByte(write) - firstByte(read) === distance,
        ) || targets.every(write => apart(range(extents, read, distance), range(extents, write, 0))),
    );
  return [...new Set(distances)].filter(legal).map(distance => ({ result, operand, distance }));
}

/** Whether the elements of two accesses have the same size and lie in the same pattern. */
function alike(extents: readonly number[], a: Access, b: Access): boolean {
  const { bits } = dtypeInfo(a.dtype);
  if (bits % 8 !== 0 || dtypeInfo(b.dtype).bits !== bits) return false;
  return extents.every((extent, axis) => extent === 1 || a.strides[axis] === b.strides[axis]);
}

const firstByte = ({ dtype, offset }: Access): number => (offset * dtypeInfo(dtype).bits) / 8;

/** Bytes an access may touch, from the start of its buffer and moved on: half-open. */
function range(extents: readonly number[], access: Access, moved: number): readonly [number, number] {
  const bytes = dtypeInfo(access.dtype).bits / 8;
  const reaches = extents.map((extent, axis) => (extent - 1) * (access.strides[axis] ?? 0));
  const lowest = reaches.reduce((sum, reach) => sum + Math.min(0, reach), 0);
  const highest = reaches.reduce((sum, reach) => sum + Math.max(0, reach), 0);
  const first = firstByte(access) + moved;
  return [first + lowest * bytes, Math.ceil(first + (highest + 1) * bytes)];
}

const apart = (a: readonly [number, number], b: readonly [number, number]): boolean =>
  a[1] <= b[0] || b[1] <= a[0];
