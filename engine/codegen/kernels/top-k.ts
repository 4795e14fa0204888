// The largest elements along an axis, in order. Element and index together are one 64-bit integer, larger for what
// comes first, so that comparing, equal elements and moving are single instructions. A heap in scratch keeps the best
// ones seen, the last of them on top; popping them one by one puts them in order.

import type { Access, KernelNeeds, TopKSpec } from '../../select/spec.ts';
import type { KernelContext, Template } from '../context.ts';
import type { FunctionBuilder, FunctionHandle, Local } from '../wasm/function.ts';
import { forRows, itemRange, product, type Split, splitInto } from './rows.ts';
import { pushWorkerScratch } from './units.ts';

/** Work per element, in the units of elementwise expressions. */
const COST = 8;
const QUIET_NAN = 0x7fc00000;
/** A NaN that is below all numbers once its bits are in order. */
const LOW_NAN = -1;
const LARGEST = 0x7fffffff;

const splitOf = ({ outer, extent }: TopKSpec): Split => splitInto(product(outer), extent * COST);

const needsOf = (spec: TopKSpec): KernelNeeds => {
  const { units } = splitOf(spec);
  const scratchPerWorker = Math.ceil((spec.count * 8) / 64) * 64;
  return { units, scratchPerWorker, scratchShared: 0, phases: [units] };
};

const bytesOf = ({ dtype }: Access): number => (dtype === 'int64' ? 8 : 4);

export const topk: Template<TopKSpec> = {
  needs: needsOf,
  emit(k, spec, _phase, needs) {
    const { f } = k;
    const { outer, count } = spec;
    if (product(outer) * count === 0) return;
    const sift = siftDown(k);
    const heap = f.local('i32', 'heap');
    pushWorkerScratch(k, needs);
    f.set(heap);
    const { from, to } = itemRange(k, splitOf(spec), product(outer));
    forRows(k, outer, from, to, at =>
      f.scope(() => {
        const input = rowStart(k, spec.input, at);
        keepBest(f, spec, { heap, input, sift });
        putInOrder(f, count, heap, sift);
        writeRow(k, spec, { heap, input, at });
      }),
    );
  },
};

/** The address of a row's first element. */
function rowStart(k: KernelContext, access: Access, at: readonly Local[]): Local {
  const { f } = k;
  const start = f.local('i32', 'start');
  k.address(access.buffer, access.offset * bytesOf(access));
  access.strides.slice(0, -1).forEach((stride, axis) => {
    const index = at[axis];
    if (!index || stride === 0) return;
    f.get(index);
    f.scale(stride * bytesOf(access));
    f.op('i32.add');
  });
  f.set(start);
  return start;
}

interface Row {
  readonly heap: Local;
  readonly input: Local;
  readonly sift: FunctionHandle;
}

