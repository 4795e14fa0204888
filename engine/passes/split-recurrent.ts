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
import type { Node, ValueId } from '../ir/types.ts';
import type { Pass, PassContext } from './pass.ts';
import { inChunks, joined, recurrentChunks } from './recurrent-chunks.ts';
import { type DirectionParameters, RecurrentParameters } from './recurrent-parameters.ts';
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
  const lengths = node.inputs[4];
  const sizes = { time, batch, directions, features, hidden, gates: layer.gates };
  const whole = stringAttribute(node, 'direction', 'forward');
  const reversed = (direction: number): boolean => whole === 'reverse' || direction === 1;
  const chunks = lengths === undefined ? recurrentChunks(sizes, reversed) : 'whole';
  const parameters = new RecurrentParameters(rewrite, sizes, read);
  const first = [node.inputs[5], node.inputs[6]].map(id =>
    id !== undefined && batchFirst ? swapped(id, [1, 0, 2]) : id,
  );
  const attributes = {
    cell: attr.string(node.op),
    reset_after: attr.int(parameters.resetAfter ? 1 : 0),
    input_forget: attr.int(intAttribute(node, 'input_forget', 0)),
    activations: attr.strings(activations.map(({ name }) => name)),
    alphas: attr.floats(activations.map(({ alpha }) => alpha)),
    betas: attr.floats(activations.map(({ beta }) => beta)),
  };
  const states = node.op === 'LSTM' ? 2 : 1;
  const gatesOf = (input: ValueId, { weights, bias }: DirectionParameters): ValueId => {
    const [steps = 1] = rewrite.shape(input);
    const [, columns = 1] = rewrite.shape(weights);
    const product = rewrite.step('MatMul', [input, weights], { shape: [steps, batch, columns] });
    return bias === undefined ? product : rewrite.apply('Add', product, bias);
  };
  const recur = (gates: ValueId, before: readonly (ValueId | undefined)[], outputs: number): ValueId[] => {
    const { recurrence, inner, peepholes } = parameters.all();
    const state = [directions, batch, hidden];
    return rewrite.steps(
      'Recurrent',
      [gates, recurrence, inner, peepholes, before[0], before[1], lengths],
      [[...rewrite.shape(gates).slice(0, 1), ...state], state, state].slice(0, outputs),
      { ...attributes, direction: attr.string(whole) },
    );
  };
  const inParts = (parts: readonly ValueId[], before: readonly (ValueId | undefined)[]): ValueId[] => {
    const gates = parts.map((part, direction) => gatesOf(part, parameters.of(direction)));
    return recur(joined(rewrite, gates, 2), before, 1 + states);
  };
  const outputs =
    chunks === 'whole'
      ? recur(gatesOf(x, parameters.all()), first, node.outputs.length)
      : inChunks(rewrite, chunks, { x, first }, inParts).slice(0, node.outputs.length);
  const order = [
    [2, 0, 1, 3],
    [1, 0, 2],
    [1, 0, 2],
  ];
  rewrite.finish(...outputs.map((id, i) => (batchFirst ? swapped(id, order[i] ?? []) : id)));
}
