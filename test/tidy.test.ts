// The rules of the tree, as tests: who may import whom, what lies at the top, what must not be left behind.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Files of the tree as git sees them, committed or about to be. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter(name => name !== '' && existsSync(path.join(root, name)));
const sources = files.filter(name => /\.(ts|tsx|mjs)$/.test(name));
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');

/**
 * Folder or file → what it may import besides itself. The longest matching prefix decides.
 * `types` lists what only `import type` may reach.
 */
const RULES: readonly { from: string; may: readonly string[]; types?: readonly string[] }[] = [
  { from: 'engine/ir/', may: [] },
  { from: 'engine/options.ts', may: [] },
  { from: 'engine/frames.ts', may: [] },
  { from: 'engine/random.ts', may: [] },
  {
    from: 'engine/protocol.ts',
    may: ['engine/options.ts'],
    types: ['engine/report/types/', 'engine/report/what-if/types.ts'],
  },
  { from: 'engine/planner/', may: ['engine/random.ts'], types: ['engine/options.ts'] },
  { from: 'engine/onnx/', may: ['engine/ir/'] },
  { from: 'engine/samples/', may: ['engine/ir/'] },
  { from: 'engine/reference/', may: ['engine/ir/'] },
  {
    from: 'engine/passes/',
    may: ['engine/ir/', 'engine/reference/'],
    types: ['engine/options.ts', 'engine/report/types/'],
  },
  { from: 'engine/fusion/', may: ['engine/ir/', 'engine/passes/'] },
  {
    from: 'engine/select/',
    may: ['engine/ir/', 'engine/fusion/', 'engine/passes/', 'engine/options.ts'],
    types: ['engine/runtime/program.ts'],
  },
  { from: 'engine/codegen/wasm/', may: [] },
  {
    from: 'engine/codegen/',
    may: ['engine/ir/', 'engine/fusion/', 'engine/select/', 'engine/options.ts'],
    types: ['engine/runtime/program.ts'],
  },
  {
    from: 'engine/runtime/',
    may: ['engine/ir/', 'engine/reference/', 'engine/codegen/', 'engine/options.ts', 'engine/random.ts'],
    types: ['engine/planner/', 'engine/select/', 'engine/report/types/'],
  },
  {
    from: 'engine/report/',
    may: [
      'engine/ir/',
      'engine/onnx/',
      'engine/reference/',
      'engine/passes/',
      'engine/fusion/',
      'engine/select/',
      'engine/planner/',
      'engine/options.ts',
      'engine/random.ts',
      'engine/runtime/',
    ],
  },
  { from: 'engine/report/compare.ts', may: [], types: ['engine/report/'] },
  {
    from: 'engine/memory/',
    may: ['engine/ir/', 'engine/select/', 'engine/planner/', 'engine/codegen/'],
    types: ['engine/options.ts'],
  },
  {
    from: 'engine/compile/',
    may: ['engine/memory/', 'engine/ir/', 'engine/reference/', 'engine/fusion/', 'engine/codegen/'],
    types: ['engine/passes/', 'engine/select/', 'engine/runtime/program.ts', 'engine/options.ts'],
  },
  {
    from: 'engine/pipeline.ts',
    may: [
      'engine/compile/',
      'engine/memory/',
      'engine/ir/',
      'engine/passes/',
      'engine/fusion/',
      'engine/select/',
      'engine/planner/',
      'engine/codegen/',
      'engine/report/',
    ],
    types: ['engine/runtime/', 'engine/options.ts'],
  },
  {
    from: 'engine/body-compiler.ts',
    may: ['engine/pipeline.ts', 'engine/ir/', 'engine/passes/', 'engine/select/'],
    types: ['engine/runtime/', 'engine/options.ts'],
  },
  { from: 'engine/host/', may: ['engine/', 'electron/launch.ts'] },
  {
    from: 'electron/',
    may: ['engine/host/'],
    types: ['engine/', 'renderer/bridge/'],
  },
  {
    from: 'renderer/',
    may: [
      'engine/frames.ts',
      'engine/report/compare.ts',
      'engine/report/compare-models.ts',
      'engine/report/counted.ts',
      'engine/report/peak-owners.ts',
      'engine/report/settings-text.ts',
      'engine/report/shape-text.ts',
      'engine/report/share-text.ts',
      'engine/report/vanished.ts',
      'engine/report/visible-text.ts',
    ],
    types: ['engine/'],
  },
  { from: 'test/', may: ['engine/', 'electron/', 'renderer/'] },
];

interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

/** Imports of a file: relative ones resolved to paths in the tree, others as written. */
function importsOf(name: string): readonly Import[] {
  const text = read(name).replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '$1');
  const pattern =
    /(?:^|[\n;])\s*(import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g;
  return [...text.matchAll(pattern)].map(match => {
    const specifier = match[3] ?? match[4] ?? '';
    const target = specifier.startsWith('.')
      ? path.posix.join(path.posix.dirname(name), specifier)
      : specifier;
    return { target, typeOnly: match[2] !== undefined };
  });
}

/** Ways along imports that end where they began. */
function circlesOf(imported: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const follow = (name: string, path: readonly string[]): void => {
    const start = path.indexOf(name);
    if (start >= 0) circles.push([...path.slice(start), name].join(' → '));
    if (start >= 0 || done.has(name)) return;
    for (const target of imported.get(name) ?? []) follow(target, [...path, name]);
    done.add(name);
  };
  for (const name of imported.keys()) follow(name, []);
  return circles;
}

