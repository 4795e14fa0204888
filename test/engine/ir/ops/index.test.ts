// The table of operators: every rule has a reference and the other way round, and rules say what is wrong with a node.

import { describe, expect, test } from 'vitest';
import { attr } from '../../../../engine/ir/graph.ts';
import type { InferContext, ValueType } from '../../../../engine/ir/ops/definition.ts';
import { findOperator, OPERATORS } from '../../../../engine/ir/ops/index.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Tensor } from '../../../../engine/ir/types.ts';
import { REFERENCES } from '../../../../engine/reference/index.ts';
import { makeNode, type OpOptions } from '../../reference/run-op.ts';

/** Output types of one operator from input types; a tensor is an input whose elements are known. */
function inferOp(op: string, inputs: readonly (ValueType | Tensor | undefined)[], options: OpOptions = {}) {
  const node = makeNode(op, inputs.length, options);
  const context: InferContext = {
    node,
    inputs,
    constant: index => {
      const input = inputs[index];
      return input && 'data' in input ? input : undefined;
    },
    body: () => [],
  };
  const definition = findOperator(op, node.version);
  if (definition === undefined) throw new Error(`no rule for ${op}`);
  return definition.infer(context);
}

const float = (...shape: number[]): ValueType => ({ dtype: 'float32', shape });
const unknown: ValueType = { dtype: 'float32' };
const int64 = (...values: number[]): Tensor => tensorOf('int64', [values.length], values);

describe('the table', () => {
  test('every operator has a reference, or is made of others', () => {
    const without = OPERATORS.filter(({ op, expand }) => !expand && !Object.hasOwn(REFERENCES, op));
    expect(without.map(({ op }) => op)).toEqual([]);
  });

  test('every reference has a rule', () => {
    const rules = new Set(OPERATORS.map(({ op }) => op));
    expect(Object.keys(REFERENCES).filter(op => !rules.has(op))).toEqual([]);
  });

  test('no operator has two rules for one version', () => {
    for (const [i, a] of OPERATORS.entries()) {
      const twin = OPERATORS.slice(i + 1).find(
        b => b.op === a.op && a.since <= b.until && b.since <= a.until,
      );
      expect(twin?.op).toBeUndefined();
    }
  });

  test('what nobody knows is undefined', () => {
    expect(findOperator('example.Unheard', 1)).toBeUndefined();
  });
});

describe('unknown inputs', () => {
  test('types are known where shapes are not', () => {
    expect(inferOp('Relu', [unknown])).toMatchObject([{ dtype: 'float32', shape: undefined }]);
    expect(inferOp('Reshape', [float(6), { dtype: 'int64', shape: [2] }])).toMatchObject([
      { dtype: 'float32' },
    ]);
    expect(inferOp('Equal', [unknown, unknown])).toMatchObject([{ dtype: 'bool' }]);
  });

  test('a rule that needs elements uses them when it has them', () => {
    expect(inferOp('Expand', [float(3, 1), int64(2, 1, 4)])).toMatchObject([{ shape: [2, 3, 4] }]);
    expect(inferOp('Tile', [float(2, 3), int64(1, 2)])).toMatchObject([{ shape: [2, 6] }]);
  });
});

describe('opsets', () => {
  test('the mask of Dropout became bool', () => {
    expect(inferOp('Dropout', [float(2)], { version: 7, outputs: 2 })[1]?.dtype).toBe('float32');
    expect(inferOp('Dropout', [float(2)], { version: 13, outputs: 2 })[1]?.dtype).toBe('bool');
  });

  test('lists are attributes or inputs', () => {
    const attributes = { axes: attr.ints([0, 3]) };
    expect(inferOp('Unsqueeze', [float(2, 3)], { version: 11, attributes })).toMatchObject([
      { shape: [1, 2, 3, 1] },
    ]);
    expect(inferOp('Unsqueeze', [float(2, 3), int64(0, 3)])).toMatchObject([{ shape: [1, 2, 3, 1] }]);
  });

  test('Resize takes scales or sizes', () => {
    const scales = tensorOf('float32', [2], [1, 2.5]);
    expect(inferOp('Resize', [float(2, 3), undefined, scales])).toMatchObject([{ shape: [2, 7] }]);
    expect(inferOp('Resize', [float(2, 3), undefined, undefined, int64(4, 5)])).toMatchObject([
      { shape: [4, 5] },
    ]);
    expect(inferOp('Upsample', [float(2, 3), scales], { version: 9 })).toMatchObject([{ shape: [2, 7] }]);
  });
});

describe('what is wrong is said', () => {
  test.each([
    ['MatMul', [float(2, 3), float(2, 3)], {}, /no matrix product/],
    ['Concat', [float(2, 3), float(3, 3)], { axis: attr.int(1) }, /do not join/],
    ['Transpose', [float(2, 3)], { perm: attr.ints([0]) }, /does not fit/],
    ['Split', [float(5)], { split: attr.ints([2, 2]) }, /do not add up/],
    ['Flatten', [undefined], {}, /expected input 0, which is not given/],
    ['Gather', [float(2), float(1)], { axis: attr.int(4) }, /outside/],
    ['Einsum', [float(2, 3), float(2, 4)], { equation: attr.string('ij,ij->i') }, /both 3 and 4/],
    ['Cast', [float(1)], { to: attr.int(99) }, /no element type/],
    ['LeakyRelu', [float(1)], { alpha: attr.string('x') }, undefined],
  ] as const)('%s', (op, inputs, attributes, message) => {
    const act = () => inferOp(op, inputs, { attributes });
    if (message) expect(act).toThrow(message);
    else expect(act).not.toThrow();
  });
});
