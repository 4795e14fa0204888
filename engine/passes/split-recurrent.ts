// LSTM, GRU and RNN in two: what depends on the input alone is one product over all steps and directions, and what
// goes from step to step is an internal operator, 'Recurrent'. Its inputs: gates [time, batch, direction · gate ·
// hidden] with the biases in them, recurrence weights, recurrence bias [direction, hidden] (a reset gate behind the
// product), peepholes, first hidden state, first cell, steps of each batch entry. Unusual forms are left to the interpreter.

import {
  floatsAttribute,
  hasAttribute,
  intAttribute,
  stringAttribute,
  stringsAttribute,
} from '../ir/attributes.ts';
import { attr } from '../ir/graph.ts';
import { Patch } from '../ir/patch.ts';
import { elementCount } from '../ir/tensor.ts';
import type { Constant, Node, Shape, ValueId } from '../ir/types.ts';
import { deriveFloats } from './derive.ts';
import type { Pass, PassContext } from './pass.ts';
import { Rewrite } from './rewrite.ts';

interface Layer {
  readonly gates: number;
  readonly activations: readonly string[];
}

const LAYERS: Readonly<Record<string, Layer>> = {
  LSTM: { gates: 4, activations: ['Sigmoid', 'Tanh', 'Tanh'] },
  GRU: { gates: 3, activations: ['Sigmoid', 'Tanh'] },
  RNN: { gates: 1, activations: ['Tanh'] },
};

/** An activation, with what shapes it. */
interface Activation {
  readonly name: string;
  readonly alpha: number;
  readonly beta: number;
}

/** Activations that are elementwise operators by the same name: how many parameters they take, and the defaults. */
const ACTIVATIONS: Readonly<Record<string, readonly number[]>> = {
  Relu: [],
  Tanh: [],
  Sigmoid: [],
  LeakyRelu: [0.01],
  HardSigmoid: [0.2, 0.5],
  Elu: [1],
  Softsign: [],
  Softplus: [],
};

export const splitRecurrent: Pass = {
  name: 'split recurrent layers',
  run: (graph, context) => {
    const patch = new Patch(graph);
    for (const node of graph.nodes) {
      const layer = Object.hasOwn(LAYERS, node.op) ? LAYERS[node.op] : undefined;
      const activations = layer && activationsOf(node, layer);
      if (layer && activations && isUsual(patch, node)) split(patch, node, layer, activations, context);
    }
    return patch.build();
  },
};

const directionsOf = (node: Node): number =>
  stringAttribute(node, 'direction', 'forward') === 'bidirectional' ? 2 : 1;

/** The activations of every direction; undefined when they differ or are none of the usual. */
function activationsOf(node: Node, layer: Layer): readonly Activation[] | undefined {
  const names = stringsAttribute(node, 'activations') ?? layer.activations;
  const each = layer.activations.length;
  const [alphas, betas] = ['activation_alpha', 'activation_beta'].map(name => [
    ...(floatsAttribute(node, name) ?? []),
  ]);
  const all = names.map((name): Activation | undefined => {
    const parameters = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
    if (!parameters) return undefined;
    const [alpha, beta] = parameters;
    return {
      name,
      alpha: alpha === undefined ? 0 : (alphas?.shift() ?? alpha),
      beta: beta === undefined ? 0 : (betas?.shift() ?? beta),
    };
  });
  const first = all.slice(0, each).filter(activation => activation !== undefined);
  const same = all.every((activation, i) => JSON.stringify(activation) === JSON.stringify(first[i % each]));
  return same && first.length === each && !hasAttribute(node, 'clip') ? first : undefined;
}

/** float32 and constant weights. */
function isUsual(patch: Patch, node: Node): boolean {
  const [x, w, r, bias, , , , peepholes] = node.inputs;
  if (x === undefined || w === undefined || r === undefined) return false;
  const value = (id: ValueId) => patch.get(id);
  const typed = [...node.inputs.filter((_, i) => i !== 4), ...node.outputs].every(
    id => id === undefined || (value(id).dtype === 'float32' && value(id).shape !== undefined),
  );
  const constant = [w, r, bias, peepholes].every(id => id === undefined || value(id).constant !== undefined);
  return typed && constant && elementCount(value(x).shape ?? []) > 0;
}

