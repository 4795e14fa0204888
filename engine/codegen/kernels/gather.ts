// Slices of a tensor picked by indices that are read while the model runs. A row is one index with all outer and all
// but the last inner indices; vectors run along the last inner axis.

import type { Access, GatherSpec } from '../../select/spec.ts';
import { type KernelContext, simpleNeeds, type Template } from '../context.ts';
import { expressionCost } from '../expression.ts';
import { epilogueHook, type Hook, prologueHook } from '../expression-hook.ts';
import type { Local } from '../wasm/function.ts';
import { forRows, itemRange, product, type Split, splitInto } from './rows.ts';
import { limitTo } from './units.ts';

const innermost = ({ inner }: GatherSpec): number => inner.at(-1) ?? 1;

const rowsOf = ({ outer, indices, inner }: GatherSpec): number[] => [
  ...outer,
  ...indices,
  ...inner.slice(0, -1),
];

const splitOf = (spec: GatherSpec): Split =>
  splitInto(product(rowsOf(spec)), innermost(spec) * expressionCost(spec.epilogue.expression));

export const gather: Template<GatherSpec> = {
  needs: spec => simpleNeeds(splitOf(spec).units),
  emit(k, spec) {
    const { f } = k;
    const v = k.vectors();
    const rows = rowsOf(spec);
    const extent = innermost(spec);
    if (product(rows) * extent === 0) return;
    const [outer, picked] = [spec.outer.length, spec.indices.length];
    const pre = prologueHook(k, v, spec.input, outer + spec.inner.length);
    const post = epilogueHook(k, v, spec.epilogue, outer + picked + spec.inner.length - 1);
    const { from, to } = itemRange(k, splitOf(spec), product(rows));
    forRows(k, rows, from, to, at => {
      f.scope(() => {
        const index = loadIndex(k, spec, at.slice(outer, outer + picked));
        pre.seek([...at.slice(0, outer), index, ...at.slice(outer + picked)]);
        post.seek(at);
        const one = (count: number): void => f.scope(() => post.store([], count, pre.value([], count)));
        f.range(f.local('i32', 'i'), 0, extent, v.lanes, () => {
          one(v.lanes);
          for (const hook of [pre, post]) advanceLast(hook, v.lanes);
        });
        if (extent % v.lanes) one(extent % v.lanes);
      });
    });
  },
};

const advanceLast = (hook: Hook, count: number): void => hook.advance(hook.vectorAxis, count);

/** The index as a number from the start, held inside the axis so that nothing else is ever read. */
const loadIndex = (k: KernelContext, spec: GatherSpec, at: readonly Local[]): Local => {
  const { f } = k;
  const index = f.local('i32', 'index');
  pushIndex(k, spec.index, at);
  f.set(index);
  const shifted = f.local('i32', 'shifted');
  f.get(index);
  f.i32(spec.extent);
  f.op('i32.add');
  f.set(shifted);
  f.get(shifted);
  f.get(index);
  f.get(index);
  f.i32(0);
  f.op('i32.lt_s');
  f.select();
  f.set(index);
  limitTo(f, index, spec.extent - 1);
  f.i32(0);
  f.get(index);
  f.get(index);
  f.i32(0);
  f.op('i32.lt_s');
  f.select();
  f.set(index);
  return index;
};

/** Of an int64 the low half says all: an axis is shorter than 2^31. */
const pushIndex = (
  k: KernelContext,
  { buffer, dtype, offset, strides }: Access,
  at: readonly Local[],
): void => {
  const { f } = k;
  const bytes = dtype === 'int64' ? 8 : 4;
  k.address(buffer, offset * bytes);
  strides.forEach((stride, axis) => {
    const local = at[axis];
    if (!local || stride === 0) return;
    f.get(local);
    f.scale(stride * bytes);
    f.op('i32.add');
  });
  f.memory('i32.load', 0);
};
