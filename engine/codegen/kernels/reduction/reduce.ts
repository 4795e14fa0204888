// Reductions over some axes. Vectors run along a reduced axis where its elements are neighbours in memory (lanes are
// combined at the end), else along an outer axis (every lane is a result of its own).

import { ExpressionBuilder } from '../../../fusion/expression.ts';
import { elementCount } from '../../../ir/tensor.ts';
import { LANES, type SimdClass } from '../../../options.ts';
import type { Prologue } from '../../../select/spec/access.ts';
import type { ReduceSpec } from '../../../select/spec/axis.ts';
import { type KernelContext, simpleNeeds, type Template } from '../../context.ts';
import { expressionCost } from '../../expression/expression.ts';
import { epilogueHook, type Hook, prologueHook } from '../../expression/hook.ts';
import { emitPrimitive } from '../../expression/primitives.ts';
import { type LaneType, lanesIn } from '../../vector/lanewise.ts';
import type { Lanes, Value, Vectors } from '../../vector/vector.ts';
import type { Local, Operand32 } from '../../wasm/function.ts';
import { forRows, itemRange, type Split, splitInto } from '../work/rows.ts';
import { limitTo } from '../work/units.ts';
import { vectorAxis } from '../work/vector-axis.ts';
import { wantedRows } from '../work/wanted.ts';

interface Operation {
  readonly combine: 'add' | 'mul' | 'min' | 'max';
  readonly identity: (type: LaneType) => number | bigint;
}
const SUM: Operation = { combine: 'add', identity: () => 0 };
const ENDS: Readonly<Record<LaneType, readonly [least: number | bigint, most: number | bigint]>> = {
  f32: [-Infinity, Infinity],
  f64: [-Infinity, Infinity],
  i32: [-(2 ** 31), 2 ** 31 - 1],
  i64: [-(2n ** 63n), 2n ** 63n - 1n],
  bool: [0, 1],
};
const OPERATIONS: Readonly<Record<ReduceSpec['op'], Operation>> = {
  sum: SUM,
  mean: SUM,
  sumSquare: SUM,
  prod: { combine: 'mul', identity: () => 1 },
  max: { combine: 'max', identity: type => ENDS[type][0] },
  min: { combine: 'min', identity: type => ENDS[type][1] },
};
/** Words of a part with halves changed, and then neighbours. */
const HALVES: readonly (readonly number[])[] = [
  [2, 3, 0, 1],
  [1, 0, 3, 2],
];
/** Vectors at once, each with an accumulator of its own. */
const UNROLL = 4;
/** Additions to a sum before it is added to a total: the error grows with the longest chain of additions. */
const BLOCK = 32;
/** Fewer are added to the total itself. */
const LEAST_BLOCK = 4;

interface Plan {
  /** axis of (outer…, reduced…) */
  readonly axis: number;
  readonly along: 'reduced' | 'outer';
  readonly extents: readonly number[];
  /** outer extents; when vectors run along one of them, that one counted in blocks of UNROLL vectors */
  readonly rows: readonly number[];
  readonly split: Split;
  readonly lanes: Lanes;
  /** of what is reduced */
  readonly type: LaneType;
}

const typeOf = ({ input: { expression } }: ReduceSpec): LaneType =>
  expression.nodes[expression.results[0] ?? 0]?.type ?? 'f32';

const planOf = (spec: ReduceSpec, simd: SimdClass): Plan => {
  const type = typeOf(spec);
  const lanes = LANES[simd];
  const extents = [...spec.outer, ...spec.reduced];
  const reducedAxes = spec.reduced.map((_, k) => spec.outer.length + k);
  const axis = vectorAxis(extents, spec.input.reads, reducedAxes, lanes);
  const along = axis >= spec.outer.length ? 'reduced' : 'outer';
  const block = UNROLL * lanes;
  const rows = spec.outer.map((extent, k) => (k === axis ? Math.ceil(extent / block) : extent));
  const elements = elementCount(spec.reduced) * (along === 'outer' ? block : 1);
  const cost = elements * expressionCost(spec.input.expression);
  return { axis, along, extents, rows, split: splitInto(elementCount(rows), cost), lanes, type };
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
  /** of the terms along an axis, how many count */
  readonly limit?: { readonly axis: number; readonly terms: Local };
}

/** Places of an axis that are gone through. */
const placesOf = ({ plan, limit }: Emission, axis: number): Operand32 =>
  limit?.axis === axis ? limit.terms : (plan.extents[axis] ?? 1);

const term = ({ v, spec }: Emission, x: Value): Value =>
  spec.op === 'sumSquare' ? emitPrimitive(v, 'mul', [x, x], []) : x;

const result = ({ v, spec, plan }: Emission, total: Value): Value =>
  spec.op === 'mean'
    ? emitPrimitive(v, 'div', [total, v.constant(plan.type, elementCount(spec.reduced))], [])
    : total;

