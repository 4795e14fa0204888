// A model of about ten thousand small operators, for what has to stay quick however large a graph is:
// scoped blocks in scoped stages, each with two branches, a residual and a long connection now and then.

import { GraphBuilder } from '../../engine/ir/graph.ts';
import { tensorOf } from '../../engine/ir/tensor.ts';
import type { Model, ValueId } from '../../engine/ir/types.ts';
import { modelOf } from './build-graph.ts';

const WIDTH = 16;
const BLOCKS_PER_STAGE = 25;
/** operators of a block, see `block` */
const OPERATORS = 10;
/** every so many blocks, one reads what one so many before gave */
const REACH = 40;

/** `nodes` is rounded down to whole blocks. */
export function manyNodes(nodes = 10_000): Model {
  const builder = new GraphBuilder('many nodes');
  const weight = builder.constant('weight', tensorOf('float32', [WIDTH, WIDTH], nearlyIdentity()));
  let state = builder.input('input', 'float32', [1, WIDTH, WIDTH]);
  let remembered = state;
  for (let index = 0; index < Math.floor(nodes / OPERATORS); index++) {
    const stage = Math.floor(index / BLOCKS_PER_STAGE);
    const scope = `/stages.${stage}/blocks.${index % BLOCKS_PER_STAGE}`;
    const far = index % REACH === REACH - 1;
    state = block(builder, scope, state, weight, far ? remembered : state);
    if (far) remembered = state;
  }
  builder.output(state);
  return modelOf(builder.build());
}

const nearlyIdentity = (): number[] =>
  Array.from({ length: WIDTH * WIDTH }, (_, i) => (i % (WIDTH + 1) === 0 ? 1 : 0.01));

function block(builder: GraphBuilder, scope: string, input: ValueId, weight: ValueId, far: ValueId): ValueId {
  const op = (name: string, kind: string, ...inputs: ValueId[]): ValueId =>
    builder.node(kind, inputs, { name: `${scope}/${name}` });
  const product = op('mix/MatMul', 'MatMul', input, weight);
  const active = op('mix/Relu', 'Relu', product);
  const mixed = op('mix/MatMul_1', 'MatMul', active, weight);
  const gate = op('gate/Sigmoid', 'Sigmoid', input);
  const tanh = op('gate/Tanh', 'Tanh', gate);
  const soft = op('gate/Softmax', 'Softmax', tanh);
  const gated = op('Mul', 'Mul', mixed, soft);
  const normal = op('Softmax', 'Softmax', gated);
  const added = op('Add', 'Add', normal, far);
  return op('Tanh', 'Tanh', added);
}
