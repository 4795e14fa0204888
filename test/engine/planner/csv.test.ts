import { describe, expect, test } from 'vitest';
import { readCsv, writeCsv } from '../../../engine/planner/csv.ts';
import { plan } from '../../../engine/planner/plan.ts';
import { seededRandom } from '../../../engine/random.ts';
import { loosened, randomProblem, SIX_TENSORS, sharedProblems } from '../../support/problems.ts';
import { hasShared } from '../../support/shared.ts';

const errorOf = (text: string) => {
  const result = readCsv(text);
  return result.ok ? undefined : result.error;
};
const buffersOf = (text: string) => {
  const result = readCsv(text);
  return result.ok ? result.problem.buffers : result.error;
};

describe('reading', () => {
  test('columns in any order, synonyms, carriage returns, blanks', () => {
    const text = 'size, start ,buffer_id,upper\r\n4,0,x,3\r\n 8 , 1, y ,2\r\n';
    expect(buffersOf(text)).toEqual([
      { id: 'x', lower: 0, upper: 3, size: 4 },
      { id: 'y', lower: 1, upper: 2, size: 8 },
    ]);
  });

  test('end is inclusive, upper is not', () => {
    expect(buffersOf('id,begin,end,size\nx,0,3,4\n')).toEqual([{ id: 'x', lower: 0, upper: 4, size: 4 }]);
  });

  test('other columns are passed over, and named', () => {
    const read = readCsv('name,id,lower,upper,size,\nfirst,x,0,9,4,\n');
    const buffers = [{ id: 'x', lower: 0, upper: 9, size: 4 }];
    expect(read).toEqual({ ok: true, problem: { buffers }, passedOver: ['name', ''] });
  });

  test('alignment and fixed offset; empty cells are defaults; -1 is no hint', () => {
    expect(buffersOf('id,lower,upper,size,alignment,hint,offset\nx,0,3,4,8,-1,16\ny,0,1,4,,,\n')).toEqual([
      { id: 'x', lower: 0, upper: 3, size: 4, alignment: 8, offset: 16 },
      { id: 'y', lower: 0, upper: 1, size: 4 },
    ]);
  });

  test('a hint is kept, and written again', () => {
    const text = 'id,lower,upper,size,hint\nx,0,3,4,16\ny,0,1,4,-1\n';
    expect(buffersOf(text)).toEqual([
      { id: 'x', lower: 0, upper: 3, size: 4, hint: 16 },
      { id: 'y', lower: 0, upper: 1, size: 4 },
    ]);
    const result = readCsv(text);
    expect(result.ok && writeCsv(result.problem)).toBe(text);
    expect(errorOf('id,lower,upper,size,hint\nx,0,3,4,-2\n')?.message).toContain('-1 or more');
  });

  test('stops at the first empty line', () => {
    expect(buffersOf('id,lower,upper,size\nx,0,3,4\n\nnot a row')).toHaveLength(1);
  });

  test.each([
    ['', 1, 1, 'column id'],
    ['id,lower,upper,size\nx,0,1,9007199254740980\ny,0,1,50', 3, 1, 'together'],
    ['id,lower,upper\nx,0,1', 1, 1, 'size'],
    ['id,lower,size\nx,0,1', 1, 1, 'upper'],
    ['id,lower,upper,end,size\n', 1, 1, 'both'],
    ['id,lower,upper,size,id\n', 1, 21, 'second'],
    ['id,lower,upper,sise\n', 1, 1, 'size, found "sise"'],
    ['id,lower,upper,size,colour,colour\n', 1, 28, 'second: "colour"'],
    ['id,lower,upper,size\nx,0,1', 2, 5, '4 columns, found 3'],
    ['id,lower,upper,size\nx,0,1,2,3', 2, 7, '4 columns, found 5'],
    ['id,lower,upper,size\nx,0,1,many', 2, 7, '"many"'],
    ['id,lower,upper,size\nx,0,1,1.5', 2, 7, '"1.5"'],
    ['id,lower,upper,size\nx,0,1,-4', 2, 7, '0 or more'],
    ['id,lower,upper,size\nx,0,1,99999999999999999999', 2, 7, 'whole number'],
    ['id,lower,upper,size\nx,3,3,4', 2, 5, '[3, 3)'],
    ['id,lower,upper,size\nx,,3,4', 2, 3, 'found nothing'],
    ['id,lower,upper,size\n,0,3,4', 2, 1, 'an id'],
    ['id,lower,upper,size\nx,0,3,4\nx,0,3,4', 3, 1, 'line 2'],
    ['id,lower,upper,size,gaps\nx,0,9,4,2:3', 2, 9, 'gaps as'],
    ['id,lower,upper,size,gaps\nx,0,9,4,2-99999999999999999999', 2, 9, 'found 100000000000000000000'],
    ['id,lower,upper,size,gaps\nx,0,9,4,2-12', 2, 9, 'within [0, 9)'],
    ['id,lower,upper,size,gaps\nx,0,9,4,2-3@0:5', 2, 9, 'within [0, 4)'],
    ['id,lower,upper,size,gaps\nx,0,9,4,2-5 4-6', 2, 9, 'within [5, 9)'],
    ['id,lower,upper,size,overlaps\nx,0,9,4,1@0', 2, 9, 'row below 1'],
    ['id,lower,upper,size,alignment\nx,0,9,4,0', 2, 9, '1 or more'],
    ['id,lower,upper,size,alignment,offset\nx,0,9,4,8,4', 2, 11, 'multiple'],
    ['id,lower,upper,size,offset\nx,0,9,4,0\ny,8,9,4,2', 3, 1, 'y at 2 over x at 0'],
  ])('%j is refused with a place', (text, line, column, message) => {
    expect(errorOf(text)).toMatchObject({ line, column, message: expect.stringContaining(message) });
  });

  test('fixed buffers that meet are refused, unless an overlap lets them lie so', () => {
    const fixedAt = (offset: number, leave: string) =>
      errorOf(`id,lower,upper,size,offset,overlaps\nx,0,9,8,0,\ny,0,9,8,${offset},${leave}\n`)?.message;
    const refused = (offset: number) => `expected fixed buffers apart, found y at ${offset} over x at 0`;
    expect(fixedAt(8, '')).toBeUndefined();
    expect(fixedAt(7, '')).toBe(refused(7));
    expect(fixedAt(4, '0@4')).toBeUndefined();
    expect(fixedAt(3, '0@4')).toBe(refused(3));
    expect(fixedAt(4, '0=4')).toBeUndefined();
    expect(fixedAt(5, '0=4')).toBe(refused(5));
  });

  test('of several memories fixed buffers may lie at the same bytes, unless both must lie in one', () => {
    const fixedIn = (x: string, y: string, memories: number) =>
      readCsv(`id,lower,upper,size,offset,pools\nx,0,9,8,0,${x}\ny,0,9,8,0,${y}\n`, memories).ok;
    expect(fixedIn('', '', 1)).toBe(false);
    expect(fixedIn('', '', 2)).toBe(true);
    expect(fixedIn('a', 'a', 2)).toBe(false);
    expect(fixedIn('a', 'a b', 2)).toBe(true);
    expect(fixedIn('a', '', 2)).toBe(true);
  });

  test('broken files get an error with a place, never a crash', () => {
    for (let seed = 1; seed <= 2000; seed++) {
      const random = seededRandom(seed);
      const text = [...writeCsv(randomProblem(seed, { buffers: 6, steps: 9, maxSize: 99, aligned: true }))];
      for (let edits = 1 + random() * 4; edits > 0; edits--) {
        const junk = [',', '\n', '\r', '-', '0', 'x', '.', '"', '\u0000', '1e9', '\uFEFF', ''];
        const at = Math.floor(random() * text.length);
        text.splice(at, Math.floor(random() * 3), junk[Math.floor(random() * junk.length)] ?? '');
      }
      const result = readCsv(text.join(''));
      const label = `seed ${seed}`;
      if (result.ok) expect(() => plan(result.problem, 'size'), label).not.toThrow();
      else {
        expect(result.error.line, label).toBeGreaterThan(0);
        expect(result.error.column, label).toBeGreaterThan(0);
        expect(result.error.message, label).toMatch(/^expected .* found /);
      }
    }
  });
});

