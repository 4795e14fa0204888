// LSTM, GRU and RNN, one time step after the other. Gates and peepholes as in the ONNX operators.

import {
  AttributeError,
  boolAttribute,
  floatAttribute,
  floatsAttribute,
  hasAttribute,
  intAttribute,
  stringAttribute,
  stringsAttribute,
} from '../../ir/attributes.ts';
import type { Node, Tensor } from '../../ir/types.ts';
import { type Call, inputOf, outputDtype, outputShape, type Reference, type References } from '../call.ts';
import { fromNumbers, type NumberArray, numbers } from '../elements.ts';
import { ACTIVATIONS, NUMERIC, type NumberFunction } from '../elementwise/activations.ts';
import { clamp } from '../elementwise/scalar.ts';

interface Sizes {
  readonly time: number;
  readonly batch: number;
  readonly input: number;
  readonly hidden: number;
}

/** Everything one direction needs; matrices are views of the whole weights. */
interface Direction {
  readonly sizes: Sizes;
  readonly reverse: boolean;
  readonly w: NumberArray;
  readonly r: NumberArray;
  /** input bias and recurrent bias, gates · hidden each; zeros when not given */
  readonly wb: NumberArray;
  readonly rb: NumberArray;
  readonly peephole: NumberArray | undefined;
  readonly activations: readonly NumberFunction[];
  readonly clip: NumberFunction;
}

/** State of one batch entry. */
interface State {
  readonly h: Float64Array;
  readonly c: Float64Array;
}

type Cell = (direction: Direction, state: State, x: NumberArray) => State;

/** Rows of a matrix times a vector, plus a bias. */
function affine(
  matrix: NumberArray,
  vector: ArrayLike<number>,
  bias: NumberArray,
  rows: number,
): Float64Array {
  const width = vector.length;
  const result = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = bias[row] ?? 0;
    for (let i = 0; i < width; i++) sum += (matrix[row * width + i] as number) * (vector[i] as number);
    result[row] = sum;
  }
  return result;
}

/** Gates i, o, f, c; peepholes i, o, f. */
function lstmCell(input_forget: boolean): Cell {
  return ({ sizes, w, r, wb, rb, peephole, activations, clip }, { h, c }, x) => {
    const n = sizes.hidden;
    const [f = clip, g = clip, out = clip] = activations;
    const gates = affine(w, x, wb, 4 * n);
    const recurrent = affine(r, h, rb, 4 * n);
    const next = { h: new Float64Array(n), c: new Float64Array(n) };
    const gate = (k: number, j: number) => (gates[k * n + j] ?? 0) + (recurrent[k * n + j] ?? 0);
    const peep = (k: number, j: number, cell: number) => (peephole ? (peephole[k * n + j] ?? 0) * cell : 0);
    for (let j = 0; j < n; j++) {
      const old = c[j] ?? 0;
      const input = f(clip(gate(0, j) + peep(0, j, old)));
      const forget = input_forget ? 1 - input : f(clip(gate(2, j) + peep(2, j, old)));
      const cell = forget * old + input * g(clip(gate(3, j)));
      const output = f(clip(gate(1, j) + peep(1, j, cell)));
      next.c[j] = cell;
      next.h[j] = output * out(cell);
    }
    return next;
  };
}

/** Gates z, r, h. With linear_before_reset the reset gate applies after the recurrent product. */
function gruCell(linearBeforeReset: boolean): Cell {
  return ({ sizes, w, r, wb, rb, activations, clip }, { h, c }, x) => {
    const n = sizes.hidden;
    const [f = clip, g = clip] = activations;
    const gates = affine(w, x, wb, 3 * n);
    const recurrent = affine(r.subarray(0, 2 * n * n), h, rb.subarray(0, 2 * n), 2 * n);
    const update = new Float64Array(n);
    const reset = new Float64Array(n);
    for (let j = 0; j < n; j++) {
      update[j] = f(clip((gates[j] ?? 0) + (recurrent[j] ?? 0)));
      reset[j] = f(clip((gates[n + j] ?? 0) + (recurrent[n + j] ?? 0)));
    }
    const own = r.subarray(2 * n * n);
    const bias = rb.subarray(2 * n);
    const hidden = linearBeforeReset
      ? affine(own, h, bias, n).map((value, j) => value * (reset[j] ?? 0))
      : affine(
          own,
          h.map((value, j) => value * (reset[j] ?? 0)),
          bias,
          n,
        );
    const next = h.map((old, j) => {
      const candidate = g(clip((gates[2 * n + j] ?? 0) + (hidden[j] ?? 0)));
      const z = update[j] ?? 0;
      return (1 - z) * candidate + z * old;
    });
    return { h: next, c };
  };
}

