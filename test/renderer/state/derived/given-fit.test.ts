import { describe, expect, it } from 'vitest';
import type { OpenDimension, TensorSummary } from '../../../../engine/report/types/model.ts';
import { fitOf, misfitOf, misfitsOf } from '../../../../renderer/state/derived/given-fit.ts';
import { SUMMARY } from '../../support/made-up.ts';

const x = {
  id: 0,
  name: 'x',
  kind: 'input',
  dtype: 'float32',
  shape: [1, 3, 640, 320],
  declared: ['N', 3, 'H', 'W'],
  consumers: [],
} as const satisfies TensorSummary;
const dimension = (key: string, axis: number, rest: Partial<OpenDimension>): OpenDimension => ({
  key,
  inputs: [{ name: 'x', axis }],
  reason: 'unbound',
  ...rest,
});
const dimensions = [
  dimension('N', 0, { extent: 1, reason: 'batch default' }),
  dimension('H', 2, { extent: 640, reason: 'given' }),
  dimension('W', 3, {}),
];
const given = (dtype: string, shape: readonly number[]) => fitOf({ dimensions }, x, { dtype, shape });

describe('a tensor given for an input', () => {
  it('binds what nobody has bound, where that changes something', () => {
    expect(given('float32', [1, 3, 640, 320])).toEqual({ fits: true, dims: { W: 320 } });
    expect(given('float32', [4, 3, 640, 96])).toEqual({ fits: true, dims: { N: 4, W: 96 } });
  });

  it('may fit no more: then it is told what was given, and what would have to be', () => {
    const misfit = (shape: readonly number[], all: readonly OpenDimension[]) =>
      misfitOf({ dimensions: all }, x, { label: 'cat.png', found: { dtype: 'float32', shape } });
    const bound = [dimension('W', 3, { extent: 320, reason: 'given' }), ...dimensions.slice(0, 2)];
    expect(misfit([1, 3, 640, 320], bound)).toBeUndefined();
    expect(misfit([1, 3, 640, 96], bound)).toBe(
      'cat.png: Expected float32 N×3×640×320 (W is bound to 320), found float32 1×3×640×96.',
    );
    // As when binding it was undone.
    expect(misfit([4, 3, 640, 320], bound)).toBe('cat.png: Bind N = 4 for it.');
  });

  it('keeps a run from being started as long as it does not fit', () => {
    const inputs = (shape: readonly number[]) => ({
      seed: 1,
      given: new Map([
        ['x', { source: { kind: 'npy', base64: '' }, label: 'x.npy', found: { dtype: 'float32', shape } }],
      ] as const),
    });
    const summary = { ...SUMMARY, graph: { ...SUMMARY.graph, tensors: [x] }, dimensions: [] };
    expect(misfitsOf({ summary, inputs: inputs([1, 3, 640, 320]) })).toBeUndefined();
    expect(misfitsOf({ summary, inputs: inputs([1, 3, 640, 96]) })).toMatch(/^x\.npy: Expected/);
    expect(misfitsOf({ summary, inputs: { seed: 1, given: new Map() } })).toBeUndefined();
  });

  it('is refused for its type, its rank and its extents', () => {
    expect(given('float16', [1, 3, 640, 320])).toEqual({
      fits: false,
      why: 'Expected float32 N×3×640×W, found float16 1×3×640×320.',
    });
    expect(given('float32', [1000, 1024])).toMatchObject({ fits: false });
    expect(given('float32', [1, 1, 640, 320])).toMatchObject({ fits: false });
  });

  it('is told which dimension is bound otherwise', () => {
    expect(given('float32', [1, 3, 320, 320])).toEqual({
      fits: false,
      why: 'Expected float32 N×3×640×W (H is bound to 640), found float32 1×3×320×320.',
    });
  });

  it('has one extent for each symbol', () => {
    const square = [{ ...dimension('S', 2, {}), inputs: [2, 3].map(axis => ({ name: 'x', axis })) }];
    const both = { ...x, declared: [1, 3, 'S', 'S'] };
    const squared = (shape: number[]) => fitOf({ dimensions: square }, both, { dtype: 'float32', shape });
    expect(squared([1, 3, 8, 8])).toEqual({ fits: true, dims: { S: 8 } });
    expect(squared([1, 3, 8, 9])).toMatchObject({ fits: false });
  });

  it('of a kind without a shape is looked at when it runs', () => {
    expect(fitOf({ dimensions }, x, {})).toEqual({ fits: true, dims: {} });
    const { shape: _, declared: __, ...anyRank } = x;
    expect(fitOf({ dimensions }, anyRank, { dtype: 'float32', shape: [2] })).toEqual({
      fits: true,
      dims: {},
    });
  });
});