const ruleOf = (name: string) =>
  RULES.filter(rule => name.startsWith(rule.from)).sort((a, b) => b.from.length - a.from.length)[0];

describe('dependency direction', () => {
  test('imports follow the rules', () => {
    const broken = sources.flatMap(name => {
      const rule = ruleOf(name);
      if (rule === undefined) return [];
      const may = [rule.from, ...rule.may];
      return importsOf(name)
        .filter(({ target }) => /^(engine|electron|renderer|test)\//.test(target))
        .filter(
          ({ target, typeOnly }) =>
            ![...may, ...(typeOnly ? (rule.types ?? []) : [])].some(allowed => target.startsWith(allowed)),
        )
        .map(
          ({ target }) =>
            `${name} may not import ${target} (allowed: ${may.join(' ')}; types: ${(rule.types ?? []).join(' ') || 'none'})`,
        );
    });
    expect(broken).toEqual([]);
  });

  test('no imports go round in circles, of types neither', () => {
    const imported = new Map(sources.map(name => [name, importsOf(name).map(({ target }) => target)]));
    expect(circlesOf(imported)).toEqual([]);
  });

  test('folders of the planner import each other one way', () => {
    const folderOf = (name: string) => /^engine\/planner\/([^/]+)\//.exec(name)?.[1];
    const imported = new Map<string, string[]>();
    for (const name of sources) {
      const from = folderOf(name);
      if (from === undefined) continue;
      const to = importsOf(name).flatMap(({ target }) => folderOf(target) ?? []);
      imported.set(from, [...(imported.get(from) ?? []), ...to.filter(folder => folder !== from)]);
    }
    expect(imported.size).toBeGreaterThan(0);
    expect(circlesOf(imported)).toEqual([]);
  });

  test('rules name what there is', () => {
    const named = RULES.flatMap(({ from, may, types = [] }) => [from, ...may, ...types]);
    expect(named.filter(path => !sources.some(name => name.startsWith(path)))).toEqual([]);
  });

  test('every source file has a rule', () => {
    const without = sources.filter(
      name => /^(engine|electron|renderer|test)\//.test(name) && ruleOf(name) === undefined,
    );
    expect(without.filter(name => name !== 'engine/env.d.ts')).toEqual([]);
  });

  test('only engine/host imports node', () => {
    const broken = sources
      .filter(name => name.startsWith('engine/') && !name.startsWith('engine/host/'))
      .filter(name => importsOf(name).some(({ target }) => target.startsWith('node:')));
    expect(broken).toEqual([]);
  });

  test('views of the renderer do not import each other', () => {
    const views = ['graph', 'timeline', 'memory', 'allocation', 'operators', 'fusion', 'compare'];
    const viewOf = (name: string) => views.find(view => name.startsWith(`renderer/${view}/`));
    const broken = sources.flatMap(name => {
      const from = viewOf(name);
      if (from === undefined) return [];
      return importsOf(name)
        .filter(({ target }) => viewOf(target) !== undefined && viewOf(target) !== from)
        .map(({ target }) => `${name} → ${target}`);
    });
    expect(broken).toEqual([]);
  });

  test('state of the renderer knows no React', () => {
    const broken = sources
      .filter(name => name.startsWith('renderer/state/'))
      .filter(name => importsOf(name).some(({ target }) => target === 'react'));
    expect(broken).toEqual([]);
  });
});

describe('the tree', () => {
  test('holds nothing else at the top', () => {
    const top = new Set(files.map(name => name.split('/')[0] ?? '').filter(name => !name.startsWith('.')));
    const allowed = [
      'README.md',
      'electron',
      'engine',
      'package-lock.json',
      'package.json',
      'renderer',
      'test',
      'tsconfig.json',
    ];
    expect([...top].filter(name => !allowed.includes(name))).toEqual([]);
  });

  test('every module says what it is for', () => {
    const silent = sources.filter(
      name => !name.startsWith('test/') && !/^(#!.*\n)?\s*(\/\/|\/\*)/.test(read(name)),
    );
    expect(silent).toEqual([]);
  });

  test('exports no function or constant that no other module reads', () => {
    const readers = new Map<string, string>();
    for (const name of sources) {
      for (const { target } of importsOf(name)) {
        readers.set(target, `${readers.get(target) ?? ''}\n${read(name)}`);
      }
    }
    const unread = sources.flatMap(name => {
      const exported = [...read(name).matchAll(/^export (?:async )?(?:const|function\*?|class) (\w+)/gm)];
      return exported.flatMap(([, symbol]) =>
        new RegExp(`\\b${symbol}\\b|import \\*`).test(readers.get(name) ?? '') ? [] : [`${name}: ${symbol}`],
      );
    });
    expect(unread).toEqual([]);
  });

  test('leaves nothing unfinished or machine-specific behind', () => {
    const self = 'test/tidy.test.ts';
    const words = [/\b(TODO|FIXME|XXX|HACK)\b/, /\.(only|todo)\(/, /(^|[^.\w])\/(work|root)\//];
    const found = sources
      .filter(name => name !== self)
      .flatMap(name => words.flatMap(word => (word.test(read(name)) ? [`${name}: ${word}`] : [])));
    expect(found).toEqual([]);
  });

  test('pins every package exactly', () => {
    const manifest: { dependencies: Record<string, string>; devDependencies: Record<string, string> } =
      JSON.parse(read('package.json'));
    const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([, version]) => !/^\d/.test(version),
    );
    expect(loose).toEqual([]);
    expect(read('package-lock.json')).not.toMatch(/"resolved"/);
  });
});