/** total ← total op value */
const combine = ({ v, operation, plan }: Emission, total: Value, value: Value): void => {
  if (plan.type === 'f32') v.update(`f32.${operation.combine}`, total, value);
  else v.f.scope(() => v.assign(total, emitPrimitive(v, operation.combine, [total, value], [])));
};

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
    e.k.f.range(i, 0, placesOf(e, axis), 1, () => {
      overAxes(e, inner, body);
      e.pre.advance(axis, 1);
    });
  });
};

const reducedAxes = ({ plan, spec }: Emission): number[] =>
  plan.extents.map((_, axis) => axis).filter(axis => axis >= spec.outer.length && axis !== plan.axis);

const displaced = (e: Emission, elements: number): number[] =>
  e.plan.extents.map((_, axis) => (axis === e.plan.axis ? elements : 0));

const accumulators = ({ v, operation, plan: { type } }: Emission, count: number): Value[] => {
  const sums = Array.from({ length: count }, () => v.fresh(type, 'sum'));
  for (const sum of sums) v.assign(sum, v.constant(type, operation.identity(type)));
  return sums;
};

/** sums[u] ← sums[u] op the vector `u` vectors on */
const accumulate = (e: Emission, sums: readonly Value[], lanes?: number): void => {
  const { v, pre, operation } = e;
  sums.forEach((sum, u) => {
    v.f.scope(() => {
      const x = term(e, pre.value(displaced(e, u * v.lanes), lanes));
      const masked = lanes === undefined ? x : v.keepLanes(x, lanes, operation.identity(e.plan.type));
      combine(e, sum, masked);
    });
  });
};

/** Sums of blocks of terms, and what they are added to. Without totals the sums are those. */
interface Sums {
  readonly block: readonly Value[];
  readonly totals?: readonly Value[];
  /** rounds of the innermost loop that make a block; undefined: all of them */
  readonly rounds?: number;
}

/** `count` accumulators for an innermost loop of so many rounds, run so many times. */
const blockedSums = (e: Emission, count: number, rounds: number, runs: number): Sums => {
  const block = accumulators(e, count);
  const divides = rounds >= 2 * BLOCK && (runs === 1 || rounds > BLOCK ** 2);
  const pays =
    e.plan.type === 'f32' &&
    e.operation.combine === 'add' &&
    (divides || (rounds >= LEAST_BLOCK && runs > 1));
  if (!pays) return { block };
  return { block, totals: accumulators(e, count), ...(divides && { rounds: BLOCK }) };
};

/** A block ends: its sums are added to the totals. */
const endBlock = ({ v }: Emission, { block, totals }: Sums): void => {
  totals?.forEach((total, u) => {
    const sum = block[u];
    if (!sum) return;
    v.update('f32.add', total, sum);
    v.fill(sum, 0);
  });
};

/** `rounds` times `body`, block by block; the last block is the caller's to end. */
const overRounds = (e: Emission, sums: Sums, rounds: Operand32, body: () => void): void => {
  const { f } = e.v;
  const [i, j] = [f.local('i32', 'i'), f.local('i32', 'block')];
  const size = sums.rounds;
  if (size === undefined) {
    f.range(i, 0, rounds, 1, body);
    return;
  }
  const [blocks, left] = inBlocks(e, rounds, size);
  f.range(j, 0, blocks, 1, () => {
    f.range(i, 0, size, 1, body);
    endBlock(e, sums);
  });
  f.range(i, 0, left, 1, body);
};

/** Whole blocks of a number, and what is left. */
const inBlocks = ({ v: { f } }: Emission, count: Operand32, size: number): [Operand32, Operand32] => {
  if (typeof count === 'number') return [Math.floor(count / size), count % size];
  const [blocks, left] = [f.local('i32', 'blocks'), f.local('i32', 'left')];
  for (const [local, op] of [
    [blocks, 'i32.div_u'],
    [left, 'i32.rem_u'],
  ] as const) {
    f.get(count);
    f.i32(size);
    f.op(op);
    f.set(local);
  }
  return [blocks, left];
};

/** What all lanes make, in every lane. */
const acrossLanes = ({ v, operation, plan: { type } }: Emission, total: Value): Value => {
  if (type === 'f32') {
    v.reduce(`f32.${operation.combine}`, total);
    return v.splat();
  }
  const together = (a: Value, b: Value): Value => emitPrimitive(v, operation.combine, [a, b], []);
  const sum = total.parts.map((part): Value => ({ type, parts: [part] })).reduce(together);
  const turns = lanesIn(type) === 2 ? HALVES.slice(0, 1) : HALVES;
  const all = turns.reduce(
    (x, lanes) =>
      together(
        x,
        v.map(type, [x, x], () => v.f.shuffle32(lanes)),
      ),
    sum,
  );
  return v.everywhere(type, v.part(all, 0));
};

/** Rounds of so many terms of the vectors' axis each until all that count are taken: a mask hides what is beyond. */
const roundsWithin = ({ v: { f }, plan, limit }: Emission, rounds: number, terms: number): Operand32 => {
  if (limit?.axis !== plan.axis) return rounds;
  const local = f.local('i32', 'rounds');
  f.get(limit.terms);
  f.i32(terms - 1);
  f.op('i32.add');
  f.i32(terms);
  f.op('i32.div_u');
  f.set(local);
  limitTo(f, local, rounds);
  return local;
};

