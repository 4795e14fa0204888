// Models larger than what should be in memory: opened in the memory a small one takes, planned whatever their size,
// and run while their weights fit into one memory. The files are sparse: they take no place on disk.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { EngineChild } from '../../../engine/host/engines/engine-child.ts';
import { nodeHost } from '../../../engine/host/engines/engine-link.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { type LargeModel, weightBytes, writeLargeModel } from '../../support/large-model.ts';

const CLI = fileURLToPath(new URL('../../../engine/host/cli.mjs', import.meta.url));
const folder = mkdtempSync(path.join(os.tmpdir(), 'arenascope-large-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, model: LargeModel): string {
  const target = path.join(folder, name);
  mkdirSync(target);
  return writeLargeModel(target, model);
}

function arenascope(...args: readonly string[]): Promise<{ status: number; out: string; err: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, [CLI, ...args], (error, out, err) => {
      resolve({ status: error ? Number(error.code) : 0, out, err });
    });
  });
}

/** The largest resident size so far; undefined where the system does not tell. */
function peakBytes(child: EngineChild): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) * 1024;
}

/** Opens a model in an engine of its own, does `work`; how far that took memory above an idle engine. */
async function peakAboveIdle(
  file: string,
  work: (engine: EngineChild) => Promise<void> = async () => {},
): Promise<number> {
  const engine = new EngineChild(nodeHost(), 'plain', new Set([path.dirname(file)]), () => {});
  try {
    await engine.facts;
    await engine.call('samples', {});
    const idle = peakBytes(engine) ?? 0;
    const { graph } = await engine.call('open', {
      model: 'm',
      source: { kind: 'path', path: file },
      dims: {},
    });
    expect(graph.nodes.length).toBeGreaterThan(0);
    await work(engine);
    return (peakBytes(engine) ?? 0) - idle;
  } finally {
    engine.stop();
  }
}

/** Runs once; what the model computes of its first input element is 2^layers times that. */
const runOn = (layers: number) => async (engine: EngineChild) => {
  const options = { ...DEFAULT_OPTIONS, simd: '128', threads: 1 } as const;
  const inputs = { kind: 'seeded', seed: 1 } as const;
  const session = { model: 'm', session: 's', options, inputs, warmUp: false };
  await engine.call('prepare', session);
  const [output] = await engine.call('outputs', { session: 's' });
  const first = Number(output?.values[0]);
  expect(Math.abs(first)).toBeGreaterThan(0);
  expect(Math.abs(first)).toBeLessThanOrEqual(2 ** layers);
  expect(output?.values.slice(1, 4)).toEqual([0, 0, 0]);
};

const MIB = 2 ** 20;

describe('half a gigabyte', () => {
  const model = { layers: 8, width: 4096 };

  test.each(['raw', 'float', 'external'] as const)(
    '%s: opening takes the memory of its structure',
    async weights => {
      const large = { ...model, weights };
      const peak = await peakAboveIdle(write(weights, large));
      expect(peak).toBeLessThan(0.25 * weightBytes(large));
    },
  );

  test.each(['raw', 'external'] as const)('%s: running holds the weights once', async weights => {
    const large = { ...model, weights };
    const peak = await peakAboveIdle(write(`run-${weights}`, large), runOn(model.layers));
    // And one of eight while it is packed, and the compiler.
    expect(peak).toBeLessThan(1.3 * weightBytes(large));
  });
});

const all = process.env.ARENASCOPE_TEST === 'all';

describe('more than two gigabytes', () => {
  test.runIf(all)('run, with the weights held once', async () => {
    const large: LargeModel = { layers: 10, width: 8192, weights: 'external' };
    const peak = await peakAboveIdle(write('two', large), runOn(large.layers));
    console.info(
      `weights ${weightBytes(large) / MIB} MiB, peak above an idle engine ${Math.round(peak / MIB)} MiB`,
    );
    expect(peak).toBeLessThan(1.3 * weightBytes(large));
  });
});

describe('more than one memory holds', () => {
  const large: LargeModel = { layers: 5, width: 16_384, weights: 'external' };

  test('is seen and planned, and a run says what it would need', async () => {
    const file = write('five', large);
    const info = await arenascope('info', file, '--json');
    expect(info).toMatchObject({ status: 0, err: '' });
    expect(JSON.parse(info.out)).toMatchObject({
      nodes: 5,
      parameterBytes: 5 * 2 ** 30,
      runnable: false,
      plannable: true,
      diagnostics: [
        { severity: 'error', id: 'weights-too-large', message: expect.stringContaining('found 5368709120') },
      ],
    });
    const plan = await arenascope('plan', file, '--json');
    expect(plan).toMatchObject({ status: 0, err: '' });
    expect(JSON.parse(plan.out)).toMatchObject({ asExecuted: { peakBytes: 2 * 16_384 * 4, optimal: true } });
    const run = await arenascope('run', file, '--iterations', '1');
    expect(run).toMatchObject({ status: 2, out: '' });
    expect(run.err).toMatch(/expected at most 4\.00 GiB .* weights of 5\.00 GiB and an arena of 128 KiB/);
  });
});
