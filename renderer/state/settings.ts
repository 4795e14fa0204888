// The toggles as the app shows them: their names, their identity, and what they are called in a line.

import type { CompileOptions, Leanness, SimdClass, Strategy } from '../../engine/options.ts';
import type { Machine } from '../../engine/protocol.ts';

export const STRATEGY_NAMES: Readonly<Record<Strategy, string>> = {
  off: 'Off',
  refcount: 'Reference count',
  size: 'Greedy by size',
  breadth: 'Greedy by breadth',
  bestfit: 'Best fit',
  tflm: 'TFLite-Micro',
  climb: 'Hill climb',
  exact: 'Exact search',
};

export const SIMD_NAMES: Readonly<Record<SimdClass, string>> = {
  scalar: 'Scalar',
  '128': '128 bit',
  '256': '256 bit',
};

/** Threads to choose from, as far as the machine has cores. */
export const THREAD_COUNTS: readonly number[] = [1, 2, 4, 8, 16, 32, 64];

export const LAYOUT_NAMES: Readonly<Record<CompileOptions['layout'], string>> = {
  auto: 'Automatic',
  nchw: 'NCHW',
  nhwc: 'NHWC',
};

export type DepthFirst = CompileOptions['depthFirst'];

export const DEPTH_FIRST_NAMES: Readonly<Record<DepthFirst, string>> = {
  off: 'Off',
  auto: 'Where no time is lost',
  memory: 'For the least memory',
};

export const LEANNESS_NAMES: Readonly<Record<Leanness, string>> = {
  off: 'Off',
  strips: 'In strips',
  full: 'As lean as can be',
};

/** What a model is opened with: everything on, as far as this machine can. */
export function firstOptions(machine: Machine | undefined): CompileOptions {
  return {
    fusion: true,
    disabledGroups: [],
    planner: 'size',
    inPlace: true,
    overlap: true,
    lean: 'strips',
    reorder: true,
    depthFirst: 'off',
    simd: machine?.simd.at(-1) ?? '128',
    threads: machine?.defaultThreads ?? 1,
    layout: 'auto',
    fma: true,
    winograd: true,
    dims: {},
    capture: [],
    reference: false,
  };
}

/** The toggles that carry over to another model: not what names its groups, dimensions or values. */
export const carriedOver = (options: CompileOptions): CompileOptions => ({
  ...options,
  disabledGroups: [],
  dims: {},
  capture: [],
});

/** Equal for options that compile to the same program, whatever order they were put together in. */
export function optionsKey(options: CompileOptions): string {
  const { disabledGroups, capture, dims, ...rest } = options;
  const sorted = (record: object): readonly unknown[] =>
    Object.entries(record)
      .filter(([, value]) => value !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([sorted(rest), sorted(dims), disabledGroups.toSorted(), capture.toSorted()]);
}
