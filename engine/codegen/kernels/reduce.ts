// Reductions over some axes. Vectors run along a reduced axis where its elements are neighbours in memory (lanes are
// combined at the end), else along an outer axis (every lane is a result of its own).

import type { SimdClass } from '../../options.ts';
import type { ReduceSpec } from '../../select/spec.ts';
import { type KernelContext, simpleNeeds, type Template } from '../context.ts';
import { expressionCost } from '../expression.ts';
import { epilogueHook, type Hook, prologueHook } from '../expression-hook.ts';
import { LANES, type Value, type Vectors } from '../vector.ts';
import type { Local } from '../wasm/function.ts';
import { vectorAxis } from './line.ts';
import { forRows, itemRange, product, type Split, splitInto } from './rows.ts';

type Accumulation = 'f32.add' | 'f32.max' | 'f32.min' | 'f32.mul';
interface Operation {
  readonly accumulate: Accumulation;
  readonly identity: number;
}
const OPERATIONS: Readonly<Record<ReduceSpec['op'], Operation>> = {
  sum: { accumulate: 'f32.add', identity: 0 },
  mean: { accumulate: 'f32.add', identity: 0 },
  sumSquare: { accumulate: 'f32.add', identity: 0 },
  prod: { accumulate: 'f32.mul', identity: 1 },
  max: { accumulate: 'f32.max', identity: -Infinity },
  min: { accumulate: 'f32.min', identity: Infinity },
};
/** Vectors at once, each with an accumulator of its own. */
const UNROLL = 4;

interface Plan {
  /** axis of (outer…, reduced…) */
  readonly axis: number;
  readonly along: 'reduced' | 'outer';
  readonly extents: readonly number[];
  /** outer extents; when vectors run along one of them, that one counted in blocks of UNROLL vectors */
  readonly rows: readonly number[];
  readonly split: Split;
  readonly lanes: number;
}

const planOf = (spec: ReduceSpec, simd: SimdClass): Plan => {
  const lanes = LANES[simd];
  const extents = [...spec.outer, ...spec.reduced];
  const reducedAxes = spec.reduced.map((_, k) => spec.outer.length + k);
  const axis = vectorAxis(extents, spec.input.reads, reducedAxes);
  const along = axis >= spec.outer.length ? 'reduced' : 'outer';
  const block = UNROLL * lanes;
  const rows = spec.outer.map((extent, k) => (k === axis ? Math.ceil(extent / block) : extent));
  const elements = product(spec.reduced) * (along === 'outer' ? block : 1);
  const cost = elements * expressionCost(spec.input.expression);
  return { axis, along, extents, rows, split: splitInto(product(rows), cost), lanes };
};

/** Everything the emission of one kernel passes along. */
interface Emission {
  readonly k: KernelContext;
  readonly v: Vectors;
  readonly spec: ReduceSpec;
  readonly plan: Plan;
  readonly operation: Operation;
  readonly pre: Hook;
  readonly post: Hook;
}

const term = ({ v, spec }: Emission, x: Value): Value =>
  spec.op === 'sumSquare' ? v.op('f32.mul', x, x) : x;

const result = ({ v, spec }: Emission, total: Value): Value =>
  spec.op === 'mean' ? v.op('f32.div', total, v.f32(product(spec.reduced))) : total;

/** Loops over axes of the iteration space, moving `hook` along. */
const overAxes = (e: Emission, axes: readonly number[], body: () => void): void => {
  const [axis, ...inner] = axes;
  if (axis === undefined) {
    body();
    return;
  }
  const extent = e.plan.extents[axis] ?? 1;
  if (extent === 1) {
    overAxes(e, inner, body);
    return;
  }
  e.pre.saved(() => {
    const i = e.k.f.local('i32', `r${axis}`);
    e.k.f.range(i, 0, extent, 1, () => {
      overAxes(e, inner, body);
      e.pre.advance(axis, 1);
    });
  });
};

const reducedAxes = ({ plan, spec }: Emission): number[] =>
  plan.extents.map((_, axis) => axis).filter(axis => axis >= spec.outer.length && axis !== plan.axis);

const displaced = (e: Emission, elements: number): number[] =>
  e.plan.extents.map((_, axis) => (axis === e.plan.axis ? elements : 0));

const accumulators = ({ v, operation }: Emission, count: number): Value[] => {
  const sums = Array.from({ length: count }, () => v.fresh('f32', 'sum'));
  for (const sum of sums) v.fill(sum, operation.identity);
  return sums;
};

