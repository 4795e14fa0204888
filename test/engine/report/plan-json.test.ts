import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../engine/random.ts';
import schema from '../../../engine/report/plan.schema.json' with { type: 'json' };
import { planJson } from '../../../engine/report/plan-json.ts';
import { type PlanFile, planFile, planSchema } from '../../../engine/report/plan-schema.ts';
import { compileReport, MODEL, runReport } from './fixtures.ts';

const generator = { name: 'arenascope', version: '0.0.0' };
const source = {
  generator,
  model: MODEL,
  compile: compileReport({ planner: 'refcount' }),
  runs: [runReport('r1')],
};
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);

test('the schema in the repository is the one the code checks with', () => {
  expect(schema).toEqual(JSON.parse(JSON.stringify(planSchema())));
});

describe('a real file', () => {
  const text = planJson(source);
  const file: PlanFile = JSON.parse(text);

  test('conforms to the schema, and is the same text twice', () => {
    expect(validate(file), JSON.stringify(validate.errors)).toBe(true);
    expect(planJson(source)).toBe(text);
  });

  test('says what was fused, what stays apart, and why', () => {
    const apart = [{ name: 'c', title: 'Conv', nodes: [1], op: 'Conv', reasons: ['b stays apart: it is'] }];
    const told: PlanFile = JSON.parse(planJson({ ...source, compile: { ...source.compile, apart } }));
    expect(validate(told), JSON.stringify(validate.errors)).toBe(true);
    expect(told.apart).toEqual([
      { title: 'Conv', nodes: [1], op: 'Conv', reasons: ['b stays apart: it is'] },
    ]);
    expect(told.account).toEqual(source.compile.account);
    expect(told.groups.map(({ reasons, before, after }) => ({ reasons, before, after }))).toEqual(
      source.compile.groups.map(({ reasons, before, after }) => ({ reasons, before, after })),
    );
    expect(file.apart).toBeUndefined();
  });

  test('says what was planned and measured', () => {
    expect(file.plans.map(plan => plan.column)).toEqual(['asGiven', 'asExecuted']);
    expect(file.plans[0]?.arena).toEqual({
      sizeBytes: 300,
      lowerBoundBytes: 300,
      peakStep: 3,
      unplannedBytes: 600,
      optimal: true,
    });
    expect(file.plans[0]?.tensors[1]).toEqual({
      id: 1,
      name: 'B',
      kind: 'activation',
      graphTensors: [1],
      dtype: 'float32',
      shape: [25],
      sizeBytes: 100,
      offset: 100,
      lower: 0,
      upper: 2,
      writer: 0,
      readers: [1],
    });
    expect(file.model.dimensions).toEqual({ batch: 1 });
    expect(file.warnings).toHaveLength(1);
    expect(file.measurements.map(({ run, step, medianNs }) => [run, step, medianNs])).toEqual([
      ['r1', undefined, 6000],
      ...[0, 1, 2, 3, 4].map(i => ['r1', i, 1001 + i]),
    ]);
  });

  test('zod and the schema agree on broken copies', () => {
    const verdicts = { valid: 0, broken: 0 };
    for (let seed = 1; seed <= 1500; seed++) {
      const copy = mutated(JSON.parse(text), seededRandom(seed));
      const byZod = planFile.safeParse(copy).success;
      expect(validate(copy), `seed ${seed}: ${JSON.stringify(validate.errors)}`).toBe(byZod);
      verdicts[byZod ? 'valid' : 'broken']++;
    }
    // Both verdicts must occur, or nothing was compared.
    expect(verdicts.valid).toBeGreaterThan(20);
    expect(verdicts.broken).toBeGreaterThan(500);
  });
});

test('a report that cannot be written is a bug and throws', () => {
  const compile = { ...source.compile, weightsBytes: 1.5 };
  expect(() => planJson({ ...source, compile })).toThrow(/weightsBytes/);
});

type Json = Record<string, unknown>;

/** One property anywhere in the file changed, removed or added. */
function mutated(root: Json, random: () => number): Json {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const objects: Json[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (Object.keys(value).length > 0) objects.push(value as Json);
    Object.values(value).forEach(visit);
  };
  visit(root);
  const target = pick(objects);
  const key = pick(Object.keys(target));
  const change = random();
  if (change < 0.6) target[key] = pick([0, 1, -1, 1.5, '', 'x', true, null, [], {}, 1e300]);
  else if (change < 0.9) Array.isArray(target) ? target.pop() : delete target[key];
  else if (Array.isArray(target)) target.push(pick([0, -1, 'x']));
  else target.unknown = 1;
  return root;
}
