// Control flow for random models: If, Loop and Scan whose bodies compute on their own inputs, on constants and on
// values of the graph around them, one inside the other now and then.

import { attr, GraphBuilder } from '../../engine/ir/graph.ts';
import { tensorOf } from '../../engine/ir/tensor.ts';
import type { Shape, ValueId } from '../../engine/ir/types.ts';
import type { Known, RandomModel, Step } from './random-model.ts';

const { graph, int, ints } = attr;

const UNARY = ['Relu', 'Tanh', 'Sigmoid', 'Neg', 'Abs', 'Softsign', 'Erf', 'Identity'];
const BINARY = ['Add', 'Sub', 'Mul', 'Max', 'Min'];

/** What a body may read besides its inputs: values of the graph around it, under their names. */
type Outer = readonly { readonly name: string; readonly shape: Shape }[];

function outerOf(m: RandomModel, shape: Shape): Outer {
  const same = m.value(({ dtype, shape: other }) => dtype === 'float32' && other.join() === shape.join());
  const weight = m.constant(m.floats([shape.at(-1) ?? 1, shape.at(-1) ?? 1], 0.25));
  return [same, weight].flatMap(known =>
    known ? [{ name: m.builder.get(known.id).name, shape: known.tensor.shape }] : [],
  );
}

class Body {
  readonly builder: GraphBuilder;
  readonly #m: RandomModel;
  readonly #outer: Outer;
  readonly #captured = new Map<string, ValueId>();

  constructor(m: RandomModel, name: string, outer: Outer) {
    this.builder = new GraphBuilder(name, { ids: m.ids });
    this.#m = m;
    this.#outer = outer;
  }

  capture(name: string): ValueId {
    const known = this.#captured.get(name) ?? this.builder.capture(name);
    this.#captured.set(name, known);
    return known;
  }

  /** One to four operators that keep the shape. */
  chain(x: ValueId, shape: Shape): ValueId {
    const length = 1 + this.#m.below(4);
    let at = x;
    for (let i = 0; i < length; i++) at = this.#next(at, shape);
    return at;
  }

  #next(x: ValueId, shape: Shape): ValueId {
    const [m, b] = [this.#m, this.builder];
    const same = this.#outer.find(value => value.shape.join() === shape.join());
    const weight = this.#outer.find(value => value.shape.length === 2 && value.shape[0] === shape.at(-1));
    switch (m.below(6)) {
      case 0:
        return b.node(m.pick(BINARY), [x, b.constant('c', m.floats(shape.slice(m.below(shape.length + 1))))]);
      case 1:
        return same ? b.node(m.pick(BINARY), [x, this.capture(same.name)]) : x;
      case 2:
        return weight && shape.length > 0 ? b.node('MatMul', [x, this.capture(weight.name)]) : x;
      case 3:
        return shape.length > 0 ? b.node('Softmax', [x], { attributes: { axis: int(-1) } }) : x;
      case 4:
        return m.chance(0.4) ? this.#branch(x, shape) : b.node(m.pick(UNARY), [x]);
      default:
        return b.node(m.pick(UNARY), [x]);
    }
  }

  /** A branch inside the body, on a condition that its numbers decide. */
  #branch(x: ValueId, shape: Shape): ValueId {
    const b = this.builder;
    const sum = b.node('ReduceSum', [x], { attributes: { keepdims: int(0) } });
    const condition = b.node('Greater', [sum, b.constant('limit', tensorOf('float32', [], [0.3]))]);
    const name = b.get(x).name;
    return b.node('If', [condition], {
      attributes: branches(this.#m, [...this.#outer, { name, shape }], name, shape, this),
    });
  }
}

