// Float models as exporters quantise them: parameters from the ranges that values had in one run, then the nodes
// written again in one of the styles. QOperator: operators on stored numbers. QDQ: float operators between
// QuantizeLinear and DequantizeLinear. Dynamic: activations are quantised while the model runs.

import { attr, GraphBuilder } from '../../engine/ir/graph.ts';
import { elementCount, normalizeAxis, numbersOf, tensorOf } from '../../engine/ir/tensor.ts';
import type { Attribute, Graph, Model, Node, Tensor, ValueId } from '../../engine/ir/types.ts';
import { evaluateGraph } from '../../engine/reference/interpreter.ts';
import { modelOf, noFiles } from './build-graph.ts';

export const QUANTISATION_STYLES = ['QOperator', 'QDQ per tensor', 'QDQ per channel', 'dynamic'] as const;
export type QuantisationStyle = (typeof QUANTISATION_STYLES)[number];

export interface QuantisedModel {
  readonly model: Model;
  /** per output: what one quantisation step of it is worth */
  readonly steps: readonly number[];
  /** what the float model computes */
  readonly exact: readonly Tensor[];
}

interface Parameters {
  readonly scale: number;
  readonly zero: number;
}

/** Stored numbers with their parameters. */
interface Stored {
  readonly id: ValueId;
  readonly scale: ValueId;
  readonly zero: ValueId;
}

/** A value of the float model in the new one: as real numbers, stored, or both. */
interface Form {
  real?: ValueId;
  stored?: Stored;
}

const OPSET = 17;

/** The model in a style. `graph` has float32 constants as weights and shapes of everything it computes. */
export function quantise(graph: Graph, inputs: readonly Tensor[], style: QuantisationStyle): QuantisedModel {
  const computed = graph.nodes.flatMap(({ outputs }) => outputs.filter(id => id !== undefined));
  const given = new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor]));
  const values = evaluateGraph({ ...graph, outputs: [...graph.inputs, ...computed] }, given, noFiles);
  const writer = new Writer(graph, values, style);
  const exact = graph.outputs.map(id => values.get(id) as Tensor);
  return { model: writer.write(), steps: exact.map(tensor => parametersOf(tensor).scale), exact };
}

/** uint8 from the smallest to the largest element, 0 among them. */
function parametersOf(tensor: Tensor): Parameters {
  const numbers = numbersOf(tensor);
  const [low, high] = [Math.min(0, ...numbers), Math.max(0, ...numbers)];
  const scale = Math.fround((high - low) / 255) || 1;
  return { scale, zero: Math.min(255, Math.max(0, Math.round(-low / scale))) };
}

class Writer {
  readonly #graph: Graph;
  readonly #values: ReadonlyMap<ValueId, Tensor>;
  readonly #style: QuantisationStyle;
  readonly #builder: GraphBuilder;
  readonly #forms = new Map<ValueId, Form>();
  #products = 0;

  constructor(graph: Graph, values: ReadonlyMap<ValueId, Tensor>, style: QuantisationStyle) {
    this.#graph = graph;
    this.#values = values;
    this.#style = style;
    this.#builder = new GraphBuilder(`${graph.name}, ${style}`, { version: OPSET });
  }

  write(): Model {
    for (const id of this.#graph.inputs) {
      const { name, dtype, shape } = this.#value(id);
      this.#forms.set(id, { real: this.#builder.input(name, dtype, shape) });
    }
    for (const node of this.#graph.nodes) this.#node(node);
    for (const id of this.#graph.outputs) this.#builder.output(this.#real(id));
    return modelOf(this.#builder.build(), { opsets: { '': OPSET, 'com.microsoft': 1 } });
  }

  #value(id: ValueId) {
    const value = this.#graph.values[id];
    if (!value) throw new Error(`no value ${id}`);
    return value;
  }

  #constantOf(id: ValueId): Tensor | undefined {
    const { constant } = this.#value(id);
    return constant?.kind === 'inline' ? constant.tensor : undefined;
  }

  #node(node: Node): void {
    const [x] = node.inputs;
    const floats = x !== undefined && (this.#values.get(x) ?? this.#constantOf(x))?.dtype === 'float32';
    const write = floats ? this.#writers[node.op] : undefined;
    if (write) write(node);
    else this.#plain(node);
  }

  /** As it was, on real numbers. */
  #plain(node: Node): void {
    const inputs = node.inputs.map(id => (id === undefined ? undefined : this.#real(id)));
    this.#finish(node, this.#apply(node.op, inputs, node.attributes, node.outputs.length));
  }

  #finish(node: Node, results: readonly (ValueId | undefined)[]): void {
    node.outputs.forEach((id, i) => {
      const real = results[i];
      if (id !== undefined && real !== undefined) this.#forms.set(id, { real });
    });
  }

  #apply(
    op: string,
    inputs: readonly (ValueId | undefined)[],
    attributes: Node['attributes'] = {},
    outputs = 1,
  ): (ValueId | undefined)[] {
    const version = op.startsWith('com.microsoft.') ? 1 : OPSET;
    const names = Array.from({ length: outputs }, () => op);
    return this.#builder.nodes(op, inputs, { attributes, outputs: names, version });
  }

