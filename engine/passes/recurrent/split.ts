// LSTM, GRU and RNN in two: what depends on the input alone is one product over all steps and directions, and what
// goes from step to step is an internal operator, 'Recurrent'. Its inputs: gates [time, batch, direction · gate ·
// hidden] with the biases in them, recurrence weights, recurrence bias [direction, hidden] (a reset gate behind the
// product), peepholes, first hidden state, first cell, steps of each batch entry. Unusual forms are left to the
// interpreter.

import {
  floatsAttribute,
  hasAttribute,
  intAttribute,
  stringAttribute,
  stringsAttribute,
} from '../../ir/attributes.ts';
import type { ReadBytes } from '../../ir/constants/reading.ts';
import { attr } from '../../ir/graph.ts';
import { Patch } from '../../ir/patch.ts';
import { elementCount } from '../../ir/tensor.ts';
import type { Attribute, Node, ValueId } from '../../ir/types.ts';
import type { Pass, PassContext } from '../pass.ts';
import { Rewrite } from '../rewrite.ts';
import { inChunks, joined, type RecurrentSizes, recurrentChunks } from './chunks.ts';
import { type DirectionParameters, RecurrentParameters } from './parameters.ts';

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

const directionsOf = (node: Node): number => (directionText(node) === 'bidirectional' ? 2 : 1);

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
  const sizes = { time, batch, directions: directionsOf(node), features, hidden, gates: layer.gates };
  const whole = directionText(node);
  const reversed = (direction: number): boolean => whole === 'reverse' || direction === 1;
  const chunks = node.inputs[4] === undefined ? recurrentChunks(sizes, reversed) : 'whole';
  const parts = new LayerParts(rewrite, sizes, activations, read);
  const first = [node.inputs[5], node.inputs[6]].map(id =>
    id !== undefined && batchFirst ? swapped(id, [1, 0, 2]) : id,
  );
  const outputs =
    chunks === 'whole'
      ? parts.whole(x, first, node.outputs.length)
      : inChunks(rewrite, chunks, { x, first }, (inputs, before) => parts.chunk(inputs, before));
  const order = [
    [2, 0, 1, 3],
    [1, 0, 2],
    [1, 0, 2],
  ];
  const given = outputs.slice(0, node.outputs.length);
  rewrite.finish(...given.map((id, i) => (batchFirst ? swapped(id, order[i] ?? []) : id)));
}

const directionText = (node: Node): string => stringAttribute(node, 'direction', 'forward');

/**
 * Writes the two parts of a layer: the products of all steps with the input weights, and what goes from step to step.
 */
class LayerParts {
  readonly #rewrite: Rewrite;
  readonly #sizes: RecurrentSizes;
  readonly #parameters: RecurrentParameters;
  readonly #attributes: Readonly<Record<string, Attribute>>;

  constructor(rewrite: Rewrite, sizes: RecurrentSizes, activations: readonly Activation[], read: ReadBytes) {
    const { node } = rewrite;
    this.#rewrite = rewrite;
    this.#sizes = sizes;
    this.#parameters = new RecurrentParameters(rewrite, sizes, read);
    this.#attributes = {
      cell: attr.string(node.op),
      reset_after: attr.int(this.#parameters.resetAfter ? 1 : 0),
      input_forget: attr.int(intAttribute(node, 'input_forget', 0)),
      activations: attr.strings(activations.map(({ name }) => name)),
      alphas: attr.floats(activations.map(({ alpha }) => alpha)),
      betas: attr.floats(activations.map(({ beta }) => beta)),
      direction: attr.string(directionText(node)),
    };
  }

  /** The layer over all steps at once, the states being `before` it; its first outputs. */
  whole(x: ValueId, before: readonly (ValueId | undefined)[], outputs: number): ValueId[] {
    return this.#recur(this.#gatesOf(x, this.#parameters.all()), before, outputs);
  }

  /** The same over a chunk of the steps, of which every direction has its own input; all outputs. */
  chunk(inputs: readonly ValueId[], before: readonly (ValueId | undefined)[]): ValueId[] {
    const gates = inputs.map((input, direction) => this.#gatesOf(input, this.#parameters.of(direction)));
    const states = this.#rewrite.node.op === 'LSTM' ? 2 : 1;
    return this.#recur(joined(this.#rewrite, gates, 2), before, 1 + states);
  }

  #gatesOf(input: ValueId, { weights, bias }: DirectionParameters): ValueId {
    const [steps = 1] = this.#rewrite.shape(input);
    const [, columns = 1] = this.#rewrite.shape(weights);
    const shape = [steps, this.#sizes.batch, columns];
    const product = this.#rewrite.step('MatMul', [input, weights], { shape });
    return bias === undefined ? product : this.#rewrite.apply('Add', product, bias);
  }

  #recur(gates: ValueId, before: readonly (ValueId | undefined)[], outputs: number): ValueId[] {
    const { directions, batch, hidden } = this.#sizes;
    const { recurrence, inner, peepholes } = this.#parameters.all();
    const state = [directions, batch, hidden];
    return this.#rewrite.steps(
      'Recurrent',
      [gates, recurrence, inner, peepholes, before[0], before[1], this.#rewrite.node.inputs[4]],
      [[...this.#rewrite.shape(gates).slice(0, 1), ...state], state, state].slice(0, outputs),
      this.#attributes,
    );
  }
}
