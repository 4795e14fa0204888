// Recurrent layers against the interpreter: all cells, directions, layouts, first states, sizes with and without tails.

import { expect, it } from 'vitest';
import { kernelNeeds } from '../../../../engine/codegen/emit.ts';
import { attr } from '../../../../engine/ir/graph.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Attribute, Tensor, ValueId } from '../../../../engine/ir/types.ts';
import { seededRandom } from '../../../../engine/random.ts';
import type { RecurrentSpec } from '../../../../engine/select/spec/recurrent.ts';
import { inferred, randomTensor, TestGraph } from '../../../support/build-graph.ts';
import { type Allowed, expectCompiled } from '../../../support/expect-compiled.ts';

const GATES = { LSTM: 4, GRU: 3, RNN: 1 } as const;

function drawLayer(op: keyof typeof GATES, seed: number): { graph: TestGraph; inputs: Tensor[] } {
  const random = seededRandom(seed);
  const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
  const chance = () => random() < 0.5;
  const graph = new TestGraph('layer');
  const inputs: Tensor[] = [];
  const input = (shape: readonly number[]): ValueId => {
    inputs.push(randomTensor(shape, seed + 100 * inputs.length));
    return graph.input(`x${inputs.length}`, 'float32', shape);
  };
  const [time, batch, features] = [seed % 3 === 0 ? whole(12, 40) : whole(1, 6), whole(1, 7), whole(1, 9)];
  const hidden = [whole(1, 9), whole(10, 40), 16, 32][whole(0, 3)] ?? 1;
  const direction = ['forward', 'reverse', 'bidirectional'][whole(0, 2)] ?? 'forward';
  const directions = direction === 'bidirectional' ? 2 : 1;
  const rows = GATES[op] * hidden;
  const batchFirst = chance();
  const x = input(batchFirst ? [batch, time, features] : [time, batch, features]);
  const state = () => {
    if (chance()) return undefined;
    return input(batchFirst ? [batch, directions, hidden] : [directions, batch, hidden]);
  };
  const lengths = () => {
    inputs.push(
      tensorOf(
        'int32',
        [batch],
        Array.from({ length: batch }, () => whole(1, time)),
      ),
    );
    return graph.input('lengths', 'int32', [batch]);
  };
  const operands = [
    x,
    graph.weight([directions, rows, features]),
    graph.weight([directions, rows, hidden], 0.5),
    chance() ? graph.weight([directions, 2 * rows]) : undefined,
    chance() ? lengths() : undefined,
    state(),
    ...(op === 'LSTM' ? [state(), chance() ? graph.weight([directions, 3 * hidden]) : undefined] : []),
  ];
  const attributes: Record<string, Attribute> = {
    hidden_size: attr.int(hidden),
    direction: attr.string(direction),
    layout: attr.int(batchFirst ? 1 : 0),
    ...(op === 'GRU' && { linear_before_reset: attr.int(whole(0, 1)) }),
    ...(op === 'LSTM' && { input_forget: attr.int(whole(0, 1)) }),
    ...(op === 'RNN' && chance() && { activations: attr.strings(Array(directions).fill('Relu')) }),
    ...(op === 'LSTM' &&
      chance() && {
        activations: attr.strings(Array(directions).fill(['HardSigmoid', 'Tanh', 'Elu']).flat()),
        activation_alpha: attr.floats(Array(directions).fill([0.3, 0.7]).flat()),
        activation_beta: attr.floats(Array(directions).fill(0.4)),
      }),
  };
  const names = op === 'LSTM' ? ['y', 'h', 'c'] : ['y', 'h'];
  const wanted = names.map(name => (name === 'y' || chance() ? name : undefined));
  for (const id of graph.nodes(op, operands, { attributes, outputs: wanted })) {
    if (id !== undefined) graph.output(id);
  }
  return { graph, inputs };
}

it.each(Object.keys(GATES) as (keyof typeof GATES)[])('%s', op => {
  for (let seed = 1; seed <= 40; seed++) {
    const { graph, inputs } = drawLayer(op, seed);
    // What a step rounds goes on through all that follow.
    const allowed: Allowed = (_tensor, _wanted, largest) => 4e-5 * (1 + largest);
    expectCompiled(inferred(graph), inputs, `${op} seed ${seed}`, allowed);
  }
});

it('units are directions and tiles of batch entries', () => {
  const spec: RecurrentSpec = {
    ...{ kind: 'recurrent', steps: 3, batch: 5, hidden: 7, reverse: [false, true], batchRows: 2 },
    ...{ states: [{}], reads: [], stages: [] },
  };
  expect(kernelNeeds(spec, '128', 2).units).toBe(6);
});
