// Trained networks through the interpreter: every shape inferred, outputs as published. Those that take the
// interpreter more than a second or two are left to the tests of the compiled engine.

import { expect, test } from 'vitest';
import { caseFiles } from '../../engine/host/files/case-files.ts';
import { importOnnx } from '../../engine/onnx/import.ts';
import { inferShapes } from '../../engine/passes/shapes/infer.ts';
import type { Datum } from '../../engine/reference/datum.ts';
import { evaluateGraphData } from '../../engine/reference/interpreter.ts';
import { dimensionsOf, findCases, runCase } from '../../engine/report/conformance.ts';
import { hasShared, shared } from '../support/shared.ts';

const MODELS = [
  'bodypix-mnv1-050',
  'blazepalm',
  'credsweeper',
  'dtln-1',
  'facemesh',
  'fastestdet',
  'fsanet-var',
  'g2p-arpabet',
  'gtcrn-simple',
  'micro-kws',
  'mnist-cntk',
  'nnsplit-en',
  'selfie-seg',
  'shufflenetv2-int8',
  'silero-vad-ifless',
  'speech-commands-squeezenet',
  'squeezenet-fp16',
  'stressrnn',
  'tashkeel-int8',
  'ultraface-rfb-320',
  'unitree-g1-policy',
];

test.runIf(hasShared).each(MODELS)('%s', async name => {
  const [found] = findCases(shared('models', name), caseFiles);
  if (found === undefined) throw new Error(`no case in ${name}`);
  const result = await runCase(found, caseFiles, (model, inputs) => {
    const { graph, diagnostics } = inferShapes(model, dimensionsOf(model.graph, inputs), caseFiles.read);
    expect(diagnostics).toEqual([]);
    expect(graph.values.filter(value => value && value.shape === undefined)).toEqual([]);
    const given = new Map(graph.inputs.map((id, i) => [id, inputs[i] as Datum]));
    const results = evaluateGraphData(graph, given, caseFiles.read);
    return graph.outputs.map(id => results.get(id));
  });
  expect(result.reason).toBe('');
});

test.runIf(hasShared)('data-dependent shapes are said to be so', () => {
  const path = shared('models', 'lighterglue-l3', 'model.onnx');
  const model = importOnnx({ path, size: caseFiles.size(path) }, caseFiles.read);
  const { diagnostics } = inferShapes(model, { num_keypoints0: 8, num_keypoints1: 8 }, caseFiles.read);
  expect(diagnostics.map(({ id, where }) => `${id}: ${where}`)).toEqual([
    'data-dependent-shape: NonZero "/net/NonZero" of opset 17',
  ]);
});
