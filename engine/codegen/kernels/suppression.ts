// Greedy non-maximum suppression: of each class of an image, the best boxes that overlap none of the better ones that
// were kept. Candidates are sorted by the bits of their scores, digit by digit from the last, which leaves equal ones in
// their order. The edges of kept boxes lie side by side, and a candidate is compared with several at a time. All in
// doubles, as the reference does: both keep the same boxes.

import type { Primitive } from '../../fusion/types.ts';
import type { Access } from '../../select/spec/access.ts';
import type { KernelNeeds } from '../../select/spec/kernel.ts';
import type { SuppressionSpec } from '../../select/spec/suppression.ts';
import type { KernelContext, Template } from '../context.ts';
import { emitPrimitive } from '../expression/primitives.ts';
import { loadLanes, storeLanes } from '../vector/load-store.ts';
import type { Value, Vectors } from '../vector/vector.ts';
import type { FunctionBuilder, Local } from '../wasm/function.ts';
import { forRows, itemRange, type Split, splitInto } from './work/rows.ts';
import { wholeLines, workerScratchPointer } from './work/scratch.ts';
import { pushElement } from './work/units.ts';

/** Work per candidate, in the units of elementwise expressions. */
const COST = 32;
const FLOAT_BYTES = 4;
const DOUBLE_BYTES = 8;
/** A candidate: what its score is sorted by, and its index. */
const ENTRY_BYTES = 8;
const DIGIT_BITS = 8;
const DIGITS_BYTES = 4 * 2 ** DIGIT_BITS;
/** Edges and area of a box. */
const NUMBERS = 5;
/** Kept boxes that a candidate is compared with at a time, in vectors. */
const LANES = 4;
const ALL_BUT_SIGN = 0x7fffffff;

/** Bytes of each of a kept box's numbers, one behind the other: a vector may begin with the last. */
const columnBytes = ({ most }: SuppressionSpec): number => (most + LANES) * DOUBLE_BYTES;

const splitOf = ({ images, classes, count }: SuppressionSpec): Split =>
  splitInto(images * classes, count * COST);

function needsOf(spec: SuppressionSpec): KernelNeeds {
  const { units } = splitOf(spec);
  const bytes = 2 * spec.count * ENTRY_BYTES + DIGITS_BYTES + NUMBERS * columnBytes(spec);
  return { units, scratchPerWorker: wholeLines(bytes), scratchShared: 0, phases: [units] };
}

/** Addresses in the worker's scratch. */
interface Scratch {
  readonly entries: Local;
  readonly sorted: Local;
  readonly digits: Local;
  readonly kept: Local;
}

/** What scores and overlaps are compared with. */
interface Thresholds {
  readonly score: Local;
  readonly overlap: Value;
}

export const suppression: Template<SuppressionSpec> = {
  needs: needsOf,
  emit(k, spec, _phase, needs) {
    const { f } = k;
    const { images, classes, count } = spec;
    const entries = workerScratchPointer(k, needs, 'entries');
    const sorted = f.pointer('sorted', entries, count * ENTRY_BYTES);
    const digits = f.pointer('digits', sorted, count * ENTRY_BYTES);
    const kept = f.pointer('kept', digits, DIGITS_BYTES);
    const scratch = { entries, sorted, digits, kept };
    const thresholds = loadThresholds(k, spec);
    const { from, to } = itemRange(k, splitOf(spec), images * classes);
    forRows(k, [images, classes], from, to, at =>
      f.scope(() => {
        const end = gatherCandidates(k, spec, scratch, thresholds, at);
        sortCandidates(f, scratch, end);
        keepBest(k, spec, scratch, thresholds, { end, at });
      }),
    );
  },
};

const vectorsOf = (k: KernelContext): Vectors => k.vectors(k.target.simd === 'scalar' ? 1 : LANES);

