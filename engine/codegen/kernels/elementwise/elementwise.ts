// Elementwise kernels, an expression over a box, which covers copies, transposes, slices, broadcasts and casts.
// Vectors run along the axis with contiguous writes. A read that is contiguous along another axis is loaded
// along that one and turned in registers, four by four (transpose.ts).

import type { Expression } from '../../../fusion/types.ts';
import { elementCount } from '../../../ir/tensor.ts';
import { LANES, type SimdClass } from '../../../options.ts';
import type { Access, BufferRef } from '../../../select/spec/access.ts';
import type { ElementwiseSpec } from '../../../select/spec/elementwise.ts';
import { type KernelContext, simpleNeeds, type Template } from '../../context.ts';
import { expressionCost } from '../../expression/expression.ts';
import { bodyHook, type Hook } from '../../expression/hook.ts';
import {
  moment,
  nestMoments,
  type Pace,
  type Traversal,
  unitMoments,
  wholeBox,
  within,
} from '../../traversal.ts';
import type { Vectors } from '../../vector/vector.ts';
import type { Local, Operand32 } from '../../wasm/function.ts';
import { forRows, itemRange, type Split, splitInto } from '../work/rows.ts';
import { inGroups, wantedOf } from '../work/wanted.ts';
import { bestNest, type Nest } from './nest.ts';
import { emitTransposing, TURN_BLOCK, turnedReads } from './transpose.ts';

/** Rows below which a kernel is split along its inner axis instead. */
const MANY_ROWS = 16;
/** Elements in a piece of the inner axis: a multiple of every vector length. */
const INNER_PIECE = 1024;
/** Of an element, in simple vector operations. */
const LOOKUP_COST = 12;
const LOOKUPS_PER_ROUND = 8;

interface Plan {
  readonly nest: Nest;
  readonly by: 'rows' | 'inner' | 'blocks';
  readonly items: number;
  readonly split: Split;
}

/** Looked up, elements are read and written one by one in any case. */
const turnedIn = ({ table }: ElementwiseSpec, nest: Nest) => (table ? undefined : turnedReads(nest));

const planOf = (spec: ElementwiseSpec): Plan => {
  const nest = bestNest({ extents: spec.extents, reads: spec.body.reads, writes: spec.body.writes });
  const inner = nest.extents.at(-1) ?? 1;
  const rows = elementCount(nest.extents.slice(0, -1));
  const cost = spec.table ? LOOKUP_COST : expressionCost(spec.body.expression);
  const turned = turnedIn(spec, nest);
  if (turned) {
    const across = nest.extents[turned.axis] ?? 1;
    const items = (rows / across) * Math.ceil(across / TURN_BLOCK);
    return { nest, by: 'blocks', items, split: splitInto(items, TURN_BLOCK * inner * cost) };
  }
  if (rows >= MANY_ROWS) return { nest, by: 'rows', items: rows, split: splitInto(rows, inner * cost) };
  const items = Math.ceil(inner / INNER_PIECE);
  return { nest, by: 'inner', items, split: splitInto(items, INNER_PIECE * rows * cost) };
};

/** Vectors per round of the inner loop: enough to hide the loop where the expression is short. */
const unrolling = (nodes: number): number => (nodes <= 8 ? 4 : nodes <= 24 ? 2 : 1);

/** Stores some elements at a displacement: computed, or looked up. */
type StoreElements = (displacement: readonly number[], count?: number) => void;

/** The elements' bytes by those of the table. */
const lookUp = (k: KernelContext, v: Vectors, hook: Hook, table: BufferRef): StoreElements => {
  const { f } = k;
  const base = f.local('i32', 'table');
  k.address(table);
  f.set(base);
  return displacement =>
    f.scope(() => {
      const byte = hook.value(displacement);
      const found = v.fresh('i32', 'found');
      f.get(base);
      f.get(v.part(byte, 0));
      f.op('i32.add');
      f.memory('i32.load8_u', 0);
      f.set(v.part(found, 0));
      hook.store(displacement, 1, undefined, new Map([[0, found]]));
    });
};

const BYTE: Expression = { nodes: [{ kind: 'input', index: 0, type: 'i32' }], results: [0] };

/** What is read and written of a kernel that looks its results up. */
const asBytes = (nest: Nest) => {
  const bytes = (accesses: readonly Access[]): Access[] =>
    accesses.map(access => ({ ...access, dtype: 'uint8' }));
  return { expression: BYTE, reads: bytes(nest.reads), writes: bytes(nest.writes) };
};

/** The loop along the inner axis. */
interface Inner {
  readonly v: Vectors;
  readonly hook: Hook;
  readonly store: StoreElements;
  readonly nest: Nest;
  /** vectors per round */
  readonly unroll: number;
}

/** One row: elements [from, to) of the inner axis; `to` is the end of the row or a multiple of INNER_PIECE. */
const emitInner = ({ v, hook, store, nest, unroll }: Inner, from: Operand32, to: Operand32): void => {
  const { f } = v;
  const axis = nest.extents.length - 1;
  const extent = nest.extents[axis] ?? 1;
  const tail = extent % v.lanes;
  const at = (element: number): number[] => nest.extents.map((_, a) => (a === axis ? element : 0));
  f.scope(() => {
    const i = f.local('i32', 'i');
    const vectors = (count: number, begin: Operand32): void =>
      f.range(i, begin, to, count * v.lanes, () => {
        for (let u = 0; u < count; u++) store(at(u * v.lanes));
        hook.advance(axis, count * v.lanes);
      });
    vectors(unroll, from);
    const known = typeof from === 'number' && typeof to === 'number';
    const step = unroll * v.lanes;
    if (unroll > 1) vectors(1, known ? from + Math.floor((to - from) / step) * step : i);
    if (tail === 0) return;
    if (typeof to === 'number') {
      hook.store([], tail);
      return;
    }
    // Only the last piece of the axis is not a multiple of the vector length.
    f.get(to);
    f.i32(extent);
    f.op('i32.eq');
    f.get(from as Local);
    f.get(to);
    f.op('i32.lt_s');
    f.op('i32.and');
    f.if(() => hook.store([], tail));
  });
};

