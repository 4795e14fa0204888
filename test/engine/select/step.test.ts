// Steps in strips: kernels that can take less memory are told to, others stay what they are.

import { expect, test } from 'vitest';
import type { FillSpec } from '../../../engine/select/spec/elementwise.ts';
import type { MatmulSpec } from '../../../engine/select/spec/product.ts';
import { inStrips, type StepDraft } from '../../../engine/select/step.ts';
import { access, identity } from '../codegen/expect-kernel.ts';

const fill: FillSpec = { kind: 'fill', extents: [4], value: 0, write: access(0, [1]) };
const product: MatmulSpec = {
  kind: 'matmul',
  ...{ batch: [], m: 2, n: 8, k: 3, tile: [2, 8] },
  a: { expression: identity(), reads: [access(0, [3, 1])] },
  b: { packed: { space: 'weights', id: 0 } },
  epilogue: { expression: identity(), reads: [], writes: [access(1, [8, 1])] },
};

const step = (kernels: readonly (FillSpec | MatmulSpec)[]): StepDraft => ({
  kind: 'kernel',
  template: 'any',
  kernels,
  ...{ name: 'step', op: 'Any', fusedOps: [], origin: [], reads: [], writes: [] },
  ...{ flops: 0, bytesRead: 0, bytesWritten: 0 },
});

test('only kernels that can take less are changed', () => {
  const fills = step([fill, fill]);
  expect(inStrips(fills)).toBe(fills);
  const mixed = step([fill, product]);
  expect(inStrips(mixed)).toEqual({ ...mixed, kernels: [fill, { ...product, lean: true }] });
});
