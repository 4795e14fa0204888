// The largest elements along an axis, in order. A heap in scratch keeps the best ones seen, the last of them on top;
// popping them one by one puts them in order. Of types of up to 32 bits, element and index together are one 64-bit
// integer, larger for what comes first, so that comparing, equal elements and moving are single instructions; of
// 64-bit ones they are two.

import { elementCount } from '../../ir/tensor.ts';
import type { Access } from '../../select/spec/access.ts';
import type { TopKSpec } from '../../select/spec/axis.ts';
import type { KernelNeeds } from '../../select/spec/kernel.ts';
import type { KernelContext, Template } from '../context.ts';
import { emitPrimitive } from '../expression/primitives.ts';
import { loadLanes } from '../vector/load-store.ts';
import { type MemoryType, memoryType } from '../vector/memory-types.ts';
import type { Value, Vectors } from '../vector/vector.ts';
import type { FunctionBuilder, FunctionHandle, Local } from '../wasm/function.ts';
import { forRows, itemRange, type Split, splitInto } from './work/rows.ts';
import { wholeLines, workerScratchPointer } from './work/scratch.ts';
import { pushElement } from './work/units.ts';

/** Work per element, in the units of elementwise expressions. */
const COST = 8;
/** Elements that are passed over together where none of them is among the best, in vectors. */
const VECTORS = 2;
const QUIET_NAN = 0x7fc00000;
const LARGEST = 0x7fffffff;
const QUIET_NAN_64 = 0x7ff8000000000000n;
const LARGEST_64 = 0x7fffffffffffffffn;

const splitOf = ({ outer, extent }: TopKSpec): Split => splitInto(elementCount(outer), extent * COST);

const needsOf = (spec: TopKSpec): KernelNeeds => {
  const { units } = splitOf(spec);
  const scratchPerWorker = wholeLines(spec.count * entryBytes(isWide(spec.input)));
  return { units, scratchPerWorker, scratchShared: 0, phases: [units] };
};

const isWide = ({ dtype }: Access): boolean => dtype === 'int64' || dtype === 'float64';
const bytesOf = ({ dtype }: Access): number => memoryType(dtype).sizeBytes;

/** How an element is copied: floats as integers, whose bits nothing changes. */
function bitsOf({ dtype }: Access): Pick<MemoryType, 'load' | 'store'> {
  if (dtype === 'float32') return memoryType('int32');
  return memoryType(dtype === 'float64' ? 'int64' : dtype);
}

/** An entry of the heap in locals: of a wide one, the element in order and the index reversed. */
type Entry = readonly Local[];
const entryBytes = (wide: boolean): number => (wide ? 16 : 8);
const entryOf = (f: FunctionBuilder, name: string, wide: boolean): Entry =>
  (wide ? [name, `${name}Place`] : [name]).map(part => f.local('i64', part));

function loadEntry(f: FunctionBuilder, entry: Entry, pushAddress: () => void): void {
  entry.forEach((part, i) => {
    pushAddress();
    f.memory('i64.load', 8 * i);
    f.set(part);
  });
}

function storeEntry(f: FunctionBuilder, entry: Entry, pushAddress: () => void): void {
  entry.forEach((part, i) => {
    pushAddress();
    f.get(part);
    f.memory('i64.store', 8 * i);
  });
}

/** Pushes whether `a` comes after `b`. */
function pushIsLess(f: FunctionBuilder, [a, placeA]: Entry, [b, placeB]: Entry): void {
  const compare = (x: Local | undefined, y: Local | undefined, op: 'i64.lt_s' | 'i64.eq'): void => {
    if (!x || !y) throw new Error('entries of one heap are alike');
    f.get(x);
    f.get(y);
    f.op(op);
  };
  compare(a, b, 'i64.lt_s');
  if (!placeA) return;
  compare(a, b, 'i64.eq');
  compare(placeA, placeB, 'i64.lt_s');
  f.op('i32.and');
  f.op('i32.or');
}

