// Elements picked, or put, at places given by indices that are read while the model runs. A row is one element of all
// but the last axis, and has one place; vectors run along the last axis.

import { elementCount } from '../../ir/tensor.ts';
import type { Access } from '../../select/spec/access.ts';
import type { GatherSpec, Pick, ScatterSpec } from '../../select/spec/indexed.ts';
import { type KernelContext, simpleNeeds, type Template } from '../context.ts';
import { expressionCost } from '../expression/expression.ts';
import { epilogueHook, type Hook, prologueHook } from '../expression/hook.ts';
import type { Local } from '../wasm/function.ts';
import { forRows, itemRange, type Split, splitInto } from './work/rows.ts';
import { limitTo, pushElement } from './work/units.ts';
import { wantedRows } from './work/wanted.ts';

type IndexedSpec = GatherSpec | ScatterSpec;

const innermost = ({ extents }: IndexedSpec): number => extents.at(-1) ?? 1;
const rowsOf = ({ extents }: IndexedSpec): readonly number[] => extents.slice(0, -1);

/** Rows that one worker must do in order, because they may meet in one place. */
const rowsTogether = (spec: IndexedSpec): number =>
  spec.kind === 'scatter' ? elementCount(rowsOf(spec).slice(spec.apart)) : 1;

const splitOf = (spec: IndexedSpec): Split => {
  const together = rowsTogether(spec);
  const cost = innermost(spec) * expressionCost(spec.epilogue.expression);
  return splitInto(together === 0 ? 0 : elementCount(rowsOf(spec)) / together, together * cost);
};

function emit(k: KernelContext, spec: IndexedSpec): void {
  const { f } = k;
  const v = k.vectors();
  const rows = rowsOf(spec);
  const extent = innermost(spec);
  const axis = rows.length;
  if (elementCount(rows) * extent === 0) return;
  const pre = prologueHook(k, v, spec.input, axis);
  const post = epilogueHook(k, v, spec.epilogue, axis);
  const split = splitOf(spec);
  const together = rowsTogether(spec);
  const wanted = spec.kind === 'gather' ? wantedRows(k, rows, spec.extents) : elementCount(rows);
  const { from, to } = itemRange(k, { ...split, perUnit: split.perUnit * together }, wanted);
  forRows(k, rows, from, to, at => {
    f.scope(() => {
      const places = spec.picks.flatMap(pick => placesOf(k, pick, loadIndex(k, pick, at)));
      const placed = [...at, 0, ...places];
      pre.seek(spec.kind === 'gather' ? placed : at);
      post.seek(spec.kind === 'gather' ? at : placed);
      const one = (count: number): void => f.scope(() => post.store([], count, pre.value([], count)));
      f.range(f.local('i32', 'i'), 0, extent, v.lanes, () => {
        one(v.lanes);
        for (const hook of [pre, post]) advanceLast(hook, v.lanes);
      });
      if (extent % v.lanes) one(extent % v.lanes);
    });
  });
}

const template: Template<IndexedSpec> = {
  needs: spec => simpleNeeds(splitOf(spec).units),
  emit,
};
export const gather: Template<GatherSpec> = template;
export const scatter: Template<ScatterSpec> = template;

const advanceLast = (hook: Hook, count: number): void => hook.advance(hook.vectorAxis, count);

/** The place along the axis, or the block and the place in it. */
const placesOf = ({ f }: KernelContext, { block }: Pick, index: Local): Local[] => {
  if (block === undefined) return [index];
  return (['i32.div_u', 'i32.rem_u'] as const).map(op => {
    const place = f.local('i32', 'place');
    f.get(index);
    f.i32(block);
    f.op(op);
    f.set(place);
    return place;
  });
};

const indexBytes = ({ dtype }: Access): number => (dtype === 'int64' ? 8 : 4);

/** The index as a number from the start, on the axis whatever it was, so that nothing else is ever touched. */
const loadIndex = (k: KernelContext, pick: Pick, at: readonly Local[]): Local => {
  const { f } = k;
  const { extent, lenient = false } = pick;
  if (!lenient) refuseStray(k, pick, at);
  const index = f.local('i32', 'index');
  pushElement(k, pick.index, indexBytes(pick.index), at);
  // Of an int64 the low half says all: an axis is shorter than 2^31.
  f.memory('i32.load', 0);
  f.set(index);
  f.get(index);
  f.i32(extent);
  f.op('i32.add');
  f.get(index);
  f.get(index);
  f.i32(0);
  f.op('i32.lt_s');
  f.select();
  f.set(index);
  if (!lenient) return index;
  limitTo(f, index, extent - 1);
  f.i32(0);
  f.get(index);
  f.get(index);
  f.i32(0);
  f.op('i32.lt_s');
  f.select();
  f.set(index);
  return index;
};

/** Traps where the index is not in [−extent, extent). Nothing else in kernels is unreachable: the runtime knows why. */
const refuseStray = (k: KernelContext, { index, extent }: Pick, at: readonly Local[]): void => {
  const { f } = k;
  pushElement(k, index, indexBytes(index), at);
  if (index.dtype === 'int64') {
    f.memory('i64.load', 0);
    f.i64(BigInt(extent));
    f.op('i64.add');
    f.i64(2n * BigInt(extent));
    f.op('i64.ge_u');
  } else {
    f.memory('i32.load', 0);
    f.i32(extent);
    f.op('i32.add');
    f.i32(2 * extent);
    f.op('i32.ge_u');
  }
  f.if(() => f.unreachable());
};