  #one(op: string, inputs: readonly (ValueId | undefined)[], attributes: Node['attributes'] = {}): ValueId {
    return this.#apply(op, inputs, attributes)[0] as ValueId;
  }

  #number(dtype: 'float32' | 'uint8' | 'int8', ...values: number[]): ValueId {
    return this.#builder.constant('p', tensorOf(dtype, values.length === 1 ? [] : [values.length], values));
  }

  #real(id: ValueId): ValueId {
    const form = this.#form(id);
    const { stored } = form;
    if (stored) form.real ??= this.#one('DequantizeLinear', [stored.id, stored.scale, stored.zero]);
    return form.real as ValueId;
  }

  #form(id: ValueId): Form {
    const known = this.#forms.get(id);
    if (known) return known;
    const tensor = this.#constantOf(id);
    if (!tensor) throw new Error(`${this.#value(id).name} is used before it is written`);
    const form = { real: this.#builder.constant(this.#value(id).name, tensor) };
    this.#forms.set(id, form);
    return form;
  }

  #parameters(id: ValueId): { scale: ValueId; zero: ValueId } {
    const { scale, zero } = parametersOf((this.#values.get(id) ?? this.#constantOf(id)) as Tensor);
    return { scale: this.#number('float32', scale), zero: this.#number('uint8', zero) };
  }

  #stored(id: ValueId): Stored {
    const form = this.#form(id);
    if (!form.stored) {
      const { scale, zero } = this.#parameters(id);
      form.stored = { id: this.#one('QuantizeLinear', [form.real, scale, zero]), scale, zero };
    }
    return form.stored;
  }

  readonly #three = (id: ValueId): ValueId[] => {
    const { id: stored, scale, zero } = this.#stored(id);
    return [stored, scale, zero];
  };

  /** int8 around 0; a scale for each place of an axis in the styles that have one. */
  #weight(tensor: Tensor, axis: number): { id: ValueId; scale: ValueId; zero: ValueId; scales: number[] } {
    const perAxis = this.#style === 'QDQ per channel' || this.#style === 'QOperator';
    const at = normalizeAxis(axis, tensor.shape.length);
    const count = perAxis ? (tensor.shape[at] ?? 1) : 1;
    const inner = elementCount(tensor.shape.slice(at + 1));
    const place = (i: number) => (perAxis ? Math.floor(i / inner) % count : 0);
    const largest = new Array<number>(count).fill(0);
    const numbers = numbersOf(tensor);
    numbers.forEach((x, i) => {
      largest[place(i)] = Math.max(largest[place(i)] ?? 0, Math.abs(x));
    });
    const scales = largest.map(most => Math.fround(most / 127) || 1);
    const stored = Array.from(numbers, (x, i) => Math.round(x / (scales[place(i)] ?? 1)));
    return {
      id: this.#builder.constant('w', tensorOf('int8', tensor.shape, stored)),
      scale: this.#number('float32', ...scales),
      zero: this.#number('int8', ...scales.map(() => 0)),
      scales,
    };
  }

  /** What a result is stored as, from operands that are stored. */
  #operator(
    node: Node,
    op: string,
    inputs: readonly (ValueId | undefined)[],
    behind: boolean,
    attributes = node.attributes,
  ): void {
    const [output] = node.outputs as [ValueId];
    const { scale, zero } = this.#parameters(output);
    const id = this.#one(op, behind ? [...inputs, scale, zero] : [scale, zero, ...inputs], attributes);
    this.#forms.set(output, { stored: { id, scale, zero } });
  }

  /** A result with the parameters of its operand: what only moves or picks elements. */
  #moving(node: Node): void {
    if (this.#style === 'dynamic') {
      this.#plain(node);
      return;
    }
    const [x, ...others] = node.inputs as [ValueId];
    const { id, scale, zero } = this.#stored(x);
    const moved = this.#one(node.op, [id, ...others.map(other => this.#real(other))], node.attributes);
    this.#forms.set(node.outputs[0] as ValueId, { stored: { id: moved, scale, zero } });
  }

  /** The float operator between DequantizeLinear and QuantizeLinear. */
  #between(node: Node, weightAxis = 0): void {
    const inputs = node.inputs.map((id, i) => {
      if (id === undefined) return undefined;
      const constant = this.#constantOf(id);
      if (constant && i === 1 && constant.shape.length > 1) {
        const { id: stored, scale, zero, scales } = this.#weight(constant, weightAxis);
        const axis = scales.length > 1 ? { axis: attr.int(weightAxis) } : {};
        return this.#one('DequantizeLinear', [stored, scale, zero], axis);
      }
      if (constant) return this.#real(id);
      const { id: stored, scale, zero } = this.#stored(id);
      return this.#one('DequantizeLinear', [stored, scale, zero]);
    });
    const [output] = node.outputs as [ValueId];
    const real = this.#one(node.op, inputs, node.attributes);
    const { scale, zero } = this.#parameters(output);
    const id = this.#one('QuantizeLinear', [real, scale, zero]);
    this.#forms.set(output, { stored: { id, scale, zero } });
  }

  #convolution(node: Node): void {
    const [x, w, bias] = node.inputs as [ValueId, ValueId, ValueId | undefined];
    const weights = this.#constantOf(w) as Tensor;
    if (this.#style.startsWith('QDQ')) {
      this.#between(node);
      return;
    }
    const { id, scale, zero, scales } = this.#weight(weights, 0);
    if (this.#style === 'QOperator') {
      const inputs = [...this.#three(x), id, scale, zero];
      const step = parametersOf(this.#values.get(x) as Tensor).scale;
      const [output] = node.outputs as [ValueId];
      const y = this.#parameters(output);
      const whole = bias === undefined ? undefined : (this.#constantOf(bias) as Tensor);
      const terms =
        whole &&
        this.#builder.constant(
          'b',
          tensorOf(
            'int32',
            whole.shape,
            Array.from(numbersOf(whole), (b, c) => Math.round(b / (step * (scales[c] ?? scales[0] ?? 1)))),
          ),
        );
      const all = [...inputs, y.scale, y.zero, ...(terms === undefined ? [] : [terms])];
      this.#forms.set(output, { stored: { id: this.#one('QLinearConv', all, node.attributes), ...y } });
      return;
    }
    const [stored, step, middle] = this.#apply('DynamicQuantizeLinear', [this.#real(x)], {}, 3);
    const sums = this.#one('ConvInteger', [stored, id, middle, zero], node.attributes);
    const factor = this.#one('Mul', [step, scale]);
    const real = this.#one('Mul', [this.#one('Cast', [sums], { to: attr.int(1) }), factor]);
    if (bias === undefined) {
      this.#finish(node, [real]);
      return;
    }
    const { data, shape } = this.#constantOf(bias) as Tensor;
    const spread = this.#builder.constant('b', {
      dtype: 'float32',
      shape: [1, ...shape, 1, 1],
      data,
    } as Tensor);
    this.#finish(node, [this.#one('Add', [real, spread])]);
  }

  #product(node: Node): void {
    const [a, b] = node.inputs as [ValueId, ValueId];
    const constant = this.#constantOf(b);
    if (this.#style.startsWith('QDQ')) {
      this.#between(node, 1);
      return;
    }
    if (this.#style === 'QOperator') {
      const weight = constant && this.#weight(constant, 1);
      const right = weight ? [weight.id, weight.scale, weight.zero] : this.#three(b);
      this.#operator(node, 'QLinearMatMul', [...this.#three(a), ...right], true);
      return;
    }
    if (!constant) {
      this.#plain(node);
      return;
    }
    const { id, scale, zero } = this.#weight(constant, 1);
    // Both ways exporters write it.
    if (this.#products++ % 2 === 0) {
      const op = 'com.microsoft.DynamicQuantizeMatMul';
      this.#finish(node, [this.#one(op, [this.#real(a), id, scale, zero])]);
      return;
    }
    const [stored, step, middle] = this.#apply('DynamicQuantizeLinear', [this.#real(a)], {}, 3);
    const sums = this.#one('Cast', [this.#one('MatMulInteger', [stored, id, middle, zero])], {
      to: attr.int(1),
    });
    this.#finish(node, [this.#one('Mul', [sums, this.#one('Mul', [step, scale])])]);
  }

  /** An operator of com.microsoft where there is one. */
  #elementwise(node: Node, op: string, added: Readonly<Record<string, Attribute>> = {}): void {
    if (this.#style === 'dynamic') {
      this.#plain(node);
      return;
    }
    if (this.#style !== 'QOperator') {
      this.#between(node);
      return;
    }
    const inputs = (node.inputs as ValueId[]).flatMap(this.#three);
    this.#operator(node, `com.microsoft.${op}`, inputs, op !== 'QLinearConcat', {
      ...node.attributes,
      ...added,
    });
  }

  /** Weights of 8 bits; the gates are computed with real numbers. */
  #recurrent(node: Node): void {
    const [x, w, r, ...others] = node.inputs as [ValueId, ValueId, ValueId, ValueId | undefined];
    const weights = [w, r].map(id => this.#constantOf(id) as Tensor);
    const rest = others.map(id => (id === undefined ? undefined : this.#real(id)));
    if (this.#style === 'dynamic' && weights.every(({ shape }) => shape[0] === 1)) {
      const packed = weights.map(tensor => this.#weight(turned(tensor), 1));
      const parameters = packed.flatMap(({ scales }) => [
        this.#builder.constant('p', tensorOf('float32', [1], [scales[0] ?? 1])),
        this.#builder.constant('p', tensorOf('int8', [1], [0])),
      ]);
      const five = [...rest, ...new Array<undefined>(5 - rest.length)];
      const inputs = [this.#real(x), ...packed.map(({ id }) => id), ...five, ...parameters];
      const op = 'com.microsoft.DynamicQuantizeLSTM';
      this.#finish(node, this.#apply(op, inputs, node.attributes, node.outputs.length));
      return;
    }
    const real = weights.map(tensor => {
      const { id, scale, zero, scales } = this.#weight(tensor, 1);
      return this.#one('DequantizeLinear', [id, scale, zero], scales.length > 1 ? { axis: attr.int(1) } : {});
    });
    const { id, scale, zero } = this.#stored(x);
    const inputs = [this.#one('DequantizeLinear', [id, scale, zero]), ...real, ...rest];
    this.#finish(node, this.#apply('LSTM', inputs, node.attributes, node.outputs.length));
  }

  readonly #writers: Readonly<Record<string, (node: Node) => void>> = {
    Conv: node => this.#convolution(node),
    MatMul: node => this.#product(node),
    Add: node => this.#elementwise(node, 'QLinearAdd'),
    Mul: node => this.#elementwise(node, 'QLinearMul'),
    Sigmoid: node => this.#elementwise(node, 'QLinearSigmoid'),
    LeakyRelu: node => this.#elementwise(node, 'QLinearLeakyRelu'),
    Concat: node => this.#elementwise(node, 'QLinearConcat'),
    AveragePool: node => this.#elementwise(node, 'QLinearAveragePool'),
    GlobalAveragePool: node =>
      this.#elementwise(node, 'QLinearGlobalAveragePool', { channels_last: attr.int(0) }),
    MaxPool: node => this.#moving(node),
    Reshape: node => this.#moving(node),
    Transpose: node => this.#moving(node),
    Flatten: node => this.#moving(node),
    Relu: node => (this.#style === 'dynamic' ? this.#plain(node) : this.#between(node)),
    LSTM: node => this.#recurrent(node),
  };
}

/** The last two axes exchanged. */
function turned({ shape, ...tensor }: Tensor): Tensor {
  const [rows = 1, columns = 1] = shape.slice(-2);
  const numbers = numbersOf({ shape, ...tensor } as Tensor);
  const values = Array.from(numbers, (_, i) => {
    const [matrix, at] = [Math.floor(i / (rows * columns)), i % (rows * columns)];
    return numbers[matrix * rows * columns + (at % rows) * columns + Math.floor(at / rows)] ?? 0;
  });
  return tensorOf('float32', [...shape.slice(0, -2), columns, rows], values);
}
