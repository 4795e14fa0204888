// In-place results and other orders change where things lie and when they run, never what comes out.

import { describe, expect, test } from 'vitest';
import { attr, valueOf } from '../../../engine/ir/graph.ts';
import type { Graph, ValueId } from '../../../engine/ir/types.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { validate } from '../../../engine/planner/validate.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { randomGraph } from '../../support/random-graph.ts';
import { runProgram } from '../../support/run-program.ts';

type Toggles = Partial<CompileOptions>;
const compiled = (graph: Parameters<typeof compile>[0], toggles: Toggles) =>
  compile(graph, { ...DEFAULT_OPTIONS, ...toggles }, { read: noFiles, clock: () => 0 });

const PLAIN: Toggles = { inPlace: false, reorder: false };

describe('random graphs', () => {
  for (const toggles of [{ fusion: false }, { fusion: true }, { fusion: false, layout: 'nchw' }] as const) {
    test(`the same bits in no more memory: ${JSON.stringify(toggles)}`, () => {
      let smaller = 0;
      for (let seed = 1000; seed < 1060; seed++) {
        const graph = randomGraph(seed, 4 + (seed % 14));
        const inputs = graph.inputs.map((id, i) => randomTensor(valueOf(graph, id).shape ?? [], seed + i));
        const [plain, saving] = [PLAIN, {}].map(more => {
          const { program } = compiled(graph, { ...toggles, ...more });
          const { problem, result } = program.plan;
          expect(validate(problem, result.solution), `seed ${seed}`).toEqual([]);
          return { bytes: program.arenaBytes, outputs: runProgram(program, inputs) };
        });
        expect(saving?.outputs, `seed ${seed}`).toEqual(plain?.outputs);
        expect(saving?.bytes, `seed ${seed}`).toBeLessThanOrEqual(plain?.bytes ?? 0);
        if ((saving?.bytes ?? 0) < (plain?.bytes ?? 0)) smaller++;
      }
      expect(smaller).toBeGreaterThan(0);
    });
  }
});

const SHAPE = [1, 16, 8, 8];
const BYTES = 16 * 8 * 8 * 4;

describe('several workers', () => {
  /** Pixels whose channels become more and fewer again: overlap lowers the peak. */
  function pixels(extent: number, ...branches: readonly (readonly number[])[]): Graph {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', [1, 2, extent, extent]);
    for (const widths of branches) graph.output(branch(graph, x, widths));
    return inferred(graph);
  }
  function branch(graph: TestGraph, x: ValueId, widths: readonly number[]): ValueId {
    let value = x;
    widths.forEach((width, at) => {
      value = graph.node('Conv', [value, graph.weight([width, widths[at - 1] ?? 2, 1, 1], 0.3)]);
    });
    return value;
  }
  const graph = pixels(96, [16, 32, 16, 4]);
  const options = { fusion: false, layout: 'nhwc' } as const;
  const bandsOf = ({ program }: ReturnType<typeof compiled>) =>
    program.steps.map(step =>
      step.kind === 'kernel' ? step.phases.reduce((sum, { bands = [] }) => sum + bands.length, 0) : 0,
    );

  test('overlap as one does, a little further apart', () => {
    const [alone, several, apart] = [{ threads: 1 }, { threads: 2 }, { threads: 2, overlap: false }].map(
      more => compiled(graph, { ...options, ...more }).program.arenaBytes,
    );
    const [one = 0, two = 0, none = 0] = [alone, several, apart];
    expect(one).toBeLessThan(0.8 * none);
    expect(two).toBeLessThan(one + 0.1 * none);
  });

  test('wait for one another only where that lowers the peak, whatever order the others work in', () => {
    const several = compiled(graph, { ...options, threads: 2 });
    const bands = bandsOf(several);
    expect(Math.max(...bands)).toBeGreaterThan(0);
    expect(Math.min(...bands)).toBe(0);
    const single = compiled(graph, { ...options, threads: 2, overlap: false });
    expect(Math.max(...bandsOf(single))).toBe(0);
    const inputs = [randomTensor([1, 2, 96, 96], 1)];
    const expected = runProgram(single.program, inputs);
    const eachAlone = (units: number) =>
      Array.from({ length: units }, (_, unit) => ({ begin: unit, end: unit + 1, worker: unit % 2 }));
    expect(runProgram(several.program, inputs, eachAlone)).toEqual(expected);
    expect(runProgram(several.program, inputs, units => eachAlone(units).reverse())).toEqual(expected);
  });

  test('no more often than the peak takes, which another step has', () => {
    const graph = pixels(256, [30, 20, 2], [20, 20, 2]);
    const [, pinning = 0, , , below = 0] = bandsOf(compiled(graph, { ...options, threads: 2 }));
    expect(below).toBeGreaterThan(0);
    expect(below).toBeLessThan(pinning / 2);
  });
});

describe('in place', () => {
  test('a chain of elementwise steps needs one buffer, and the view tells who took whose place', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SHAPE);
    graph.output(graph.node('Sigmoid', [graph.node('Exp', [graph.node('Neg', [x])])]));
    const { program, report } = compiled(inferred(graph), { fusion: false });
    expect(program.arenaBytes).toBe(BYTES);
    const { tensors, liveBytes } = report.asExecuted;
    expect(tensors.map(({ inPlaceOf = [] }) => inPlaceOf.map(({ id }) => tensors[id]?.name).length)).toEqual([
      0, 1, 1, 1,
    ]);
    expect(liveBytes).toEqual([BYTES, BYTES, BYTES]);
  });

  test('not over an operand that is an output or is read again', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SHAPE);
    const a = graph.node('Neg', [x]);
    const b = graph.node('Exp', [a]);
    graph.output(a);
    graph.output(graph.node('Add', [b, x]));
    const { program } = compiled(inferred(graph), { fusion: false });
    expect(program.arenaBytes).toBe(3 * BYTES);
  });
});

test('branches run one after the other where that needs less', () => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [1, 4, 8, 8]);
  const wide = [0, 1, 2].map(() => graph.node('Conv', [x, graph.weight([64, 4, 1, 1])]));
  const narrow = wide.map(value =>
    graph.node('Conv', [value, graph.weight([4, 64, 3, 3])], {
      attributes: { pads: attr.ints([1, 1, 1, 1]) },
    }),
  );
  graph.output(graph.node('Concat', narrow, { attributes: { axis: attr.int(1) } }));
  const [given, moved] = [false, true].map(
    reorder => compiled(inferred(graph), { reorder, winograd: false }).program,
  );
  expect(moved?.arenaBytes).toBeLessThan(given?.arenaBytes ?? 0);
});
