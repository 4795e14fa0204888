import { describe, expect, it } from 'vitest';
import { type AppState, FIRST_STATE, optionsOf } from '../../../../renderer/state/app-state.ts';
import { MENUS } from '../../../../renderer/state/commands/command.ts';
import { ALIASES, COMMANDS, findCommand } from '../../../../renderer/state/commands/commands.ts';
import { commandFor, shortcutOf } from '../../../../renderer/state/commands/shortcuts.ts';
import { madeUpApp, SIX } from '../../support/made-up-app.ts';

const press = (key: string, modifiers: Partial<Record<'ctrl' | 'shift' | 'alt' | 'meta', boolean>> = {}) => ({
  key,
  ctrlKey: modifiers.ctrl ?? false,
  shiftKey: modifiers.shift ?? false,
  altKey: modifiers.alt ?? false,
  metaKey: modifiers.meta ?? false,
});

describe('the command table', () => {
  it('has every id and every shortcut once', () => {
    const ids = COMMANDS.map(command => command.id);
    expect(new Set(ids).size).toBe(ids.length);
    const shortcuts = [...COMMANDS.flatMap(({ shortcut }) => shortcut ?? []), ...Object.keys(ALIASES)];
    expect(new Set(shortcuts).size).toBe(shortcuts.length);
  });

  it('fills every menu', () => {
    for (const menu of MENUS) expect(COMMANDS.some(command => command.menu === menu)).toBe(true);
  });

  it('names commands that exist', () => {
    for (const id of Object.values(ALIASES)) expect(findCommand(id)).toBeDefined();
  });

  it('offers without a model only what needs none', () => {
    const offered = COMMANDS.filter(command => command.enabled(FIRST_STATE)).map(command => command.id);
    expect(offered).toEqual([
      'open-file',
      'open-folder',
      'clear-programs',
      'theme-system',
      'theme-light',
      'theme-dark',
      'palette',
      'shortcuts',
      'about',
    ]);
  });

  it('reaches every shortcut from the keyboard', () => {
    for (const { id, shortcut } of COMMANDS) {
      if (!shortcut) continue;
      const parts = shortcut.split(/\+(?=.)/);
      const key = parts.at(-1) ?? '';
      const found = commandFor(
        press(/^[A-Z]$/.test(key) ? key.toLowerCase() : key, {
          ctrl: parts.includes('Ctrl'),
          shift: parts.includes('Shift'),
        }),
        false,
      );
      expect(found?.id).toBe(id);
    }
  });
});

describe('shortcuts', () => {
  it('are written the way the table writes them', () => {
    expect(shortcutOf(press('P', { ctrl: true, shift: true }))).toBe('Ctrl+Shift+P');
    expect(shortcutOf(press('?', { shift: true }))).toBe('?');
    expect(shortcutOf(press('k', { meta: true }))).toBe('Ctrl+K');
    expect(shortcutOf(press('Enter', { ctrl: true }))).toBe('Ctrl+Enter');
  });

  it('work on layouts without Latin letters, or with digits behind Shift', () => {
    const placed = (key: string, code: string, modifiers = {}) => ({ ...press(key, modifiers), code });
    // Russian
    expect(commandFor(placed('л', 'KeyK', { ctrl: true }), true)?.id).toBe('palette');
    expect(commandFor(placed('Е', 'KeyT', { shift: true }), false)?.id).toBe('colour-time');
    expect(commandFor(placed('ю', 'Period'), false)?.id).toBe('next-step');
    // French
    expect(commandFor(placed('&', 'Digit1'), false)?.id).toBe(commandFor(press('1'), false)?.id);
    expect(commandFor(placed('1', 'Digit1', { shift: true }), false)?.id).toBe(
      commandFor(press('1'), false)?.id,
    );
    expect(shortcutOf(placed('a', 'KeyQ'))).toBe('A');
    // What a Latin layout types is what counts.
    expect(shortcutOf(placed(',', 'KeyW'))).toBe(',');
    expect(shortcutOf(placed('!', 'Digit1', { shift: true }))).toBe('!');
    expect(shortcutOf(placed('é', 'KeyW'))).toBe('é');
  });

  it('leave typing alone', () => {
    expect(commandFor(press('1'), true)).toBeUndefined();
    expect(commandFor(press('z', { ctrl: true }), true)).toBeUndefined();
    expect(commandFor(press('f', { ctrl: true }), true)?.id).toBe('find');
  });
});

describe('commands of settings', () => {
  it.each([
    ['planner-bestfit', 'Planner: Best fit', { planner: 'bestfit' }],
    ['simd-scalar', 'SIMD: Scalar', { simd: 'scalar' }],
    ['threads-1', 'Threads: 1', { threads: 1 }],
    ['layout-nhwc', 'Layout: NHWC', { layout: 'nhwc' }],
    ['depthFirst-memory', 'Depth-first: For the least memory', { depthFirst: 'memory' }],
  ])('%s', async (id, title, setting) => {
    const { store, actions, shown } = madeUpApp();
    await actions.open(SIX);
    const command = findCommand(id) ?? expect.fail(`there is no command ${id}`);
    expect(command.title).toBe(title);
    command.run(actions, store.getState());
    await expect.poll(() => optionsOf(shown())).toMatchObject(setting);
    expect(command.checked?.(store.getState())).toBe(true);
  });

  it('are offered as far as the machine can', async () => {
    const { store, actions } = madeUpApp();
    await actions.open(SIX);
    const offers = (id: string) => findCommand(id)?.enabled(store.getState());
    const machine = { cores: 2, simd: ['scalar', '128'], defaultThreads: 2 } as const;
    store.setState({ machine: machine as unknown as NonNullable<AppState['machine']> });
    expect([offers('threads-2'), offers('threads-4')]).toEqual([true, false]);
    expect([offers('simd-128'), offers('simd-256')]).toEqual([true, false]);
  });
});

describe('commands of runs', () => {
  const command = (id: string) => findCommand(id) ?? expect.fail(`there is no command ${id}`);

  it('the planner is switched on with the strategy it was switched off from', async () => {
    const { store, actions, shown } = madeUpApp();
    await actions.open(SIX);
    await actions.set({ planner: 'exact' });
    const toggle = () => command('toggle-planner').run(actions, store.getState());
    toggle();
    expect(optionsOf(shown()).planner).toBe('off');
    toggle();
    expect(optionsOf(shown()).planner).toBe('exact');
  });

  it('two runs with the same settings are not offered to be measured together', async () => {
    const { store, actions } = madeUpApp();
    await actions.open(SIX);
    await actions.run();
    await actions.run();
    actions.compareRuns({ a: 1, b: 2 });
    expect(command('comparing').enabled(store.getState())).toBe(true);
    expect(command('measure-both').enabled(store.getState())).toBe(false);
    await actions.set({ fusion: false });
    await actions.run();
    actions.compareRuns({ b: 3 });
    expect(command('measure-both').enabled(store.getState())).toBe(true);
  });
});