/** `body` where the term at `start` of the vectors' axis counts. */
const whereReached = ({ v: { f }, plan, limit }: Emission, start: number, body: () => void): void => {
  if (limit?.axis !== plan.axis) {
    body();
    return;
  }
  f.get(limit.terms);
  f.i32(start);
  f.op('i32.gt_s');
  f.if(body);
};

/** One result, vectors along the innermost loop. */
const emitAlongReduced = (e: Emission): void => {
  const { v, plan, pre, post } = e;
  const extent = plan.extents[plan.axis] ?? 1;
  const whole = Math.floor(extent / v.lanes);
  const count = Math.min(UNROLL, Math.max(1, whole));
  const rounds = Math.floor(whole / count);
  const axes = reducedAxes(e);
  const runs = elementCount(axes.map(axis => plan.extents[axis] ?? 1));
  const blocked = blockedSums(e, count, rounds, runs);
  const sums = blocked.block;
  overAxes(e, axes, () =>
    pre.saved(() => {
      overRounds(e, blocked, roundsWithin(e, rounds, count * v.lanes), () => {
        accumulate(e, sums);
        pre.advance(plan.axis, sums.length * v.lanes);
      });
      whereReached(e, rounds * count * v.lanes, () => {
        const left = whole % sums.length;
        if (left) {
          accumulate(e, sums.slice(0, left));
          pre.advance(plan.axis, left * v.lanes);
        }
        if (extent % v.lanes) accumulate(e, sums.slice(0, 1), extent % v.lanes);
      });
      endBlock(e, blocked);
    }),
  );
  const [total, ...others] = blocked.totals ?? sums;
  if (!total) throw new Error('a reduction needs an accumulator');
  for (const other of others) combine(e, total, other);
  post.store([], 1, result(e, v.scalar ? total : acrossLanes(e, total)));
};

/** Results of `vectors` vectors (or of the first `lanes` lanes of one) along an outer axis. */
const emitAlongOuter = (e: Emission, vectors: number, lanes?: number): void =>
  e.v.f.scope(() => {
    const axes = reducedAxes(e);
    const inner = axes.at(-1);
    const extents = axes.map(axis => e.plan.extents[axis] ?? 1);
    const rounds = extents.at(-1) ?? 1;
    const blocked = blockedSums(e, vectors, rounds, elementCount(extents.slice(0, -1)));
    overAxes(e, axes.slice(0, -1), () =>
      e.pre.saved(() => {
        overRounds(e, blocked, inner === undefined ? rounds : placesOf(e, inner), () => {
          blocked.block.forEach((sum, u) => {
            e.v.f.scope(() => {
              const x = e.pre.value(displaced(e, u * e.v.lanes), lanes);
              combine(e, sum, term(e, x));
            });
          });
          if (inner !== undefined && rounds > 1) e.pre.advance(inner, 1);
        });
        endBlock(e, blocked);
      }),
    );
    (blocked.totals ?? blocked.block).forEach((sum, u) => {
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

const limitOf = (k: KernelContext, { outer, reduced, limit }: ReduceSpec): Emission['limit'] => {
  const most = reduced[limit?.axis ?? -1] ?? 1;
  if (!limit || most === 1) return undefined;
  const terms = k.f.local('i32', 'terms');
  k.address(limit.count);
  k.f.memory('i32.load', 0);
  k.f.set(terms);
  limitTo(k.f, terms, most);
  return { axis: outer.length + limit.axis, terms };
};

/** The input without what hides terms, for loops that end before those. */
const unmasked = ({ input, limit }: ReduceSpec): Prologue => {
  const build = new ExpressionBuilder();
  const types = new Map(
    input.expression.nodes.flatMap(node => (node.kind === 'input' ? [[node.index, node.type] as const] : [])),
  );
  const inputs = input.reads.map((_, i) =>
    limit?.masks.includes(i) ? build.constant(1, 'bool') : build.input(i, types.get(i) ?? 'f32'),
  );
  return { ...input, expression: build.build(build.inline(input.expression, inputs)) };
};

const emit = (k: KernelContext, spec: ReduceSpec): void => {
  const { f } = k;
  if (elementCount(spec.outer) === 0) return;
  const plan = planOf(spec, k.target.simd);
  const v = k.vectors(plan.lanes);
  const limit = limitOf(k, spec);
  const input = limit && limit.axis !== plan.axis ? unmasked(spec) : spec.input;
  const pre = prologueHook(k, v, input, plan.axis);
  const post = epilogueHook(k, v, spec.epilogue, plan.axis);
  const e: Emission = {
    k,
    v,
    spec,
    plan,
    pre,
    post,
    operation: OPERATIONS[spec.op],
    ...(limit && { limit }),
  };
  const { from, to } = itemRange(k, plan.split, wantedRows(k, plan.rows, plan.extents));
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