export const topk: Template<TopKSpec> = {
  needs: needsOf,
  emit(k, spec, _phase, needs) {
    const { f } = k;
    const { outer, count } = spec;
    if (elementCount(outer) * count === 0) return;
    const sift = siftDown(k, isWide(spec.input));
    const heap = workerScratchPointer(k, needs, 'heap');
    const { from, to } = itemRange(k, splitOf(spec), elementCount(outer));
    forRows(k, outer, from, to, at =>
      f.scope(() => {
        const input = rowStart(k, spec.input, at);
        keepBest(k, spec, { heap, input, sift });
        putInOrder(f, spec, heap, sift);
        writeRow(k, spec, { heap, input, at });
      }),
    );
  },
};

/** The address of a row's first element. */
function rowStart(k: KernelContext, access: Access, at: readonly Local[]): Local {
  const { f } = k;
  const start = f.local('i32', 'start');
  pushElement(k, access, bytesOf(access), at);
  f.set(start);
  return start;
}

interface Row {
  readonly heap: Local;
  readonly input: Local;
  readonly sift: FunctionHandle;
}

/** The heap of the row's first elements; every further one that comes before its top takes the top's place. */
function keepBest(k: KernelContext, spec: TopKSpec, { heap, input, sift }: Row): void {
  const { f } = k;
  const { count, extent } = spec;
  f.scope(() => {
    const i = f.local('i32', 'i');
    const at = f.local('i32', 'at');
    const wide = isWide(spec.input);
    const [rank, top] = [entryOf(f, 'rank', wide), entryOf(f, 'top', wide)];
    f.range(i, 0, count, 1, () => {
      setRank(f, spec, { row: input, i }, rank);
      storeEntry(f, rank, () => pushPlace(f, heap, i, wide));
    });
    f.range(i, 0, Math.floor(count / 2), 1, () => {
      f.i32(Math.floor(count / 2) - 1);
      f.get(i);
      f.op('i32.sub');
      f.set(at);
      for (const argument of [heap, at]) f.get(argument);
      f.i32(count);
      f.call(sift);
    });
    const keep = (): void => {
      setRank(f, spec, { row: input, i }, rank);
      loadEntry(f, top, () => f.get(heap));
      pushIsLess(f, top, rank);
      f.if(() => {
        storeEntry(f, rank, () => f.get(heap));
        f.get(heap);
        f.i32(0);
        f.i32(count);
        f.call(sift);
      });
    };
    const end = eachLikelyBlock(k, spec, { heap, input }, i, keep);
    f.range(i, end, extent, 1, keep);
  });
}

/**
 * Runs `keep` for elements behind the first `count`, `i` one after the other, but not for those that were behind the
 * heap's top, or equal to it, before their block: most of long rows. Returns where the last whole block ends.
 */
function eachLikelyBlock(
  k: KernelContext,
  spec: TopKSpec,
  { heap, input: row }: Pick<Row, 'heap' | 'input'>,
  i: Local,
  keep: () => void,
): number {
  const { f } = k;
  const { count, extent, largest, input } = spec;
  const v = k.vectors();
  const block = VECTORS * v.lanes;
  const blocks = Math.floor((extent - count) / block);
  if (v.scalar || input.strides.at(-1) !== 1 || blocks < 2) return count;
  const end = count + blocks * block;
  const { type, sizeBytes } = memoryType(input.dtype);
  const [from, pointer] = [f.local('i32', 'block'), f.local('i32', 'pointer')];
  const limit = v.fresh(type, 'limit');
  const point = (pushIndex: () => void): void => {
    f.get(row);
    pushIndex();
    f.scale(sizeBytes);
    f.op('i32.add');
    f.set(pointer);
  };
  const setLimit = (): void =>
    f.scope(() => {
      point(() => pushTopIndex(f, heap, isWide(input)));
      v.assign(limit, loadLanes(v, { dtype: input.dtype, pointer, offset: 0, stride: 0 }, v.lanes));
    });
  setLimit();
  f.range(from, count, end, block, () => {
    point(() => f.get(from));
    f.scope(() => {
      // No comparison with NaN holds: where there is one, it is looked at.
      const isAhead = Array.from({ length: VECTORS }, (_, vector) => {
        const offset = vector * v.lanes * sizeBytes;
        const elements = loadLanes(v, { dtype: input.dtype, pointer, offset, stride: 1 }, v.lanes);
        const isBehind = emitPrimitive(v, 'le', largest ? [elements, limit] : [limit, elements], []);
        return emitPrimitive(v, 'not', [isBehind], []);
      });
      v.ifAny(
        isAhead.reduce((a, b) => emitPrimitive(v, 'or', [a, b], [])),
        () => {
          eachSet(v, isAhead, lane => {
            f.assignSum(i, from, lane);
            keep();
          });
          setLimit();
        },
      );
    });
  });
  return end;
}