/** Both branches of an If, each with its own chain on the value of that name. */
function branches(m: RandomModel, outer: Outer, name: string, shape: Shape, around?: Body) {
  const make = (which: string) => {
    const body = new Body(m, which, outer);
    body.builder.output(body.chain(body.capture(name), shape));
    const made = body.builder.build();
    // What a branch inside a body reads from further out, the body reads too.
    for (const captured of made.captures?.values() ?? []) {
      if (around && around.builder.find(captured) === undefined) around.capture(captured);
    }
    return graph(made);
  };
  return { then_branch: make('then'), else_branch: make('else') };
}

const isSmall = (known: Known | undefined): known is Known =>
  known !== undefined && known.tensor.data.length > 0 && known.tensor.shape.length > 0;

const branch: Step = m => {
  const x = m.float();
  if (!isSmall(x)) return undefined;
  const { shape } = x.tensor;
  const known = m.value(({ dtype, shape: other }) => dtype === 'bool' && other.length === 0);
  const condition = known ?? m.scalar('bool', m.below(2));
  const name = m.builder.get(x.id).name;
  return { op: 'If', inputs: [condition], attributes: branches(m, outerOf(m, shape), name, shape) };
};

/** Whether any of some flags is set: a condition that data decide. */
const condition: Step = m => {
  const x = m.value(({ dtype, shape }, exact) => exact && dtype === 'bool' && shape.length > 0);
  const [numbers] = x ? m.take({ op: 'Cast', inputs: [x], attributes: { to: int(6) }, exact: true }) : [];
  if (!numbers) return undefined;
  const inputs = [numbers, m.ints(...numbers.tensor.shape.keys())];
  const [any] = m.take({
    op: 'ReduceMax',
    inputs,
    attributes: { keepdims: int(0) },
    version: 18,
    exact: true,
  });
  return any && { op: 'Cast', inputs: [any], attributes: { to: int(9) }, exact: true };
};

/** So many turns at most, and perhaps an end that the numbers decide. */
const loop: Step = m => {
  const x = m.float();
  if (!isSmall(x)) return undefined;
  const { shape } = x.tensor;
  const body = new Body(m, 'turn', outerOf(m, shape));
  const { builder } = body;
  builder.input('turn', 'int64', []);
  const goesOn = builder.input('goes on', 'bool', []);
  const state = builder.input('state', 'float32', shape);
  const next = body.chain(state, shape);
  const sum = builder.node('ReduceSum', [next], { attributes: { keepdims: int(0) } });
  const ends = builder.node('Less', [sum, builder.constant('limit', tensorOf('float32', [], [1e4]))]);
  const again = m.chance(0.5) ? builder.node('And', [goesOn, ends]) : builder.node('Identity', [goesOn]);
  const each = m.chance(0.5) ? builder.node('Tanh', [next]) : sum;
  for (const id of [again, builder.node('Identity', [next]), builder.node('Identity', [each])])
    builder.output(id);
  return {
    op: 'Loop',
    inputs: [m.scalar('int64', 1 + m.below(4)), m.scalar('bool', 1), x],
    attributes: { body: graph(builder.build()) },
    outputs: 2,
  };
};

/** A state over the slices of a value. */
const scan: Step = m => {
  const x = m.value(({ dtype, shape, data }) => dtype === 'float32' && shape.length >= 2 && data.length > 0);
  if (!x) return undefined;
  const shape = x.tensor.shape.slice(1);
  const body = new Body(m, 'slice', outerOf(m, shape));
  const { builder } = body;
  const state = builder.input('state', 'float32', shape);
  const slice = builder.input('slice', 'float32', shape);
  const next = builder.node('Tanh', [builder.node('Add', [state, body.chain(slice, shape)])]);
  for (const id of [next, builder.node('Identity', [body.chain(next, shape)])]) builder.output(id);
  return {
    op: 'Scan',
    inputs: [m.constant(m.floats(shape)), x],
    attributes: {
      body: graph(builder.build()),
      num_scan_inputs: int(1),
      scan_input_directions: ints([m.below(2)]),
    },
    outputs: 2,
  };
};

export const CONTROL_STEPS: readonly Step[] = [branch, branch, condition, loop, loop, scan, scan];
