import { describe, expect, test } from 'vitest';
import { benchModel } from '../../../../engine/host/bench/bench.ts';
import { TOGGLES, WITHOUT_WINOGRAD } from '../../../../engine/host/bench/types.ts';
import { Engines } from '../../../../engine/host/engines/engines.ts';
import { compileOptions } from '../../../../engine/options.ts';

describe('benchModel', () => {
  test('measures the toggles and a peer in turns, and their outputs agree', async () => {
    const engines = new Engines();
    try {
      const result = await benchModel(
        engines,
        {
          source: { kind: 'sample', name: 'six-tensors' },
          options: compileOptions.parse({ simd: engines.bestSimd }),
          threads: [1],
          peers: ['ort-web'],
          repeats: 2,
          inputs: { kind: 'seeded', seed: 1 },
          toggles: TOGGLES,
        },
        {},
      );
      expect(result.failed).toEqual([]);
      expect(result.peakFlopsPerSecond).toBeGreaterThan(0);
      const names = result.variants.map(({ variant }) => variant);
      expect(names).toContain('ort-web');
      expect(names).toContain('arenascope');
      expect(names).toContain('fusion off');
      expect(names).toContain('planner off');
      expect(names, 'the same program again').not.toContain(WITHOUT_WINOGRAD);
      expect(new Set(names).size).toBe(names.length);
      expect(result.variants.find(({ variant }) => variant === 'arenascope')?.flops).toBeGreaterThan(0);
      for (const { variant, check, ...times } of result.variants) {
        for (const [name, ms] of Object.entries(times)) {
          if (name.endsWith('Ms')) expect(ms, `${variant} ${name}`).toBeGreaterThan(0);
        }
        if (variant === 'arenascope') expect(check?.ok).toBe(true);
        if (process.platform === 'linux') expect(times.waited, variant).toBeGreaterThanOrEqual(0);
      }
    } finally {
      engines.stop();
    }
  });

  test('several threads are measured in turns with one', async () => {
    const engines = new Engines();
    try {
      const request = {
        source: { kind: 'sample', name: 'six-tensors' },
        options: compileOptions.parse({ simd: engines.bestSimd }),
        threads: [1, 2],
        peers: [],
        repeats: 2,
        inputs: { kind: 'seeded', seed: 1 },
        toggles: [],
      } as const;
      const { variants } = await benchModel(engines, request, {});
      expect(variants.map(({ variant, threads }) => [variant, threads])).toEqual([
        ['arenascope', 1],
        ['arenascope', 2],
      ]);
      const [one, two] = variants;
      expect(one?.oneThreadMs).toBeUndefined();
      expect(two?.oneThreadMs).toBeGreaterThan(0);
    } finally {
      engines.stop();
    }
  });
});
