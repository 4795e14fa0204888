// Reductions whose terms count only as far as a number that is read when the kernel runs: results are those of all
// terms with what is beyond masked, and what lies well beyond is not even read.

import { expect, test } from 'vitest';
import { ExpressionBuilder } from '../../../../../engine/fusion/expression.ts';
import type { ReduceSpec } from '../../../../../engine/select/spec/axis.ts';
import { access, identity, rowMajor } from '../../expect-kernel.ts';
import { prepare, TARGETS } from '../run-kernel.ts';

const NOTHING = { sum: 0, prod: 1, max: Number.NEGATIVE_INFINITY } as const;
type Op = keyof typeof NOTHING;

/** Terms of the vectors' axis that are taken at once, at most. */
const TOGETHER = 64;

/** Shapes with the outer axes first, then the reduced ones; which of these is cut; whether elements lie in that order. */
const CASES: readonly {
  readonly outer: readonly number[];
  readonly reduced: readonly number[];
  readonly axis: number;
  readonly turned?: boolean;
}[] = [
  { outer: [3], reduced: [130], axis: 0 },
  { outer: [3], reduced: [7], axis: 0 },
  { outer: [], reduced: [256], axis: 0 },
  { outer: [4, 5], reduced: [6, 40], axis: 0 },
  { outer: [4, 5], reduced: [6, 40], axis: 1 },
  { outer: [40], reduced: [129], axis: 0, turned: true },
  { outer: [33], reduced: [9, 70], axis: 1, turned: true },
  { outer: [33], reduced: [9, 70], axis: 0, turned: true },
];

const size = (extents: readonly number[]): number => extents.reduce((a, b) => a * b, 1);

interface Masked {
  readonly spec: ReduceSpec;
  /** buffers: terms, which of them are seen (float32: not 0), the results, the number */
  readonly arena: readonly Float32Array[];
}

/** Terms below a count are seen, all others replaced by what changes nothing. */
function masked(op: Op, { outer, reduced, axis, turned }: (typeof CASES)[number], count: number): Masked {
  const build = new ExpressionBuilder();
  const seen = build.apply('toBool', build.input(1, 'f32'));
  const term = build.apply('select', seen, build.input(0, 'f32'), build.constant(NOTHING[op]));
  const extents = [...outer, ...reduced];
  const order = turned
    ? [...extents.keys()].slice(outer.length).concat([...outer.keys()])
    : [...extents.keys()];
  const dense = rowMajor(order.map(at => extents[at] ?? 1));
  const strides = extents.map((_, at) => dense[order.indexOf(at)] ?? 1);
  const along = extents.map((_, at) => (at === outer.length + axis ? 1 : 0));
  const places = reduced[axis] ?? 1;
  const spec: ReduceSpec = {
    ...{ kind: 'reduce', op, outer, reduced },
    input: { expression: build.build([term]), reads: [access(0, strides), access(1, along)] },
    epilogue: { expression: identity(), reads: [], writes: [access(2, rowMajor(outer))] },
  };
  const arena = [
    Float32Array.from({ length: size(extents) }, (_, i) => 1 + Math.sin(i) / 8),
    Float32Array.from({ length: places }, (_, i) => (i < count ? 1 : 0)),
    new Float32Array(size(outer)),
    new Float32Array(Int32Array.of(count, 0).buffer),
  ];
  return { spec, arena };
}

const limited = (spec: ReduceSpec, axis: number): ReduceSpec => ({
  ...spec,
  limit: { count: { space: 'arena', id: 3 }, axis, masks: [1] },
});

function resultOf(spec: ReduceSpec, arena: readonly Float32Array[], target: (typeof TARGETS)[number]) {
  const { machine, run } = prepare(spec, { arena, weights: [] }, target);
  run();
  return machine.view({ space: 'arena', id: 2 }).slice();
}

test.each(TARGETS)('as if all terms were taken: %j', target => {
  for (const given of CASES) {
    const places = given.reduced[given.axis] ?? 1;
    for (const op of ['sum', 'prod', 'max'] as const) {
      for (const count of new Set([0, 1, 2, 5, Math.floor(places / 2), places - 1, places])) {
        const { spec, arena } = masked(op, given, count);
        const context = `${op} ${JSON.stringify(given)} ${count}`;
        const found = resultOf(limited(spec, given.axis), arena, target);
        expect(found, context).toEqual(resultOf(spec, arena, target));
      }
    }
  }
});

test.each(TARGETS)('what lies well beyond is not read: %j', target => {
  let left = 0;
  for (const given of CASES) {
    const places = given.reduced[given.axis] ?? 1;
    const count = 3;
    if (places <= TOGETHER) continue;
    const { spec, arena } = masked('sum', given, count);
    const wanted = resultOf(spec, arena, target);
    // Would be seen, if it were looked at.
    const [terms, seen] = arena;
    seen?.fill(1, TOGETHER);
    const stride = spec.input.reads[0]?.strides[given.outer.length + given.axis] ?? 1;
    terms?.forEach((_, i) => {
      if (Math.floor(i / stride) % places >= TOGETHER) terms[i] = Number.NaN;
    });
    expect(resultOf(spec, arena, target)).not.toEqual(wanted);
    expect(resultOf(limited(spec, given.axis), arena, target), JSON.stringify(given)).toEqual(wanted);
    left++;
  }
  expect(left).toBeGreaterThan(3);
});