/** Whether the nest's outermost axis is, or begins with, that of which not all may be wanted. */
const isLeading = (k: KernelContext, spec: ElementwiseSpec, nest: Nest): boolean => {
  const axis = k.wanted?.axis ?? 0;
  const span = (extents: readonly number[], write: Access | undefined, at: number): number =>
    (extents[at] ?? 1) * (write?.strides[at] ?? 0);
  return span(spec.extents, spec.body.writes[0], axis) === span(nest.extents, nest.writes[0], 0);
};

const emitRows = (k: KernelContext, spec: ElementwiseSpec, plan: Plan): void => {
  const { nest, by, split, items } = plan;
  const v = spec.table ? k.vectors(1) : k.vectors();
  const axis = nest.extents.length - 1;
  const outer = nest.extents.slice(0, -1);
  const inner = nest.extents[axis] ?? 1;
  const { expression } = spec.body;
  const hook = bodyHook(k, v, spec.table ? asBytes(nest) : { expression, ...nest }, axis);
  const unroll = spec.table ? LOOKUPS_PER_ROUND : unrolling(expression.nodes.length);
  const store: StoreElements = spec.table
    ? lookUp(k, v, hook, spec.table)
    : (displacement, count) => hook.store(displacement, count);
  const row = (indices: readonly Local[], from: Operand32, to: Operand32): void => {
    hook.seek([...indices, from]);
    hook.hoist([axis], () => emitInner({ v, hook, store, nest, unroll }, from, to));
  };
  const whole = (body: () => void): void => {
    hook.seek();
    hook.hoist('all', body);
  };
  if (by === 'rows') {
    const wanted = isLeading(k, spec, nest) ? wantedOf(k, items) : items;
    const { from, to } = itemRange(k, split, wanted);
    whole(() => forRows(k, outer, from, to, indices => row(indices, 0, inner)));
    return;
  }
  const single = nest.extents.length === 1 && isLeading(k, spec, nest);
  const wanted = single ? inGroups(k, wantedOf(k, inner), INNER_PIECE, inner) : inner;
  if (split.units === 1 && typeof wanted === 'number') {
    // With all bounds known now. The unit may be another worker's.
    k.f.get(k.begin);
    k.f.get(k.end);
    k.f.op('i32.lt_s');
    k.f.if(() => whole(() => forRows(k, outer, 0, elementCount(outer), indices => row(indices, 0, inner))));
    return;
  }
  const { from, to } = itemRange(k, { ...split, perUnit: split.perUnit * INNER_PIECE }, wanted);
  whole(() => forRows(k, outer, 0, elementCount(outer), indices => row(indices, from, to)));
};

/** Turned blocks go to and fro, and so do several rows that are cut along the inner axis: then all is one round. */
const traverse = (spec: ElementwiseSpec, simd: SimdClass, _threads: number, pace: Pace): Traversal => {
  const plan = planOf(spec);
  const { nest, by, split } = plan;
  if (pace === 'units') return unitsInOrder(plan);
  const inOrder = by === 'rows' || (by === 'inner' && (split.units === 1 || nest.extents.length === 1));
  if (inOrder) {
    const steps = nest.extents.map((_, axis) =>
      axis === nest.extents.length - 1 && !spec.table ? LANES[simd] : 1,
    );
    return nestMoments(nest.extents, steps, nest);
  }
  const whole = wholeBox(nest.extents);
  return [moment(within(nest.reads, whole), within(nest.writes, whole))];
};

/** Units are rows in their order, or pieces of every row. */
function* unitsInOrder({ nest, by, split }: Plan): Traversal {
  const { extents, reads, writes } = nest;
  const inner = extents.at(-1) ?? 1;
  if (by === 'rows') {
    yield* unitMoments(
      { extents: extents.slice(0, -1), inner: [inner], perUnit: split.perUnit },
      reads,
      writes,
    );
    return;
  }
  const pieces = by === 'inner' ? split.units : 1;
  const elements = by === 'inner' ? split.perUnit * INNER_PIECE : inner;
  for (let piece = 0; piece < pieces; piece++) {
    const part = [piece * elements, Math.min(inner, (piece + 1) * elements)] as const;
    const box = [...wholeBox(extents.slice(0, -1)), part];
    yield moment(within(reads, box), within(writes, box), split.units / pieces);
  }
}

export const elementwise: Template<ElementwiseSpec> = {
  needs: spec => simpleNeeds(planOf(spec).split.units),
  traverse,
  emit(k, spec) {
    if (elementCount(spec.extents) === 0) return;
    const plan = planOf(spec);
    const turned = turnedIn(spec, plan.nest);
    if (turned)
      emitTransposing(k, spec.body.expression, plan.nest, turned, itemRange(k, plan.split, plan.items));
    else emitRows(k, spec, plan);
  },
};
