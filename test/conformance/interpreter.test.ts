// The ONNX backend tests through the reference interpreter: no case may fail, and the number that pass only grows.
// Each case's inferred output types are held against what came out.

import { expect, test } from 'vitest';
import { caseFiles } from '../../engine/host/files/case-files.ts';
import { sameShape } from '../../engine/ir/tensor.ts';
import type { Model } from '../../engine/ir/types.ts';
import { inferShapes } from '../../engine/passes/shapes/infer.ts';
import { type Datum, isTensor } from '../../engine/reference/datum.ts';
import { evaluateGraphData } from '../../engine/reference/interpreter.ts';
import { type CaseResult, dimensionsOf, findCases, runCase } from '../../engine/report/conformance.ts';
import { hasShared, shared } from '../support/shared.ts';

/** Cases that pass today. Raise it when more do; never lower it. */
const PASSED = 1793;

/** Throws when inference knows a type that is not the real one. */
function checkInference(
  model: Model,
  inputs: readonly Datum[],
  outputs: readonly (Datum | undefined)[],
): void {
  const { graph } = inferShapes(model, dimensionsOf(model.graph, inputs), caseFiles.read);
  for (const [i, id] of graph.outputs.entries()) {
    const { name, dtype, shape, bounded } = graph.values[id] ?? {};
    const real = outputs[i];
    if (!isTensor(real)) continue;
    if (dtype !== undefined && dtype !== real.dtype) {
      throw new Error(`${name} is inferred as ${dtype}, is ${real.dtype}`);
    }
    const within = shape?.map((extent, axis) =>
      bounded?.[axis] ? Math.min(extent, real.shape[axis] ?? 0) : extent,
    );
    if (within !== undefined && !sameShape(within, real.shape)) {
      throw new Error(`${name} is inferred as [${shape}], is [${real.shape}]`);
    }
  }
}

function interpret(model: Model, inputs: readonly Datum[]): (Datum | undefined)[] {
  const { graph } = model;
  const given = new Map(graph.inputs.map((id, i) => [id, inputs[i] as Datum]));
  const results = evaluateGraphData(graph, given, caseFiles.read);
  const outputs = graph.outputs.map(id => results.get(id));
  checkInference(model, inputs, outputs);
  return outputs;
}

const line = ({ name, reason }: CaseResult): string => `${name}: ${reason}`;

test.runIf(hasShared)('ONNX backend tests', async () => {
  const results: CaseResult[] = [];
  for (const found of findCases(shared('onnx', 'node'), caseFiles)) {
    results.push(await runCase(found, caseFiles, interpret));
  }
  const failed = results.filter(({ status }) => status === 'failed');
  expect(failed.map(line)).toEqual([]);
  expect(results.filter(({ status }) => status === 'passed').length).toBeGreaterThanOrEqual(PASSED);
});