/** Runs `body` for each lane that is set in one of the masks, counted through all of them, in order. */
function eachSet(v: Vectors, masks: readonly Value[], body: (lane: Local) => void): void {
  const { f } = v;
  f.scope(() => {
    const [lane, left] = [f.local('i32', 'lane'), f.local('i32', 'lanesLeft')];
    masks.forEach((mask, vector) => {
      v.pushMask(mask);
      f.scale(2 ** (vector * v.lanes));
      if (vector > 0) f.op('i32.or');
    });
    f.set(left);
    f.loop(again => {
      f.get(left);
      f.op('i32.ctz');
      f.set(lane);
      body(lane);
      // without its lowest bit
      f.get(left);
      f.i32(1);
      f.op('i32.sub');
      f.get(left);
      f.op('i32.and');
      f.tee(left);
      f.brIf(again);
    });
  });
}

/** Pushes where the element of the heap's top is in its row: in the low half of the last word, reversed. */
function pushTopIndex(f: FunctionBuilder, heap: Local, wide: boolean): void {
  f.get(heap);
  f.memory('i32.load', wide ? 8 : 0);
  complement(f);
}

/** Pops the top, which comes last, to the end of what is left. */
function putInOrder(f: FunctionBuilder, spec: TopKSpec, heap: Local, sift: FunctionHandle): void {
  const { count } = spec;
  const wide = isWide(spec.input);
  f.scope(() => {
    const i = f.local('i32', 'i');
    const end = f.local('i32', 'end');
    const [last, top] = [entryOf(f, 'last', wide), entryOf(f, 'top', wide)];
    f.range(i, 1, count, 1, () => {
      f.i32(count);
      f.get(i);
      f.op('i32.sub');
      f.set(end);
      loadEntry(f, last, () => pushPlace(f, heap, end, wide));
      loadEntry(f, top, () => f.get(heap));
      storeEntry(f, top, () => pushPlace(f, heap, end, wide));
      storeEntry(f, last, () => f.get(heap));
      f.get(heap);
      f.i32(0);
      f.get(end);
      f.call(sift);
    });
  });
}

/**
 * Sets `rank` to element `i` of the row with its index: the high half is the element in order, the low one the index
 * reversed.
 */
function setRank(
  f: FunctionBuilder,
  { input, largest }: TopKSpec,
  { row, i }: { readonly row: Local; readonly i: Local },
  rank: Entry,
): void {
  const [element, place] = rank;
  if (!element) throw new Error('an entry has an element');
  f.get(row);
  f.get(i);
  f.scale((input.strides.at(-1) ?? 0) * bytesOf(input));
  f.op('i32.add');
  if (place) {
    if (input.dtype === 'float64') pushOrdered64(f);
    else f.memory('i64.load');
    if (!largest) complement64(f);
    f.set(element);
    f.get(i);
    f.op('i64.extend_i32_u');
    complement64(f);
    f.set(place);
    return;
  }
  if (input.dtype === 'float32') pushOrdered(f);
  else f.memory(memoryType(input.dtype).load);
  if (!largest) complement(f);
  f.op('i64.extend_i32_s');
  f.i64(32n);
  f.op('i64.shl');
  f.get(i);
  complement(f);
  f.op('i64.extend_i32_u');
  f.op('i64.or');
  f.set(element);
}

/** Address of a float on the stack → an integer that orders as floats do, −0 as 0 and NaN above all. */
function pushOrdered(f: FunctionBuilder): void {
  f.scope(() => {
    const x = f.local('f32', 'x');
    const bits = f.local('i32', 'bits');
    f.memory('f32.load');
    f.f32(0);
    f.op('f32.add');
    f.tee(x);
    f.op('i32.reinterpret_f32');
    f.i32(QUIET_NAN);
    f.get(x);
    f.get(x);
    f.op('f32.eq');
    f.select();
    f.tee(bits);
    f.get(bits);
    f.i32(31);
    f.op('i32.shr_s');
    f.i32(LARGEST);
    f.op('i32.and');
    f.op('i32.xor');
  });
}