/** The heap of the row's first elements; every further one that comes before its top takes the top's place. */
function keepBest(f: FunctionBuilder, spec: TopKSpec, { heap, input, sift }: Row): void {
  const { count, extent } = spec;
  f.scope(() => {
    const i = f.local('i32', 'i');
    const at = f.local('i32', 'at');
    const rank = f.local('i64', 'rank');
    f.range(i, 0, count, 1, () => {
      pushPlace(f, heap, i);
      pushRank(f, spec, input, i);
      f.memory('i64.store');
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
    f.range(i, count, extent, 1, () => {
      pushRank(f, spec, input, i);
      f.tee(rank);
      f.get(heap);
      f.memory('i64.load');
      f.op('i64.gt_s');
      f.if(() => {
        f.get(heap);
        f.get(rank);
        f.memory('i64.store');
        f.get(heap);
        f.i32(0);
        f.i32(count);
        f.call(sift);
      });
    });
  });
}

/** Pops the top, which comes last, to the end of what is left. */
function putInOrder(f: FunctionBuilder, count: number, heap: Local, sift: FunctionHandle): void {
  f.scope(() => {
    const i = f.local('i32', 'i');
    const end = f.local('i32', 'end');
    const last = f.local('i64', 'last');
    f.range(i, 1, count, 1, () => {
      f.i32(count);
      f.get(i);
      f.op('i32.sub');
      f.set(end);
      pushPlace(f, heap, end);
      f.memory('i64.load');
      f.set(last);
      pushPlace(f, heap, end);
      f.get(heap);
      f.memory('i64.load');
      f.memory('i64.store');
      f.get(heap);
      f.get(last);
      f.memory('i64.store');
      f.get(heap);
      f.i32(0);
      f.get(end);
      f.call(sift);
    });
  });
}

/** Pushes element `i` of the row with its index: high half the element in order, low half the index reversed. */
function pushRank(f: FunctionBuilder, { input, largest, nanFirst }: TopKSpec, row: Local, i: Local): void {
  f.get(row);
  f.get(i);
  f.scale((input.strides.at(-1) ?? 0) * 4);
  f.op('i32.add');
  if (input.dtype === 'float32') pushOrdered(f, nanFirst && !largest ? LOW_NAN : QUIET_NAN);
  else f.memory('i32.load');
  if (!largest) complement(f);
  f.op('i64.extend_i32_s');
  f.i64(32n);
  f.op('i64.shl');
  f.get(i);
  complement(f);
  f.op('i64.extend_i32_u');
  f.op('i64.or');
}

/** Address of a float on the stack → an integer that orders as floats do, −0 as 0 and NaN as these bits say. */
function pushOrdered(f: FunctionBuilder, nanBits: number): void {
  f.scope(() => {
    const x = f.local('f32', 'x');
    const bits = f.local('i32', 'bits');
    f.memory('f32.load');
    f.f32(0);
    f.op('f32.add');
    f.tee(x);
    f.op('i32.reinterpret_f32');
    f.i32(nanBits);
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

function complement(f: FunctionBuilder): void {
  f.i32(-1);
  f.op('i32.xor');
}

function pushPlace(f: FunctionBuilder, heap: Local, at: Local): void {
  f.get(heap);
  f.get(at);
  f.scale(8);
  f.op('i32.add');
}

function writeRow(
  k: KernelContext,
  { count, values, indices, input }: TopKSpec,
  row: { readonly heap: Local; readonly input: Local; readonly at: readonly Local[] },
): void {
  const { f } = k;
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
      pushPlace(f, row.heap, i);
      f.memory('i64.load');
      f.op('i32.wrap_i64');
      complement(f);
      f.set(index);
      const [toValues, toIndices] = targets;
      if (values && toValues) {
        pushTarget(values, toValues);
        f.get(row.input);
        f.get(index);
        f.scale((input.strides.at(-1) ?? 0) * 4);
        f.op('i32.add');
        f.memory('i32.load');
        f.memory('i32.store');
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
function siftDown(k: KernelContext): FunctionHandle {
  const options = { params: ['i32', 'i32', 'i32'], paramNames: ['heap', 'at', 'size'] } as const;
  return k.module.helper('topk.sift', options, f => {
    const [heap, at, size] = f.params;
    if (!heap || !at || !size) throw new Error('three parameters were declared');
    const child = f.local('i32', 'child');
    const [moving, least] = [f.local('i64', 'moving'), f.local('i64', 'least')];
    pushPlace(f, heap, at);
    f.memory('i64.load');
    f.set(moving);
    const isLess = (a: () => void, b: () => void): void => {
      a();
      b();
      f.op('i32.lt_s');
    };
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
        pushPlace(f, heap, child);
        f.memory('i64.load');
        f.set(least);
        isLess(
          () => {
            f.get(child);
            f.i32(1);
            f.op('i32.add');
          },
          () => f.get(size),
        );
        f.if(() => {
          pushPlace(f, heap, child);
          f.memory('i64.load', 8);
          f.get(least);
          f.op('i64.lt_s');
          f.if(() => {
            f.increment(child, 1);
            pushPlace(f, heap, child);
            f.memory('i64.load');
            f.set(least);
          });
        });
        f.get(moving);
        f.get(least);
        f.op('i64.lt_s');
        f.brIf(done);
        pushPlace(f, heap, at);
        f.get(least);
        f.memory('i64.store');
        f.get(child);
        f.set(at);
        f.br(again);
      });
    });
    pushPlace(f, heap, at);
    f.get(moving);
    f.memory('i64.store');
  });
}