function loadThresholds(k: KernelContext, { leastScore, mostOverlap }: SuppressionSpec): Thresholds {
  const { f } = k;
  const push = (access: Access | undefined, otherwise: number): void => {
    if (!access) {
      f.f32(otherwise);
      return;
    }
    pushElement(k, access, FLOAT_BYTES, []);
    f.memory('f32.load');
  };
  const score = f.local('f32', 'leastScore');
  push(leastScore, Number.NEGATIVE_INFINITY);
  f.set(score);
  const overlap = f.local('f64', 'mostOverlap');
  push(mostOverlap, 0);
  f.op('f64.promote_f32');
  f.set(overlap);
  return { score, overlap: everywhere(vectorsOf(k), overlap) };
}

/** A double in every lane. */
function everywhere(v: Vectors, number: Local): Value {
  if (v.scalar) return { type: 'f64', parts: [number] };
  const part = v.f.local('v128', 'splat');
  v.f.get(number);
  v.f.op('f64x2.splat');
  v.f.set(part);
  return v.everywhere('f64', part);
}

/** The address of the first element at these outer indices. */
function startOf(k: KernelContext, access: Access, at: readonly Local[]): Local {
  const start = k.f.local('i32', 'start');
  pushElement(k, access, FLOAT_BYTES, at);
  k.f.set(start);
  return start;
}

/** Where the entries of those end whose scores exceed the threshold, in their order; NaN exceeds nothing. */
function gatherCandidates(
  k: KernelContext,
  { scores, count }: SuppressionSpec,
  { entries }: Scratch,
  { score }: Thresholds,
  at: readonly Local[],
): Local {
  const { f } = k;
  const end = f.copy(entries, 'end');
  const read = startOf(k, scores, at);
  const [i, x] = [f.local('i32', 'i'), f.local('f32', 'x')];
  f.range(i, 0, count, 1, () => {
    f.get(read);
    f.memory('f32.load');
    f.set(x);
    // An entry is always written, and stays where it is one: no branch to foretell.
    f.get(end);
    pushDescending(f, x);
    f.memory('i32.store');
    f.get(end);
    f.get(i);
    f.memory('i32.store', 4);
    f.get(x);
    f.get(score);
    f.op('f32.gt');
    f.scale(ENTRY_BYTES);
    f.get(end);
    f.op('i32.add');
    f.set(end);
    f.increment(read, (scores.strides.at(-1) ?? 0) * FLOAT_BYTES);
  });
  return end;
}

/** Pushes bits that, without sign, are the smaller the larger the number is; −0 as 0. */
function pushDescending(f: FunctionBuilder, x: Local): void {
  f.scope(() => {
    const bits = f.local('i32', 'bits');
    f.get(x);
    f.f32(0);
    f.op('f32.add');
    f.op('i32.reinterpret_f32');
    f.tee(bits);
    f.i32(31);
    f.op('i32.shr_s');
    f.i32(-1);
    f.op('i32.xor');
    f.i32(ALL_BUT_SIGN);
    f.op('i32.and');
    f.get(bits);
    f.op('i32.xor');
  });
}

/** Puts the entries in order: an even number of passes, each from one list to the other, ends where it began. */
function sortCandidates(f: FunctionBuilder, { entries, sorted, digits }: Scratch, end: Local): void {
  f.scope(() => {
    const [source, target] = [f.copy(entries, 'source'), f.copy(sorted, 'target')];
    const [sourceEnd, spare, shift] = ['sourceEnd', 'spare', 'shift'].map(name => f.local('i32', name));
    if (!sourceEnd || !spare || !shift) throw new Error('three locals were asked for');
    f.range(shift, 0, 32, DIGIT_BITS, () => {
      f.get(source);
      f.get(end);
      f.op('i32.add');
      f.get(entries);
      f.op('i32.sub');
      f.set(sourceEnd);
      countDigits(f, { source, sourceEnd, digits, shift });
      placeDigits(f, digits, target);
      moveEntries(f, { source, sourceEnd, digits, shift });
      f.assign(spare, source);
      f.assign(source, target);
      f.assign(target, spare);
    });
  });
}

/** A pass over a list of entries, by the digit that begins at bit `shift`. */
interface Pass {
  readonly source: Local;
  readonly sourceEnd: Local;
  readonly digits: Local;
  readonly shift: Local;
}

