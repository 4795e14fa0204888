// What narrow floats become: float32, where a cast that the model asks for still rounds.

import { expect, test } from 'vitest';
import { dtypeInfo } from '../../../engine/ir/dtypes.ts';
import { attr } from '../../../engine/ir/graph.ts';
import type { Dtype } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { widenFloats } from '../../../engine/passes/widen-floats.ts';
import { inferred, noFiles, TestGraph } from '../../support/build-graph.ts';

/** The operators of a value that is cast to each of some types in turn, after the pass. */
function afterCasts(from: Dtype, ...through: readonly Dtype[]): string[] {
  const builder = new TestGraph();
  let value = builder.input('x', from, [4]);
  for (const dtype of through) {
    value = builder.node('Cast', [value], { attributes: { to: attr.int(dtypeInfo(dtype).code) } });
  }
  builder.output(value);
  const graph = widenFloats.run(inferred(builder), { read: noFiles, options: DEFAULT_OPTIONS });
  return graph.nodes.map(({ op }) => op);
}

test.each(['float16', 'bfloat16'] as const)('a cast to %s and back rounds', narrow => {
  expect(afterCasts('float32', narrow, 'float32')).toContain('narrow.Round');
  expect(afterCasts('float64', narrow, 'float32')).toContain('narrow.Round');
  expect(afterCasts('int32', narrow, 'float32')).toContain('narrow.Round');
});

test('one narrow type does not hold the numbers of the other', () => {
  expect(afterCasts('bfloat16', 'float16', 'float32')).toContain('narrow.Round');
  expect(afterCasts('float16', 'bfloat16', 'float32')).toContain('narrow.Round');
});

test.each(['float16', 'uint8', 'bool'] as const)('all numbers of %s are there already', from => {
  expect(afterCasts(from, 'float16', 'float32')).not.toContain('narrow.Round');
});