const rnnCell: Cell = ({ sizes, w, r, wb, rb, activations, clip }, { h, c }, x) => {
  const [f = clip] = activations;
  const gates = affine(w, x, wb, sizes.hidden);
  const recurrent = affine(r, h, rb, sizes.hidden);
  return { h: gates.map((value, j) => f(clip(value + (recurrent[j] ?? 0)))), c };
};

/** Names are case-insensitive in old files; alpha and beta come from lists shared by all activations. */
function activationsOf(node: Node, directions: number, defaults: readonly string[]): NumberFunction[][] {
  const names =
    stringsAttribute(node, 'activations') ?? Array.from({ length: directions }, () => defaults).flat();
  const alphas = [...(floatsAttribute(node, 'activation_alpha') ?? [])];
  const betas = [...(floatsAttribute(node, 'activation_beta') ?? [])];
  const all = names.map(name => activation(node, name, alphas, betas));
  const per = defaults.length;
  return Array.from({ length: directions }, (_, d) => all.slice(d * per, (d + 1) * per));
}

const WITH_ALPHA = new Set(['LeakyRelu', 'ThresholdedRelu', 'Elu', 'HardSigmoid', 'Affine', 'ScaledTanh']);
const WITH_BETA = new Set(['HardSigmoid', 'Affine', 'ScaledTanh']);

function activation(node: Node, name: string, alphas: number[], betas: number[]): NumberFunction {
  const alpha = WITH_ALPHA.has(name) ? alphas.shift() : undefined;
  const beta = WITH_BETA.has(name) ? betas.shift() : undefined;
  if (name === 'Affine') return x => (alpha ?? 1) * x + (beta ?? 0);
  if (name === 'ScaledTanh') return x => (alpha ?? 1) * Math.tanh((beta ?? 1) * x);
  const known = Object.keys({ ...ACTIVATIONS, ...NUMERIC }).find(
    candidate => candidate.toLowerCase() === name.toLowerCase(),
  );
  const make = known === undefined ? undefined : (ACTIVATIONS[known] ?? NUMERIC[known]);
  if (make === undefined) throw new AttributeError('activations', `unknown activation ${name}`, node);
  return make({
    ...node,
    attributes: {
      ...(alpha !== undefined && { alpha: { type: 'float', value: alpha } }),
      ...(beta !== undefined && { beta: { type: 'float', value: beta } }),
    },
  });
}

interface Layer {
  readonly gates: number;
  readonly cell: Cell;
  readonly activations: readonly string[];
  /** input index of the peephole weights, where the layer has them */
  readonly peepholes?: number;
}

/** Part d of a tensor whose first axis is the direction. */
function part(tensor: Tensor | undefined, d: number, size: number): NumberArray | undefined {
  return tensor && numbers(tensor).subarray(d * size, (d + 1) * size);
}