/** place ← the address of the number that belongs to an entry's digit */
function findDigit(f: FunctionBuilder, { digits, shift }: Pass, entry: Local, place: Local): void {
  f.get(entry);
  f.memory('i32.load');
  f.get(shift);
  f.op('i32.shr_u');
  f.i32(2 ** DIGIT_BITS - 1);
  f.op('i32.and');
  f.scale(4);
  f.get(digits);
  f.op('i32.add');
  f.set(place);
}

/** How many entries have each digit. */
function countDigits(f: FunctionBuilder, pass: Pass): void {
  f.scope(() => {
    const [entry, place] = [f.local('i32', 'entry'), f.local('i32', 'place')];
    f.range(place, pass.digits, f.pointer('digitsEnd', pass.digits, DIGITS_BYTES), 8, () => {
      f.get(place);
      f.i64(0n);
      f.memory('i64.store');
    });
    f.range(entry, pass.source, pass.sourceEnd, ENTRY_BYTES, () => {
      findDigit(f, pass, entry, place);
      f.get(place);
      f.get(place);
      f.memory('i32.load');
      f.i32(1);
      f.op('i32.add');
      f.memory('i32.store');
    });
  });
}

/** Instead of how many there are, where in `target` the first of them goes. */
function placeDigits(f: FunctionBuilder, digits: Local, target: Local): void {
  f.scope(() => {
    const [place, count] = [f.local('i32', 'place'), f.local('i32', 'count')];
    const next = f.copy(target, 'next');
    f.range(place, digits, f.pointer('digitsEnd', digits, DIGITS_BYTES), 4, () => {
      f.get(place);
      f.memory('i32.load');
      f.scale(ENTRY_BYTES);
      f.set(count);
      f.get(place);
      f.get(next);
      f.memory('i32.store');
      f.increment(next, count);
    });
  });
}

function moveEntries(f: FunctionBuilder, pass: Pass): void {
  f.scope(() => {
    const [entry, place, to] = [f.local('i32', 'entry'), f.local('i32', 'place'), f.local('i32', 'to')];
    f.range(entry, pass.source, pass.sourceEnd, ENTRY_BYTES, () => {
      findDigit(f, pass, entry, place);
      f.get(place);
      f.memory('i32.load');
      f.tee(to);
      f.get(entry);
      f.memory('i64.load');
      f.memory('i64.store');
      f.get(place);
      f.get(to);
      f.i32(ENTRY_BYTES);
      f.op('i32.add');
      f.memory('i32.store');
    });
  });
}

/** Writes the indices of candidates that overlap none kept before, best first, and −1 behind them. */
function keepBest(
  k: KernelContext,
  spec: SuppressionSpec,
  { entries, kept }: Scratch,
  { overlap }: Thresholds,
  { end, at }: { readonly end: Local; readonly at: readonly Local[] },
): void {
  const { f } = k;
  const write = startOf(k, spec.kept, at);
  const boxes = startOf(k, spec.boxes, at.slice(0, 1));
  const keptEnd = f.copy(kept, 'keptEnd');
  const full = f.pointer('full', kept, spec.most * DOUBLE_BYTES);
  const [entry, index] = [f.local('i32', 'entry'), f.local('i32', 'index')];
  const writeIndex = (pushIndex: () => void): void => {
    f.get(write);
    pushIndex();
    f.memory('i32.store');
    f.increment(write, (spec.kept.strides.at(-1) ?? 0) * FLOAT_BYTES);
  };
  f.block(done => {
    f.range(entry, entries, end, ENTRY_BYTES, () => {
      f.get(keptEnd);
      f.get(full);
      f.op('i32.eq');
      f.brIf(done);
      f.get(entry);
      f.memory('i32.load', 4);
      f.set(index);
      f.block(next => {
        f.scope(() => {
          const box = loadBox(k, spec, boxes, index);
          ifOverlapping(k, spec, { kept, keptEnd }, { box, overlap }, () => f.br(next));
          // Lanes behind the last box hold it too: comparing with it again changes nothing.
          box.forEach((numbers, i) => {
            storeLanes(vectorsOf(k), numberPlace(spec, keptEnd, i), numbers, LANES);
          });
        });
        f.increment(keptEnd, DOUBLE_BYTES);
        writeIndex(() => f.get(index));
      });
    });
  });
  f.range(keptEnd, keptEnd, full, DOUBLE_BYTES, () => writeIndex(() => f.i32(-1)));
}

