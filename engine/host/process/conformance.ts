// Cases in the layout of the ONNX backend tests, run by an engine: compiled with the user's options, one request each.

import { existsSync } from 'node:fs';
import { bodyCompiler } from '../../body-compiler.ts';
import type { CompileOptions } from '../../options.ts';
import { inferShapes } from '../../passes/shapes/infer.ts';
import { compile } from '../../pipeline.ts';
import {
  type CaseResult,
  type ConformanceCase,
  type DataSet,
  dataSetIn,
  dimensionsOf,
  type Evaluate,
  findCases,
  runCase,
} from '../../report/conformance.ts';
import { checkIndices } from '../../runtime/check-indices.ts';
import { Session } from '../../runtime/session.ts';
import { badInput, cancelled } from '../failure.ts';
import { caseFiles } from '../files/case-files.ts';
import { startThreads } from '../threads/threads.ts';
import { checkCancelled, type Work } from './work.ts';

const orBadInput = <T>(read: () => T, where: string): T => {
  try {
    return read();
  } catch (error) {
    throw badInput(error instanceof Error ? error.message : String(error), where);
  }
};

/** input_K.pb and output_K.pb of a folder. Throws bad-input when there is no folder or an output is missing. */
export function readDataSet(folder: string): DataSet {
  if (!existsSync(folder)) throw badInput('expected a folder of test data, found none', folder);
  return orBadInput(() => dataSetIn(folder, caseFiles), folder);
}

/** Every case below a folder. Throws bad-input when there is none or a case is incomplete. */
export function listCases(root: string): ConformanceCase[] {
  if (!existsSync(root)) throw badInput('expected a folder of cases, found none', root);
  return orBadInput(() => findCases(root, caseFiles), root);
}

/**
 * Runs one case through the compiler and a session of its own. With other weights than its outputs are for, these
 * are compared with what plain kernels compute: nothing fused, no SIMD, no shared memory. Throws only `cancelled`.
 */
export async function runCompiledCase(
  one: ConformanceCase,
  options: CompileOptions,
  work: Work,
): Promise<CaseResult> {
  const plain = { ...options, ...PLAIN };
  const expected = options.reseed === undefined ? undefined : evaluateWith(one, plain, work);
  const result = await runCase(one, caseFiles, evaluateWith(one, options, work), expected);
  checkCancelled(work);
  return result;
}

const PLAIN = { fusion: false, planner: 'off', simd: 'scalar', threads: 1 } as const;

const clockMs = (): number => performance.now();

function evaluateWith(one: ConformanceCase, options: CompileOptions, { cancel }: Work): Evaluate {
  const read = caseFiles.readModel(one.model);
  return async (model, inputs) => {
    const dims = { ...options.dims, ...dimensionsOf(model.graph, inputs) };
    const { graph, diagnostics } = inferShapes(model, dims, read);
    const error = diagnostics.find(({ severity }) => severity === 'error');
    if (error) throw new Error(`${error.where}: ${error.message}`);
    checkIndices(graph, inputs);
    const { program } = compile(graph, options, { read, clock: clockMs });
    const ports = {
      ...{ clock: clockMs, cancel, startThreads, read },
      ...(!options.reference && { bodies: bodyCompiler(options, { read, clock: clockMs }) }),
    };
    const session = await Session.create(program, ports);
    try {
      session.setInputs(inputs);
      if (!session.run()) throw cancelled();
      return program.outputs.map((_, index) => session.readData(index));
    } finally {
      session.close();
    }
  };
}
