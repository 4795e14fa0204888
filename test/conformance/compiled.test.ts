// The ONNX backend tests through the compiler and sessions, with fusion on and off: no case may fail, and the number
// that pass only grows. What does not pass is unsupported, decided from operator and version before it runs.

import { expect, test } from 'vitest';
import { listCases, runCompiledCase } from '../../engine/host/process/conformance.ts';
import { compileOptions } from '../../engine/options.ts';
import type { CaseResult } from '../../engine/report/conformance.ts';
import { hasShared, shared } from '../support/shared.ts';

/** Cases that pass today. Raise it when more do; never lower it. */
const PASSED = { node: 1793, simple: 21 } as const;

const cancel = new Int32Array(new SharedArrayBuffer(4));
const work = { cancel, progress() {} };

const line = ({ name, reason }: CaseResult): string => `${name}: ${reason}`;

test.runIf(hasShared).each([
  ['node', true],
  ['node', false],
  ['simple', true],
  ['simple', false],
] as const)('%s, fusion %s', async (suite, fusion) => {
  const options = compileOptions.parse({ fusion });
  const results: CaseResult[] = [];
  for (const found of listCases(shared('onnx', suite))) {
    results.push(await runCompiledCase(found, options, work));
  }
  expect(results.filter(({ status }) => status === 'failed').map(line)).toEqual([]);
  const unsupported = results.filter(({ status }) => status === 'unsupported');
  for (const { reason } of unsupported) expect(reason).toMatch(/^operator \S+ of opset \d+$/);
  expect(results.length - unsupported.length).toBeGreaterThanOrEqual(PASSED[suite]);
});
