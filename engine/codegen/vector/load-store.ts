// Loads and stores of vectors of any element type and stride, whole or partly (tails).
// Nothing beyond the elements asked for is read or written.

import type { Dtype } from '../../ir/types.ts';
import type { Local } from '../wasm/function.ts';
import type { MemoryLaneOp } from '../wasm/opcodes.ts';
import { type LaneType, lanesIn } from './lanewise.ts';
import { type MemoryType, memoryType } from './memory-types.ts';
import type { Value, Vectors } from './vector.ts';

/** Where lane 0 lies, and how far apart the lanes are. */
export interface Place {
  readonly dtype: Dtype;
  readonly pointer: Local;
  /** bytes from the pointer; may be negative */
  readonly offset: number;
  /** elements between lanes: 1 contiguous, 0 the same for all */
  readonly stride: number;
}

/** Pushes pointer (+ offset if negative); the offset that is left for the instruction. */
const push = (v: Vectors, pointer: Local, offset: number): number => {
  v.f.get(pointer);
  if (offset >= 0) return offset;
  v.f.i32(offset);
  v.f.op('i32.add');
  return 0;
};

/** Loads the first `count` lanes; lanes beyond are 0, parts wholly beyond are left out. */
export const loadLanes = (v: Vectors, place: Place, count: number): Value => {
  const memory = memoryType(place.dtype);
  const type = memory.type === 'bool' || memory.coding ? 'i32' : memory.type;
  const raw = v.scalar ? loadScalar(v, place, memory, type) : loadParts(v, place, memory, type, count);
  if (memory.coding) return memory.coding.decode(v, raw);
  if (memory.type !== 'bool') return raw;
  return v.op('i32.ne', raw, v.i32(0));
};

const loadScalar = (v: Vectors, place: Place, memory: MemoryType, type: LaneType): Value => {
  const out = v.fresh(type);
  v.f.memory(memory.load, push(v, place.pointer, place.offset));
  v.f.set(v.part(out, 0));
  return out;
};

const loadParts = (v: Vectors, place: Place, memory: MemoryType, type: LaneType, count: number): Value => {
  if (place.stride === 0) {
    const part = v.f.local('v128', 'splat');
    loadSplat(v, place, memory);
    v.f.set(part);
    return v.everywhere(type, part);
  }
  const width = lanesIn(type);
  const out = v.fresh(type, type, Math.ceil(count / width));
  out.parts.forEach((part, k) => {
    const at = { ...place, offset: place.offset + width * k * place.stride * memory.sizeBytes };
    const lanes = Math.min(width, count - width * k);
    if (place.stride === 1 && lanes === width) loadPart(v, at, memory);
    else if (width === 2) loadWide(v, at, memory, lanes);
    else if (memory.sizeBytes === 4) loadWords(v, at, lanes);
    else loadNarrow(v, at, memory, lanes);
    v.f.set(part);
  });
  return out;
};

const loadSplat = (v: Vectors, { pointer, offset }: Place, memory: MemoryType): void => {
  const rest = push(v, pointer, offset);
  if (memory.type === 'i64' || memory.type === 'f64') {
    v.f.memory(memory.load, rest);
    v.f.op(`${memory.type}x2.splat`);
    return;
  }
  if (memory.sizeBytes === 4) {
    v.f.memory('v128.load32_splat', rest);
    return;
  }
  v.f.memory(memory.load, rest);
  v.f.op('i32x4.splat');
};

/** As many consecutive elements as the part has lanes. */
const loadPart = (v: Vectors, { pointer, offset, dtype }: Place, memory: MemoryType): void => {
  const rest = push(v, pointer, offset);
  if (memory.loadPart) {
    v.f.memory(memory.loadPart, rest);
    return;
  }
  v.f.memory('v128.load32_zero', rest);
  const sign = dtype === 'int8' ? 's' : 'u';
  v.f.op(`i16x8.extend_low_i8x16_${sign}`);
  v.f.op(`i32x4.extend_low_i16x8_${sign}`);
};

/** One or two elements that are 64 bits in registers, any stride. */
const loadWide = (v: Vectors, place: Place, memory: MemoryType, lanes: number): void => {
  const { pointer, offset, stride } = place;
  v.f.i32x4(0);
  for (let lane = 0; lane < lanes; lane++) {
    v.f.memory(memory.load, push(v, pointer, offset + memory.sizeBytes * stride * lane));
    v.f.lane(memory.type === 'f64' ? 'f64x2.replace_lane' : 'i64x2.replace_lane', lane);
  }
};

/** Up to four 32-bit elements, any stride. */
const loadWords = (v: Vectors, { pointer, offset, stride }: Place, lanes: number): void => {
  const pair = stride === 1 && lanes >= 2;
  v.f.scope(() => {
    const sum = v.f.local('v128', 'lanes');
    v.f.memory(pair ? 'v128.load64_zero' : 'v128.load32_zero', push(v, pointer, offset));
    v.f.set(sum);
    for (let lane = pair ? 2 : 1; lane < lanes; lane++) {
      const rest = push(v, pointer, offset + 4 * stride * lane);
      v.f.get(sum);
      v.f.memoryLane('v128.load32_lane', rest, lane);
      v.f.set(sum);
    }
    v.f.get(sum);
  });
};

