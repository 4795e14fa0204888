// The toggles that the toolbar has, each value as a command of its own.

import type { CompileOptions, SimdClass, Strategy } from '../../../engine/options.ts';
import { type AppState, activeModel, optionsOf } from '../app-state.ts';
import {
  DEPTH_FIRST_NAMES,
  type DepthFirst,
  LAYOUT_NAMES,
  SIMD_NAMES,
  STRATEGY_NAMES,
  THREAD_COUNTS,
} from '../settings.ts';
import type { Command } from './command.ts';
import { fusionOn, hasModel, lastPlanner, plannerOn } from './conditions.ts';

const TOGGLES: readonly Command[] = [
  {
    id: 'toggle-fusion',
    title: 'Fusion',
    menu: 'Settings',
    shortcut: 'Shift+F',
    enabled: hasModel,
    checked: fusionOn,
    run: (a, state) => a.set({ fusion: !fusionOn(state) }),
  },
  {
    id: 'toggle-planner',
    title: 'Memory planner',
    menu: 'Settings',
    shortcut: 'Shift+P',
    enabled: hasModel,
    checked: plannerOn,
    run: (a, state) => a.set({ planner: plannerOn(state) ? 'off' : lastPlanner(state) }),
  },
];

const coresOf = ({ machine }: AppState): number => machine?.cores ?? 1;

/** A command per value of a setting, which shows the one that is set. */
function choosing<Name extends keyof CompileOptions>(
  name: Name,
  label: string,
  choices: readonly (readonly [value: CompileOptions[Name], title: string])[],
  possible: (state: AppState, value: CompileOptions[Name]) => boolean = () => true,
): readonly Command[] {
  return choices.map(([value, title], at) => ({
    id: `${name}-${value}`,
    title: `${label}: ${title}`,
    menu: 'Settings',
    section: at === 0,
    enabled: state => hasModel(state) && possible(state, value),
    checked: state => {
      const model = activeModel(state);
      return model !== undefined && optionsOf(model)[name] === value;
    },
    run: a => void a.set({ [name]: value }),
  }));
}

const named = <T extends string>(names: Readonly<Record<T, string>>) =>
  (Object.keys(names) as T[]).map(value => [value, names[value]] as const);

export const SETTINGS: readonly Command[] = [
  ...TOGGLES,
  ...choosing('planner', 'Planner', named<Strategy>(STRATEGY_NAMES)),
  ...choosing(
    'simd',
    'SIMD',
    named<SimdClass>(SIMD_NAMES),
    ({ machine }, simd) => machine?.simd.includes(simd) ?? false,
  ),
  ...choosing(
    'threads',
    'Threads',
    THREAD_COUNTS.map(count => [count, String(count)]),
    (state, threads) => threads <= coresOf(state),
  ),
  ...choosing('layout', 'Layout', named(LAYOUT_NAMES)),
  ...choosing('depthFirst', 'Depth-first', named<DepthFirst>(DEPTH_FIRST_NAMES)),
];
