// Whatever stands behind a run-time extent runs in the one program that was compiled: for no rows, some and all, in
// every way of compiling, on memory that holds NaN where nobody wrote.

import { describe, expect, test } from 'vitest';
import { bodyCompiler } from '../../../../engine/body-compiler.ts';
import type { Graph, Tensor } from '../../../../engine/ir/types.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { compile } from '../../../../engine/pipeline.ts';
import { evaluateGraph } from '../../../../engine/reference/interpreter.ts';
import { compareTensors } from '../../../../engine/report/conformance.ts';
import { Session } from '../../../../engine/runtime/session.ts';
import { noFiles } from '../../../support/build-graph.ts';
import { type Call, runProgram } from '../../../support/run-program.ts';
import { CONSUMERS, consumerGraph, consumerInputs, ROWS } from './consumers.ts';

const EXTENTS = [7, 0, ROWS, 1, 2, 20, 33];

const VARIANTS: Readonly<Record<string, Partial<CompileOptions>>> = {
  fused: {},
  unfused: { fusion: false, simd: 'scalar' },
  'wide, two threads': { simd: '256', threads: 2 },
  'row-major, unplanned': { layout: 'nchw', planner: 'off' },
};

const ports = { read: noFiles, clock: () => 0 };

function expected(graph: Graph, inputs: readonly Tensor[]): Tensor[] {
  const given = new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor]));
  const results = evaluateGraph(graph, given, noFiles);
  return graph.outputs.map(id => results.get(id) as Tensor);
}

/** A session that throws where anything is compiled while it runs. */
async function sessionOf(graph: Graph, options: CompileOptions, sanitize: boolean): Promise<Session> {
  const compiler = bodyCompiler(options, ports);
  return Session.create(compile(graph, options, ports).program, {
    clock: () => 0,
    cancel: new Int32Array(new SharedArrayBuffer(4)),
    read: noFiles,
    startThreads: () => Promise.resolve({ close() {} }),
    bodies: {
      ...compiler,
      compile: () => {
        throw new Error('compiled while it runs');
      },
    },
    sanitize,
  });
}

describe.each(Object.entries(CONSUMERS))('%s', (name, consumer) => {
  const graph = consumerGraph(name, consumer);
  const extents = EXTENTS.filter(extent => extent >= (consumer.least ?? 0));

  test.each(Object.entries(VARIANTS))('%s', async (variant, given) => {
    const options = { ...DEFAULT_OPTIONS, ...given };
    const session = await sessionOf(graph, options, variant === 'fused');
    // Nothing waits for the extents of a run to be compiled for them.
    expect(session.program.steps.map(({ op }) => op)).not.toContain('Block');
    for (const extent of extents) {
      const inputs = consumerInputs(extent);
      const wanted = expected(graph, inputs);
      session.setInputs(inputs);
      expect(session.run()).toBeDefined();
      wanted.forEach((tensor, i) => {
        expect(compareTensors(session.readOutput(i), tensor), `${extent} rows`).toBeUndefined();
      });
    }
    session.close();
  });

  test('units of two workers in turn', () => {
    // The runtime runs steps as small as these on one worker, in order: results may lie over what is read.
    const { program } = compile(graph, { ...DEFAULT_OPTIONS, threads: 2, overlap: false }, ports);
    const halves = (units: number): Call[] => [
      { begin: Math.ceil(units / 2), end: units, worker: 1 },
      { begin: 0, end: Math.ceil(units / 2), worker: 0 },
    ];
    for (const extent of extents) {
      const inputs = consumerInputs(extent);
      const results = runProgram(program, inputs, halves);
      expected(graph, inputs).forEach((tensor, i) => {
        expect(compareTensors(results[i], tensor), `${extent} rows`).toBeUndefined();
      });
    }
  });
});