/** Up to four elements of 8 or 16 bits, any stride. */
const loadNarrow = (v: Vectors, place: Place, memory: MemoryType, lanes: number): void => {
  v.f.i32x4(0);
  for (let lane = 0; lane < lanes; lane++) {
    v.f.memory(memory.load, push(v, place.pointer, place.offset + memory.sizeBytes * place.stride * lane));
    v.f.lane('i32x4.replace_lane', lane);
  }
};

/** What goes to memory for a value: its low bits. */
const stored = (v: Vectors, memory: MemoryType, value: Value): Value => {
  if (memory.coding) return memory.coding.encode(v, value);
  return value.type === 'bool' && !v.scalar ? v.op('i32.and', value, v.i32(1)) : value;
};

/** Stores the first `count` lanes of the value. */
export const storeLanes = (v: Vectors, place: Place, value: Value, count: number): void => {
  const memory = memoryType(place.dtype);
  if (value.type !== memory.type)
    throw new Error(`a value of type ${value.type} cannot be stored as ${place.dtype}`);
  v.f.scope(() => {
    const bits = stored(v, memory, value);
    if (v.scalar) {
      const rest = push(v, place.pointer, place.offset);
      v.f.get(v.part(bits, 0));
      v.f.memory(memory.store, rest);
      return;
    }
    const width = lanesIn(value.type);
    const store = width === 2 ? storeWide : storePart;
    const paired = width === 4 && place.stride === 1 && memory.sizeBytes <= 2 ? Math.floor(count / 8) * 2 : 0;
    for (let k = 0; k < paired; k += 2) {
      const at = { ...place, offset: place.offset + width * k * memory.sizeBytes };
      storePair(v, at, memory, v.part(bits, k), v.part(bits, k + 1));
    }
    for (let k = paired; width * k < count; k++) {
      const at = { ...place, offset: place.offset + width * k * place.stride * memory.sizeBytes };
      store(v, at, memory, v.part(bits, k), Math.min(width, count - width * k));
    }
  });
};

/** One or two lanes of 64 bits. */
const storeWide = (v: Vectors, place: Place, memory: MemoryType, part: Local, lanes: number): void => {
  const { pointer, offset, stride } = place;
  const whole = memory.sizeBytes === 8;
  if (whole && stride === 1 && lanes === 2) {
    const rest = push(v, pointer, offset);
    v.f.get(part);
    v.f.memory('v128.store', rest);
    return;
  }
  for (let lane = 0; lane < lanes; lane++) {
    const rest = push(v, pointer, offset + memory.sizeBytes * stride * lane);
    v.f.get(part);
    if (whole) v.f.memoryLane('v128.store64_lane', rest, lane);
    else v.f.memoryLane('v128.store32_lane', rest, 2 * lane);
  }
};

const LANE_STORES = {
  1: 'v128.store8_lane',
  2: 'v128.store16_lane',
  4: 'v128.store32_lane',
  8: 'v128.store64_lane',
} as const;
/** gathers the low bytes, or halves, of the four lanes at the front */
const NARROW = {
  1: [0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  2: [0, 1, 4, 5, 8, 9, 12, 13, 0, 0, 0, 0, 0, 0, 0, 0],
} as const;

/** gathers the low bytes, or halves, of the eight lanes of two parts at the front */
const NARROW_PAIR = {
  1: [0, 4, 8, 12, 16, 20, 24, 28, 0, 0, 0, 0, 0, 0, 0, 0],
  2: [0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29],
} as const;

/** Eight consecutive elements of 8 or 16 bits. */
const storePair = (v: Vectors, place: Place, memory: MemoryType, first: Local, second: Local): void => {
  const rest = push(v, place.pointer, place.offset);
  v.f.get(first);
  v.f.get(second);
  v.f.shuffle(memory.sizeBytes === 1 ? NARROW_PAIR[1] : NARROW_PAIR[2]);
  if (memory.sizeBytes === 1) v.f.memoryLane('v128.store64_lane', rest, 0);
  else v.f.memory('v128.store', rest);
};

const storePart = (v: Vectors, place: Place, memory: MemoryType, part: Local, lanes: number): void => {
  const { pointer, offset, stride } = place;
  const size = memory.sizeBytes;
  if (stride === 1 && lanes === 4) {
    const rest = push(v, pointer, offset);
    v.f.get(part);
    if (size === 4) {
      v.f.memory('v128.store', rest);
      return;
    }
    v.f.get(part);
    v.f.shuffle(size === 1 ? NARROW[1] : NARROW[2]);
    v.f.memoryLane(size === 1 ? 'v128.store32_lane' : 'v128.store64_lane', rest, 0);
    return;
  }
  const pair = size === 4 && stride === 1 && lanes >= 2;
  const storeLane = (op: MemoryLaneOp, at: number, lane: number): void => {
    const rest = push(v, pointer, at);
    v.f.get(part);
    v.f.memoryLane(op, rest, lane);
  };
  if (pair) storeLane('v128.store64_lane', offset, 0);
  for (let lane = pair ? 2 : 0; lane < lanes; lane++)
    storeLane(LANE_STORES[size], offset + size * stride * lane, (lane * 4) / size);
};
