import { describe, expect, it } from 'vitest';
import type { KeptRun, OpenModel } from '../../../../renderer/state/app-state.ts';
import {
  compileText,
  dataOf,
  describeRun,
  otherDimensions,
} from '../../../../renderer/state/derived/describe-run.ts';
import { firstOptions } from '../../../../renderer/state/settings.ts';
import { runFor, SUMMARY } from '../../support/made-up.ts';

const kept = (inputs: string, dims: Record<string, number>): KeptRun => ({
  number: 1,
  key: '',
  inputs,
  report: { options: { ...firstOptions(undefined), dims } } as KeptRun['report'],
});
const height = { key: 'height', inputs: [{ name: 'x', axis: 2 }], extent: 320, reason: 'given' } as const;
const model = { summary: { ...SUMMARY, dimensions: [height] } } as unknown as OpenModel;

describe('what a run is called', () => {
  it('its data are named where they are not the usual', () => {
    expect(dataOf(kept('random, seed 1', {}))).toBeUndefined();
    expect(dataOf(kept('x: cat.npy', {}))).toBe('x: cat.npy');
    expect(describeRun(kept('x: cat.npy', { height: 320 }), model)).toMatch(/threads? · x: cat\.npy$/);
  });

  it('compiling a program that was kept is not called compiling', () => {
    const run = runFor(firstOptions(undefined), 'r');
    const [fresh, again] = [undefined, true].map(cached => ({
      ...run,
      compileMs: 60.5,
      compile: { ...run.compile, ...(cached && { cached }) },
    }));
    expect(fresh && compileText(fresh)).toBe('60.5 ms');
    expect(again && compileText(again)).toBe('60.5 ms, kept');
  });

  it('its dimensions are named where the model has others now', () => {
    expect(otherDimensions(kept('', { height: 320 }), model)).toBeUndefined();
    expect(otherDimensions(kept('', { height: 640 }), model)).toBe('height = 640');
  });
});
