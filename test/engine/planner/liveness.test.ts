import { describe, expect, test } from 'vitest';
import { type LiveStep, livenessOf } from '../../../engine/planner/liveness.ts';

/** Values are letters of 10 bytes; capitals are constants. */
function lives(
  steps: readonly LiveStep<string>[],
  io: { readonly inputs?: string; readonly outputs?: string; readonly owner?: Record<string, string> },
) {
  const liveness = livenessOf(steps, {
    inputs: [...(io.inputs ?? '')],
    outputs: [...(io.outputs ?? '')],
    describe: id => (id === id.toUpperCase() ? undefined : { id, bytes: 10 }),
    owner: value => io.owner?.[value] ?? value,
  });
  return liveness.problem.buffers.map(({ id, lower, upper }, b) => {
    const { kind, values } = liveness.buffers[b] ?? {};
    return `${id} [${lower}, ${upper}) ${kind} ${values?.join('')}`;
  });
}
const step = (reads: string, writes: string): LiveStep<string> => ({
  reads: [...reads],
  writes: [...writes],
});

describe('lifetimes', () => {
  test('inputs from step 0 to their last use, outputs from their writer to the end', () => {
    expect(lives([step('i', 'a'), step('a', 'o'), step('a', 'p')], { inputs: 'i', outputs: 'op' })).toEqual([
      'i [0, 1) input i',
      'a [0, 3) activation a',
      'o [1, 3) output o',
      'p [2, 3) output p',
    ]);
  });

  test('an input nobody reads has a place in step 0; one that is an output lives throughout', () => {
    expect(lives([step('', 'a'), step('a', 'o')], { inputs: 'ij', outputs: 'oj' })).toEqual([
      'i [0, 1) input i',
      'j [0, 2) input j',
      'a [0, 2) activation a',
      'o [1, 2) output o',
    ]);
  });

  test('a result nobody reads lives while it is written', () => {
    expect(lives([step('i', 'ab'), step('a', 'o')], { inputs: 'i', outputs: 'o' })).toContain(
      'b [0, 1) activation b',
    );
  });

  test('constants take no memory', () => {
    expect(lives([step('iW', 'oC')], { inputs: 'iX', outputs: 'oC' })).toEqual([
      'i [0, 1) input i',
      'o [0, 1) output o',
    ]);
  });

  test('a graph without steps still has a place for what passes through', () => {
    expect(lives([], { inputs: 'i', outputs: 'i' })).toEqual(['i [0, 1) input i']);
  });

  test('scratch lives in its step', () => {
    const scratch = [{ id: 'tmp', bytes: 64 }];
    expect(lives([step('i', 'a'), { ...step('a', 'o'), scratch }], { inputs: 'i', outputs: 'o' })).toContain(
      'tmp [1, 2) scratch ',
    );
  });
});

describe('values that share a buffer', () => {
  test('a view nobody writes extends its owner', () => {
    const steps = [step('i', 'a'), step('', 'b'), step('v', 'o')];
    expect(lives(steps, { inputs: 'i', outputs: 'o', owner: { v: 'a' } })).toContain(
      'a [0, 3) activation av',
    );
  });

  test('a result written in place keeps the buffer alive', () => {
    const steps = [step('i', 'a'), step('a', 'b'), step('b', 'o')];
    expect(lives(steps, { inputs: 'i', outputs: 'o', owner: { b: 'a' } })).toEqual([
      'i [0, 1) input i',
      'a [0, 3) activation ab',
      'o [2, 3) output o',
    ]);
  });

  test('a result nobody reads keeps the buffer it is written into alive', () => {
    const steps = [step('i', 'a'), step('i', 'b')];
    expect(lives(steps, { inputs: 'i', owner: { b: 'a' } })).toContain('a [0, 2) activation ab');
  });

  test('an output that is a view makes its owner an output', () => {
    expect(
      lives([step('i', 'a'), step('i', 'b')], { inputs: 'i', outputs: 'v', owner: { v: 'a' } }),
    ).toContain('a [0, 2) output av');
  });
});

test('alignment goes to every buffer', () => {
  const { problem } = livenessOf([step('i', 'o')], {
    inputs: ['i'],
    outputs: ['o'],
    describe: id => ({ id, bytes: 1 }),
    alignment: 64,
  });
  expect(problem.buffers.map(buffer => buffer.alignment)).toEqual([64, 64]);
});

test('reading what was never written is a bug', () => {
  expect(() => lives([step('a', 'o')], { outputs: 'o' })).toThrow('step 0 reads a before it is written');
  expect(() => lives([step('', 'a')], { outputs: 'o' })).toThrow('the caller reads o before it is written');
});

describe('in-place results', () => {
  const over = (reads: string, writes: string, distance = 0): LiveStep<string> => ({
    ...step(reads, writes),
    inPlace: [{ result: writes, operand: reads.slice(0, 1), distance }],
  });
  const overlapsOf = (steps: readonly LiveStep<string>[], inputs: string, outputs: string) =>
    livenessOf(steps, {
      inputs: [...inputs],
      outputs: [...outputs],
      describe: id => ({ id, bytes: 10 }),
    }).problem.overlaps;

  test('over an operand that dies where the result is born', () => {
    expect(overlapsOf([over('i', 'a'), over('a', 'o')], 'i', 'o')).toEqual([
      { below: 1, above: 0, distance: 0, exact: true },
      { below: 2, above: 1, distance: 0, exact: true },
    ]);
  });

  test('the lower of two is the operand where the result lies above it', () => {
    expect(overlapsOf([over('i', 'o', -4)], 'i', 'o')).toEqual([
      { below: 0, above: 1, distance: 4, exact: true },
    ]);
  });

  test('not over what is read again, is an output, or was there before', () => {
    expect(overlapsOf([over('i', 'a'), step('ia', 'o')], 'i', 'o')).toBeUndefined();
    expect(overlapsOf([over('i', 'o')], 'i', 'io')).toBeUndefined();
    expect(overlapsOf([step('j', 'o'), over('i', 'o')], 'ij', 'o')).toBeUndefined();
    expect(overlapsOf([over('i', 'j')], 'ij', 'j')).toBeUndefined();
  });

  test('a trailing result may lie further below, up to where the two are apart anyway', () => {
    const trailing = (distance: number): LiveStep<string> => ({
      ...step('i', 'o'),
      inPlace: [{ result: 'o', operand: 'i', distance, trailing: true }],
    });
    expect(overlapsOf([trailing(9)], 'i', 'o')).toEqual([{ below: 1, above: 0, distance: 9 }]);
    expect(overlapsOf([trailing(10)], 'i', 'o')).toBeUndefined();
  });
});

test('a buffer has room for the whole of its owner, also where only a part of it is written', () => {
  const bytes: Readonly<Record<string, number>> = { whole: 16, part: 4, other: 8 };
  const { problem } = livenessOf(
    [
      { reads: [], writes: ['part'] },
      { reads: ['part'], writes: ['other'] },
    ],
    {
      inputs: [],
      outputs: ['other'],
      describe: id => ({ id, bytes: bytes[id] ?? 0 }),
      owner: id => (id === 'part' ? 'whole' : id),
    },
  );
  expect(problem.buffers.map(({ size }) => size)).toEqual([16, 8]);
});