/** sums[u] ← sums[u] op the vector `u` vectors on */
const accumulate = (e: Emission, sums: readonly Value[], lanes?: number): void => {
  const { v, pre, operation } = e;
  sums.forEach((sum, u) => {
    v.f.scope(() => {
      const x = term(e, pre.value(displaced(e, u * v.lanes), lanes));
      const masked = lanes === undefined ? x : v.keepLanes(x, lanes, operation.identity);
      v.update(operation.accumulate, sum, masked);
    });
  });
};

/** One result, vectors along the innermost loop. */
const emitAlongReduced = (e: Emission): void => {
  const { v, plan, pre, post, operation } = e;
  const { f } = v;
  const extent = plan.extents[plan.axis] ?? 1;
  const whole = Math.floor(extent / v.lanes);
  const sums = accumulators(e, Math.min(UNROLL, Math.max(1, whole)));
  overAxes(e, reducedAxes(e), () =>
    pre.saved(() => {
      const i = f.local('i32', 'i');
      f.range(i, 0, whole, sums.length, () => {
        accumulate(e, sums);
        pre.advance(plan.axis, sums.length * v.lanes);
      });
      const left = whole % sums.length;
      if (left) {
        accumulate(e, sums.slice(0, left));
        pre.advance(plan.axis, left * v.lanes);
      }
      if (extent % v.lanes) accumulate(e, sums.slice(0, 1), extent % v.lanes);
    }),
  );
  const [total, ...others] = sums;
  if (!total) throw new Error('a reduction needs an accumulator');
  for (const other of others) v.update(operation.accumulate, total, other);
  v.reduce(operation.accumulate, total);
  post.store([], 1, result(e, v.splat()));
};

/** Results of `vectors` vectors (or of the first `lanes` lanes of one) along an outer axis. */
const emitAlongOuter = (e: Emission, vectors: number, lanes?: number): void =>
  e.v.f.scope(() => {
    const sums = accumulators(e, vectors);
    overAxes(e, reducedAxes(e), () => {
      sums.forEach((sum, u) => {
        e.v.f.scope(() => {
          const x = e.pre.value(displaced(e, u * e.v.lanes), lanes);
          e.v.update(e.operation.accumulate, sum, term(e, x));
        });
      });
    });
    sums.forEach((sum, u) => {
      e.post.store(displaced(e, u * e.v.lanes), lanes, result(e, sum));
    });
  });

/** A block of an outer axis: UNROLL vectors; the last block what is left, in whole vectors and a tail. */
const emitBlock = (e: Emission, block: Local): void => {
  const { v, plan, k } = e;
  const extent = plan.extents[plan.axis] ?? 1;
  const size = UNROLL * v.lanes;
  const blocks = Math.floor(extent / size);
  const left = extent % size;
  const last = (): void => {
    const vectors = Math.floor(left / v.lanes);
    if (vectors) emitAlongOuter(e, vectors);
    if (left % v.lanes === 0) return;
    e.pre.advance(plan.axis, vectors * v.lanes);
    e.post.advance(plan.axis, vectors * v.lanes);
    emitAlongOuter(e, 1, left % v.lanes);
  };
  if (left === 0) emitAlongOuter(e, UNROLL);
  else if (blocks === 0) last();
  else {
    k.f.get(block);
    k.f.i32(blocks);
    k.f.op('i32.lt_s');
    k.f.if(() => emitAlongOuter(e, UNROLL), last);
  }
};

const emit = (k: KernelContext, spec: ReduceSpec): void => {
  const { f } = k;
  if (product(spec.outer) === 0) return;
  const plan = planOf(spec, k.target.simd);
  const v = k.vectors();
  const pre = prologueHook(k, v, spec.input, plan.axis);
  const post = epilogueHook(k, v, spec.epilogue, plan.axis);
  const e: Emission = { k, v, spec, plan, pre, post, operation: OPERATIONS[spec.op] };
  const { from, to } = itemRange(k, plan.split, product(plan.rows));
  forRows(k, plan.rows, from, to, indices =>
    f.scope(() => {
      const block = indices[plan.axis];
      const elements = [...indices];
      if (block) {
        const start = f.local('i32', 'start');
        f.get(block);
        f.scale(UNROLL * v.lanes);
        f.set(start);
        elements[plan.axis] = start;
      }
      pre.seek(elements);
      post.seek(elements);
      if (block) emitBlock(e, block);
      else emitAlongReduced(e);
    }),
  );
};

export const reduce: Template<ReduceSpec> = {
  needs: (spec, simd) => simpleNeeds(planOf(spec, simd).split.units),
  emit: (k, spec) => emit(k, spec),
};