function split(
  patch: Patch,
  node: Node,
  layer: Layer,
  activations: readonly Activation[],
  { read }: PassContext,
): void {
  const rewrite = new Rewrite(patch, node);
  const batchFirst = intAttribute(node, 'layout', 0) === 1;
  const swapped = (id: ValueId, permutation: readonly number[]): ValueId => {
    const shape = permutation.map(axis => rewrite.shape(id)[axis] ?? 1);
    return rewrite.step('Transpose', [id], { shape }, { perm: attr.ints(permutation) });
  };
  const x = batchFirst ? swapped(rewrite.input(0), [1, 0, 2]) : rewrite.input(0);
  const [time = 1, batch = 1, features = 1] = rewrite.shape(x);
  const hidden = rewrite.shape(rewrite.input(2)).at(-1) ?? 1;
  const directions = directionsOf(node);
  const columns = directions * layer.gates * hidden;
  const constantOf = (index: number): Constant | undefined => {
    const id = node.inputs[index];
    return id === undefined ? undefined : patch.get(id).constant;
  };
  const derived = (
    name: string,
    shape: Shape,
    from: number,
    compute: (data: Float32Array) => Float32Array,
  ) => {
    const constant = constantOf(from);
    if (!constant) return undefined;
    return patch.constant(`${node.name}/${name}`, deriveFloats(shape, [constant], read, compute));
  };
  const weights = derived('input weights', [features, columns], 1, data =>
    transposed(data, columns, features),
  );
  const resetAfter = node.op === 'GRU' && intAttribute(node, 'linear_before_reset', 0) !== 0;
  const bias = derived('bias', [columns], 3, data =>
    inputBias(data, directions, layer.gates, hidden, resetAfter),
  );
  const inner = resetAfter
    ? derived('recurrence bias', [directions, hidden], 3, data => recurrenceBias(data, directions, hidden))
    : undefined;
  const product = rewrite.step('MatMul', [x, weights], { shape: [time, batch, columns] });
  const gates = bias === undefined ? product : rewrite.apply('Add', product, bias);
  const first = [node.inputs[5], node.inputs[6]].map(id =>
    id !== undefined && batchFirst ? swapped(id, [1, 0, 2]) : id,
  );
  const state = [directions, batch, hidden];
  const outputs = rewrite.steps(
    'Recurrent',
    [gates, rewrite.input(2), inner, node.inputs[7], ...first, node.inputs[4]],
    [[time, ...state], state, state].slice(0, node.outputs.length),
    {
      cell: attr.string(node.op),
      reset_after: attr.int(resetAfter ? 1 : 0),
      input_forget: attr.int(intAttribute(node, 'input_forget', 0)),
      direction: attr.string(stringAttribute(node, 'direction', 'forward')),
      activations: attr.strings(activations.map(({ name }) => name)),
      alphas: attr.floats(activations.map(({ alpha }) => alpha)),
      betas: attr.floats(activations.map(({ beta }) => beta)),
    },
  );
  const order = [
    [2, 0, 1, 3],
    [1, 0, 2],
    [1, 0, 2],
  ];
  rewrite.finish(...outputs.map((id, i) => (batchFirst ? swapped(id, order[i] ?? []) : id)));
}

function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = data[row * columns + column] ?? 0;
  return result;
}

/** [direction][input | recurrence][gate][hidden] → [direction][gate][hidden], both added where the sum is all that counts. */
function inputBias(
  data: Float32Array,
  directions: number,
  gates: number,
  hidden: number,
  resetAfter: boolean,
): Float32Array {
  const rows = gates * hidden;
  const joined = resetAfter ? rows - hidden : rows;
  return Float32Array.from({ length: directions * rows }, (_, i) => {
    const [direction, row] = [Math.floor(i / rows), i % rows];
    const own = data[2 * direction * rows + row] ?? 0;
    return row < joined ? own + (data[(2 * direction + 1) * rows + row] ?? 0) : own;
  });
}

/** The recurrence's bias of a GRU's last gate. */
function recurrenceBias(data: Float32Array, directions: number, hidden: number): Float32Array {
  return Float32Array.from(
    { length: directions * hidden },
    (_, i) => data[(6 * Math.floor(i / hidden) + 5) * hidden + (i % hidden)] ?? 0,
  );
}