describe('writing', () => {
  test('what is written is read back', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const problem = randomProblem(seed, { buffers: 12, steps: 9, maxSize: 99, aligned: true, fixed: true });
      expect(buffersOf(writeCsv(problem)), `seed ${seed}`).toEqual(problem.buffers);
    }
  });

  test('so are gaps, windows and overlaps', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const plain = randomProblem(seed, { buffers: 8, steps: 9, maxSize: 99 });
      const { buffers, overlaps = [] } = loosened(plain, seed, { gaps: true, overlaps: 'both' });
      // A row names what its buffer may lie over, so they come back in the order of the rows.
      const problem = { buffers, overlaps: overlaps.toSorted((a, b) => a.above - b.above) };
      expect(readCsv(writeCsv(problem)), `seed ${seed}`).toEqual({ ok: true, problem });
    }
  });

  test('a solution is a problem with every buffer fixed, and keeps its height', () => {
    const { solution } = plan(SIX_TENSORS, 'refcount');
    const result = readCsv(writeCsv(SIX_TENSORS, solution));
    if (!result.ok) throw new Error(result.error.message);
    expect(plan(result.problem, 'size').solution).toEqual(solution);
  });

  test('ids that would break a row, or be alike, become others', () => {
    const buffer = { lower: 0, upper: 1, size: 1 };
    const ids = ['a,b', 'a\nb', 'a_b', ''].map(id => ({ id, ...buffer }));
    expect(buffersOf(writeCsv({ buffers: ids }))).toMatchObject([
      { id: 'a_b' },
      { id: 'a_b#2' },
      { id: 'a_b#3' },
      { id: '_' },
    ]);
  });
});

test.skipIf(!hasShared)('the instances are read whole', () => {
  const sizes = Object.fromEntries(
    sharedProblems().map(({ name, problem }) => [name, problem.buffers.length]),
  );
  expect(sizes).toMatchObject({ 'A.1048576.csv': 154, 'K.1048576.csv': 454, 'uretinex.csv': 183 });
});

test('memories and traffic are read and written', () => {
  const text = 'id,lower,upper,size,pools,traffic\nx,0,2,4,fast slow,12\ny,1,3,4,,\n';
  const read = readCsv(text);
  expect(read).toMatchObject({
    problem: {
      buffers: [
        { id: 'x', pools: ['fast', 'slow'], traffic: 12 },
        { id: 'y', lower: 1 },
      ],
    },
  });
  expect(read.ok && writeCsv(read.problem)).toBe(text);
});