/** The same of doubles. */
function pushOrdered64(f: FunctionBuilder): void {
  f.scope(() => {
    const x = f.local('f64', 'x');
    const bits = f.local('i64', 'bits');
    f.memory('f64.load');
    f.f64(0);
    f.op('f64.add');
    f.tee(x);
    f.op('i64.reinterpret_f64');
    f.i64(QUIET_NAN_64);
    f.get(x);
    f.get(x);
    f.op('f64.eq');
    f.select();
    f.tee(bits);
    f.get(bits);
    f.i64(63n);
    f.op('i64.shr_s');
    f.i64(LARGEST_64);
    f.op('i64.and');
    f.op('i64.xor');
  });
}

function complement64(f: FunctionBuilder): void {
  f.i64(-1n);
  f.op('i64.xor');
}

function complement(f: FunctionBuilder): void {
  f.i32(-1);
  f.op('i32.xor');
}

function pushPlace(f: FunctionBuilder, heap: Local, at: Local, wide: boolean): void {
  f.get(heap);
  f.get(at);
  f.scale(entryBytes(wide));
  f.op('i32.add');
}

function writeRow(
  k: KernelContext,
  { count, values, indices, input }: TopKSpec,
  row: { readonly heap: Local; readonly input: Local; readonly at: readonly Local[] },
): void {
  const { f } = k;
  const wide = isWide(input);
  f.scope(() => {
    const i = f.local('i32', 'i');
    const index = f.local('i32', 'index');
    const targets = [values, indices].map(access => access && rowStart(k, access, row.at));
    const pushTarget = (access: Access, start: Local): void => {
      f.get(start);
      f.get(i);
      f.scale((access.strides.at(-1) ?? 0) * bytesOf(access));
      f.op('i32.add');
    };
    f.range(i, 0, count, 1, () => {
      pushPlace(f, row.heap, i, wide);
      // The index is in the low half of the last word.
      f.memory('i32.load', wide ? 8 : 0);
      complement(f);
      f.set(index);
      const [toValues, toIndices] = targets;
      if (values && toValues) {
        pushTarget(values, toValues);
        f.get(row.input);
        f.get(index);
        f.scale((input.strides.at(-1) ?? 0) * bytesOf(input));
        f.op('i32.add');
        const { load, store } = bitsOf(input);
        f.memory(load);
        f.memory(store);
      }
      if (indices && toIndices) {
        pushTarget(indices, toIndices);
        f.get(index);
        f.op('i64.extend_i32_u');
        f.memory('i64.store');
      }
    });
  });
}

/** (heap, at, size): moves the entry at `at` down until neither below it is smaller. */
function siftDown(k: KernelContext, wide: boolean): FunctionHandle {
  const options = { params: ['i32', 'i32', 'i32'], paramNames: ['heap', 'at', 'size'] } as const;
  return k.module.helper(wide ? 'topk.siftWide' : 'topk.sift', options, f => {
    const [heap, at, size] = f.params;
    if (!heap || !at || !size) throw new Error('three parameters were declared');
    const child = f.local('i32', 'child');
    const moving = entryOf(f, 'moving', wide);
    const [least, other] = [entryOf(f, 'least', wide), entryOf(f, 'other', wide)];
    const place = (index: Local) => () => pushPlace(f, heap, index, wide);
    loadEntry(f, moving, place(at));
    f.block(done => {
      f.loop(again => {
        f.get(at);
        f.scale(2);
        f.i32(1);
        f.op('i32.add');
        f.tee(child);
        f.get(size);
        f.op('i32.ge_s');
        f.brIf(done);
        loadEntry(f, least, place(child));
        f.get(child);
        f.i32(1);
        f.op('i32.add');
        f.get(size);
        f.op('i32.lt_s');
        f.if(() => {
          f.increment(child, 1);
          loadEntry(f, other, place(child));
          pushIsLess(f, other, least);
          f.if(
            () => loadEntry(f, least, place(child)),
            () => f.increment(child, -1),
          );
        });
        pushIsLess(f, moving, least);
        f.brIf(done);
        storeEntry(f, least, place(at));
        f.assign(at, child);
        f.br(again);
      });
    });
    storeEntry(f, moving, place(at));
  });
}