function directionsOf(call: Call, layer: Layer, sizes: Sizes): Direction[] {
  const { node } = call;
  const name = stringAttribute(node, 'direction', 'forward');
  const count = name === 'bidirectional' ? 2 : 1;
  const rows = layer.gates * sizes.hidden;
  const limit = hasAttribute(node, 'clip') ? floatAttribute(node, 'clip') : Number.POSITIVE_INFINITY;
  const activations = activationsOf(node, count, layer.activations);
  return Array.from({ length: count }, (_, d): Direction => {
    const bias = part(call.inputs[3], d, 2 * rows) ?? new Float64Array(2 * rows);
    return {
      sizes,
      reverse: name === 'reverse' || d === 1,
      w: part(inputOf(call, 1), d, rows * sizes.input) ?? new Float64Array(0),
      r: part(inputOf(call, 2), d, rows * sizes.hidden) ?? new Float64Array(0),
      wb: bias.subarray(0, rows),
      rb: bias.subarray(rows),
      peephole:
        layer.peepholes === undefined ? undefined : part(call.inputs[layer.peepholes], d, 3 * sizes.hidden),
      activations: activations[d] ?? [],
      clip: x => clamp(x, -limit, limit),
    };
  });
}

/** Places of (time, direction, batch) blocks in Y, and of (direction, batch) blocks in the last states. */
function placement(call: Call, { time, batch }: Sizes, directions: number) {
  const batchFirst = intAttribute(call.node, 'layout', 0) === 1;
  return {
    input: (t: number, b: number) => (batchFirst ? b * time + t : t * batch + b),
    all: (t: number, d: number, b: number) =>
      batchFirst ? (b * time + t) * directions + d : (t * directions + d) * batch + b,
    last: (d: number, b: number) => (batchFirst ? b * directions + d : d * batch + b),
  };
}

function sizesOf(call: Call): Sizes {
  const batchFirst = intAttribute(call.node, 'layout', 0) === 1;
  const [first = 0, second = 0, input = 0] = inputOf(call, 0).shape;
  const [time, batch] = batchFirst ? [second, first] : [first, second];
  return { time, batch, input, hidden: inputOf(call, 2).shape.at(-1) ?? 0 };
}

const recurrent =
  (makeLayer: (node: Node) => Layer): Reference =>
  call => {
    const layer = makeLayer(call.node);
    const sizes = sizesOf(call);
    const { hidden, input, time, batch } = sizes;
    const directions = directionsOf(call, layer, sizes);
    const place = placement(call, sizes, directions.length);
    const x = numbers(inputOf(call, 0));
    const lengths = call.inputs[4] && numbers(call.inputs[4]);
    const [h0, c0] = [call.inputs[5], call.inputs[6]].map(tensor => tensor && numbers(tensor));
    const y = new Float64Array(time * directions.length * batch * hidden);
    const yh = new Float64Array(directions.length * batch * hidden);
    const yc = new Float64Array(directions.length * batch * hidden);
    for (const [d, direction] of directions.entries()) {
      for (let b = 0; b < batch; b++) {
        const at = place.last(d, b) * hidden;
        const initial = (from: NumberArray | undefined) =>
          from ? Float64Array.from(from.subarray(at, at + hidden)) : new Float64Array(hidden);
        let state: State = { h: initial(h0), c: initial(c0) };
        const length = lengths?.[b] ?? time;
        for (let step = 0; step < length; step++) {
          const t = direction.reverse ? length - 1 - step : step;
          const from = place.input(t, b) * input;
          state = layer.cell(direction, state, x.subarray(from, from + input));
          y.set(state.h, place.all(t, d, b) * hidden);
        }
        yh.set(state.h, at);
        yc.set(state.c, at);
      }
    }
    return [y, yh, yc]
      .slice(0, call.node.outputs.length)
      .map((values, i) => fromNumbers(outputDtype(call, i), outputShape(call, i), values));
  };

export const RECURRENT: References = {
  LSTM: recurrent(node => ({
    gates: 4,
    cell: lstmCell(boolAttribute(node, 'input_forget', false)),
    activations: ['Sigmoid', 'Tanh', 'Tanh'],
    peepholes: 7,
  })),
  GRU: recurrent(node => ({
    gates: 3,
    cell: gruCell(boolAttribute(node, 'linear_before_reset', false)),
    activations: ['Sigmoid', 'Tanh'],
  })),
  RNN: recurrent(() => ({ gates: 1, cell: rnnCell, activations: ['Tanh'] })),
};
