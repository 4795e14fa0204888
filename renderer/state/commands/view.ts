// Which view is shown and how, steps, pins, the theme.

import { activeModel, VIEWS, type ViewName } from '../app-state.ts';
import type { Command } from './command.ts';
import { always, hasModel, hasPlan, hasRuns, moveStep, pinTarget } from './conditions.ts';

export const VIEW: readonly Command[] = [
  ...Object.entries(VIEWS).map(
    ([name, title], index): Command => ({
      id: `view-${name}`,
      title,
      menu: 'View',
      shortcut: String(index + 1),
      enabled: hasModel,
      checked: state => state.view === name,
      run: a => a.setView(name as ViewName),
    }),
  ),
  {
    id: 'column',
    title: 'Show the plan as executed',
    menu: 'View',
    section: true,
    shortcut: 'X',
    enabled: hasPlan,
    checked: state => activeModel(state)?.column === 'asExecuted',
    run: (a, state) => a.setColumn(activeModel(state)?.column === 'asGiven' ? 'asExecuted' : 'asGiven'),
  },
  { id: 'next-step', title: 'Next step', menu: 'View', shortcut: '.', enabled: hasPlan, run: moveStep(1) },
  {
    id: 'previous-step',
    title: 'Previous step',
    menu: 'View',
    shortcut: ',',
    enabled: hasPlan,
    run: moveStep(-1),
  },
  {
    id: 'peak-owners',
    title: 'Who owns the peak',
    menu: 'View',
    shortcut: 'O',
    enabled: hasPlan,
    checked: state => state.peakOwners,
    run: (a, state) => {
      const listed = state.view === 'timeline' || state.view === 'memory';
      a.setPeakOwners(!listed || !state.peakOwners);
      if (!listed) a.setView('timeline');
    },
  },
  {
    id: 'pin',
    title: 'Pin the tensor selected to the timeline',
    menu: 'View',
    shortcut: 'P',
    enabled: state => pinTarget(state) !== undefined,
    checked: state => {
      const tensor = pinTarget(state);
      return tensor !== undefined && activeModel(state)?.pinned.has(tensor) === true;
    },
    run: (a, state) => {
      const tensor = pinTarget(state);
      if (tensor !== undefined) a.togglePin(tensor);
    },
  },
  {
    id: 'time-axis',
    title: 'Measured time along timeline and memory map',
    menu: 'View',
    shortcut: 'T',
    enabled: hasRuns,
    checked: state => state.timeline.axis === 'time',
    run: (a, state) => a.setTimelineLook({ axis: state.timeline.axis === 'time' ? 'step' : 'time' }),
  },
  {
    id: 'roofline',
    title: 'Roofline plot',
    menu: 'View',
    shortcut: 'R',
    enabled: hasPlan,
    checked: state => state.roofline,
    run: (a, state) => {
      a.setRoofline(state.view !== 'operators' || !state.roofline);
      a.setView('operators');
    },
  },
  {
    id: 'theme-system',
    title: 'Theme of the system',
    menu: 'View',
    section: true,
    enabled: always,
    checked: state => state.theme === 'system',
    run: a => a.setTheme('system'),
  },
  {
    id: 'theme-light',
    title: 'Light theme',
    menu: 'View',
    enabled: always,
    checked: state => state.theme === 'light',
    run: a => a.setTheme('light'),
  },
  {
    id: 'theme-dark',
    title: 'Dark theme',
    menu: 'View',
    enabled: always,
    checked: state => state.theme === 'dark',
    run: a => a.setTheme('dark'),
  },
];
