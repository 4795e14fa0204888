import { describe, expect, test } from 'vitest';
import { kernelNeeds } from '../../../engine/codegen/emit.ts';
import { inMeasuredOrders } from '../../../engine/codegen/loop-orders.ts';
import { measureOrders } from '../../../engine/codegen/measure/orders.ts';
import { LoopOrders, type OrderQuestion } from '../../../engine/select/order-choice.ts';
import type { KernelSpec } from '../../../engine/select/spec/kernel.ts';
import type { LoopOrder, MatmulSpec } from '../../../engine/select/spec/product.ts';
import type { ConvolutionSpec } from '../../../engine/select/spec/window.ts';
import type { StepDraft } from '../../../engine/select/step.ts';
import { IDENTITY, RandomOperands } from './kernels/random-operands.ts';

/** Rows that are read where they lie, or the other way round and so packed. */
function matmul(m: number, n: number, k: number, turned = false): MatmulSpec {
  const o = new RandomOperands(1);
  return {
    ...{ kind: 'matmul', batch: [], m, n, k, tile: [6, 8] },
    a: { expression: IDENTITY, reads: [o.tensor([m, k], turned ? [1, 0] : [0, 1])] },
    b: { expression: IDENTITY, reads: [o.tensor([k, n], [0, 1])] },
    epilogue: { expression: IDENTITY, reads: [], writes: [o.tensor([m, n], [0, 1])] },
  };
}

/** Padded, so that strips of it are packed. */
function convolution(size: number, inChannels: number, outChannels: number): ConvolutionSpec {
  const o = new RandomOperands(2);
  return {
    ...{ kind: 'convolution', batch: 1, groups: 1, inChannels, outChannels, tile: [6, 8], outside: 0 },
    ...{ inputSize: [size, size], outputSize: [size, size] },
    window: { kernel: [3, 3], stride: [1, 1], dilation: [1, 1], pads: [1, 1, 1, 1] },
    input: { expression: IDENTITY, reads: [o.tensor([1, size, size, inChannels], [0, 1, 2, 3])] },
    weights: { computed: o.tensor([1, 1, 3, 3, inChannels, outChannels], [0, 1, 2, 3, 4, 5]) },
    epilogue: {
      expression: IDENTITY,
      reads: [],
      writes: [o.tensor([1, size, size, outChannels], [0, 1, 2, 3])],
    },
  };
}

const stepOf = (spec: KernelSpec): StepDraft => ({
  ...{ kind: 'kernel', template: spec.kind, kernels: [spec], name: 'product', op: 'MatMul' },
  ...{ fusedOps: [], origin: [], reads: [], writes: [], flops: 0, bytesRead: 0, bytesWritten: 0 },
});

/** What is asked of a kernel. */
function questionOf(spec: KernelSpec): OrderQuestion | undefined {
  const orders = new LoopOrders();
  const step = stepOf(spec);
  expect(inMeasuredOrders(step, orders, '128'), 'nothing was measured').toBe(step);
  return orders.open()[0];
}

const candidatesOf = (spec: KernelSpec): readonly LoopOrder[] => questionOf(spec)?.candidates ?? [];

describe('orders that make a difference', () => {
  test('rows read in place may go by columns, strips or rows; the model is first', () => {
    expect(candidatesOf(matmul(3000, 64, 64))).toEqual(['strips', 'columns', 'rows']);
    expect(candidatesOf(matmul(128, 64, 16_384))[0]).toBe('columns');
  });

  test('rows that are packed are not all kept for columns to come first', () => {
    expect(candidatesOf(matmul(3000, 64, 64, true))).toEqual(['strips', 'rows']);
    expect(candidatesOf(convolution(60, 64, 24))).toEqual(['strips', 'rows']);
  });

  test('one block of columns, and rows that are one tile, have one order', () => {
    expect(candidatesOf(matmul(3000, 8, 64))).toEqual([]);
    expect(candidatesOf(matmul(6, 64, 64))).toEqual([]);
  });

  test('where strips are as small as can be, or somebody chose their rows, nothing is asked', () => {
    expect(candidatesOf({ ...matmul(3000, 64, 64), lean: true })).toEqual([]);
    expect(candidatesOf({ ...matmul(3000, 64, 64), unitRows: 12 })).toEqual([]);
  });
});

test('a measured order is used, in the work units too; one that is not possible is not believed', () => {
  const spec = matmul(3000, 64, 64);
  const { key = '', candidates } = questionOf(spec) ?? {};
  const unitsWith = (order: LoopOrder) => {
    const step = inMeasuredOrders(stepOf(spec), new LoopOrders({ [key]: order }), '128');
    const [kernel] = step.kind === 'kernel' ? step.kernels : [];
    return kernel && kernelNeeds(kernel, '128', 1).units;
  };
  expect(candidates).toContain('rows');
  expect(unitsWith('columns')).toBe(8);
  expect(unitsWith('rows')).toBe(8 * 500);
  const packed = matmul(3000, 64, 64, true);
  const step = stepOf(packed);
  expect(inMeasuredOrders(step, new LoopOrders({ [questionOf(packed)?.key ?? '']: 'columns' }), '128')).toBe(
    step,
  );
});

test.each([
  ['a matrix product', matmul(40, 40, 30)],
  ['a convolution with computed weights', convolution(12, 5, 20)],
])('%s runs with every order, and one of them is the answer', (_, spec) => {
  const question = questionOf(spec);
  expect(question?.candidates.length).toBeGreaterThan(1);
  if (!question) return;
  const { key, choice, durationsNs } = measureOrders(question, () => performance.now());
  expect(key).toBe(question.key);
  expect(question.candidates).toContain(choice);
  expect(durationsNs.length).toBe(question.candidates.length);
  for (const duration of durationsNs) expect(duration).toBeGreaterThan(0);
});