/** One of the numbers of kept boxes, from one box on. */
const numberPlace = (spec: SuppressionSpec, pointer: Local, number: number) =>
  ({ dtype: 'float64', pointer, offset: number * columnBytes(spec), stride: 1 }) as const;

/** Top, left, bottom, right and area of a box, which comes as two opposite corners or as centre and size. */
function loadBox(
  k: KernelContext,
  { boxes, centred }: SuppressionSpec,
  first: Local,
  index: Local,
): readonly Value[] {
  const { f } = k;
  const v = k.vectors(1);
  const [, along = 0, step = 0] = boxes.strides;
  const pointer = f.local('i32', 'box');
  f.get(index);
  f.scale(along * FLOAT_BYTES);
  f.get(first);
  f.op('i32.add');
  f.set(pointer);
  const apply = (op: Primitive, ...args: readonly Value[]): Value => emitPrimitive(v, op, args, []);
  const load = (i: number): Value => {
    const place = { dtype: 'float32', pointer, offset: i * step * FLOAT_BYTES, stride: 1 } as const;
    return apply('toF64', loadLanes(v, place, 1));
  };
  const [a, b, c, d] = [load(0), load(1), load(2), load(3)];
  const half = (size: Value): Value => apply('mul', size, v.constant('f64', 0.5));
  const top = centred ? apply('sub', b, half(d)) : apply('min', a, c);
  const left = centred ? apply('sub', a, half(c)) : apply('min', b, d);
  const bottom = centred ? apply('add', b, half(d)) : apply('max', a, c);
  const right = centred ? apply('add', a, half(c)) : apply('max', b, d);
  const side = (from: Value, to: Value): Value => apply('max', v.constant('f64', 0), apply('sub', to, from));
  const area = apply('mul', side(top, bottom), side(left, right));
  return [top, left, bottom, right, area].map(number => everywhere(vectorsOf(k), v.part(number, 0)));
}

/**
 * Runs `body` where intersection over union with a kept box exceeds the threshold; it may come back and run again.
 * What two boxes share is part of both, so their union is empty only where they share nothing. Of a box with a
 * coordinate that is NaN the area is NaN, and so is every union with it: the others may be compared as if there were
 * none.
 */
function ifOverlapping(
  k: KernelContext,
  spec: SuppressionSpec,
  { kept, keptEnd }: { readonly kept: Local; readonly keptEnd: Local },
  { box, overlap }: { readonly box: readonly Value[]; readonly overlap: Value },
  body: () => void,
): void {
  const { f } = k;
  const v = vectorsOf(k);
  const lesser = (a: Value, b: Value): Value =>
    v.map('f64', [a, b], () => f.op(v.scalar ? 'f64.min' : 'f64x2.pmin'));
  const greater = (a: Value, b: Value): Value =>
    v.map('f64', [a, b], () => f.op(v.scalar ? 'f64.max' : 'f64x2.pmax'));
  const [top, left, bottom, right, area] = box;
  if (!top || !left || !bottom || !right || !area) throw new Error('a box has edges and an area');
  const at = f.local('i32', 'at');
  const behind = f.pointer('behind', keptEnd, (v.lanes - 1) * DOUBLE_BYTES);
  f.range(at, kept, behind, v.lanes * DOUBLE_BYTES, () =>
    f.scope(() => {
      const load = (i: number): Value => loadLanes(v, numberPlace(spec, at, i), v.lanes);
      const height = v.op('f64.sub', lesser(bottom, load(2)), greater(top, load(0)));
      const width = v.op('f64.sub', lesser(right, load(3)), greater(left, load(1)));
      const common = v.op('f64.mul', height, width);
      const union = v.op('f64.sub', v.op('f64.add', area, load(4)), common);
      const exceeds = v.op('f64.lt', overlap, v.op('f64.div', common, union));
      const meets = v.op('f64.lt', v.constant('f64', 0), lesser(height, width));
      v.ifAny(v.op('bool.and', exceeds, meets), body);
    }),
  );
}
