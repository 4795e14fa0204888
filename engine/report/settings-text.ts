// Settings in a line: what tells one run from another, the same in the app and in reports.

import type { CompileOptions } from '../options.ts';

const DEPTH_FIRST_WORDS = { auto: 'depth-first', memory: 'depth-first for memory' } as const;
const LEANNESS_WORDS = { off: 'not lean', full: 'lean' } as const;

/** 'fusion on · planner size · 256 bit · 1 thread', then each toggle that is not as at first; not the dimensions. */
export function settingsText(options: CompileOptions): string {
  const groups = options.disabledGroups.length;
  return [
    options.fusion ? (groups > 0 ? `fusion on but ${groups}` : 'fusion on') : 'fusion off',
    `planner ${options.planner}`,
    options.simd === 'scalar' ? 'scalar' : `${options.simd} bit`,
    `${options.threads} ${options.threads === 1 ? 'thread' : 'threads'}`,
    ...(options.layout === 'auto' ? [] : [options.layout.toUpperCase()]),
    ...(options.fma ? [] : ['no multiply-add']),
    ...(options.inPlace ? [] : ['not in place']),
    ...(options.overlap ? [] : ['no overlap']),
    ...(options.lean === 'strips' ? [] : [LEANNESS_WORDS[options.lean]]),
    ...(options.reorder ? [] : ['order of the file']),
    ...(options.depthFirst === 'off' ? [] : [DEPTH_FIRST_WORDS[options.depthFirst]]),
    ...(options.winograd ? [] : ['no Winograd']),
    ...(options.reference ? ['interpreted'] : []),
  ].join(' · ');
}

/** The same, and the dimensions that were given: for who has no model beside it. */
export const allSettingsText = (options: CompileOptions): string =>
  [
    settingsText(options),
    ...Object.entries(options.dims).map(([name, extent]) => `${name} = ${extent}`),
  ].join(' · ');
