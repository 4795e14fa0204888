// What goes from step to step in LSTM, GRU and RNN layers: their cells as expressions over the products of a state
// with the recurrence weights, the states and the gates computed from the input.

import { ExpressionBuilder } from '../../fusion/expression.ts';
import { applyScalarOp } from '../../fusion/scalar-ops.ts';
import type { Expression, Group } from '../../fusion/types.ts';
import { floatsAttribute, intAttribute, stringAttribute, stringsAttribute } from '../../ir/attributes.ts';
import { attr, valueOf } from '../../ir/graph.ts';
import type { Node, ValueId } from '../../ir/types.ts';
import { LANES } from '../../options.ts';
import { accessAlong } from '../access.ts';
import type { SelectContext } from '../context.ts';
import { packedSegment } from '../packed-weights.ts';
import type { RecurrentWeights } from '../packing.ts';
import type { Access, BufferRef } from '../spec/access.ts';
import type { KernelSpec } from '../spec/kernel.ts';
import type { RecurrentSpec, RecurrentStage } from '../spec/recurrent.ts';

/** Vectors that registers hold: sums, what every batch entry multiplies, and one of weights. */
const REGISTERS = 15;
const MOST_BATCH_ROWS = 3;

/** A stage of a cell: which gates are multiplied with which state, and what becomes of the products. */
interface CellStage {
  readonly source: number;
  readonly from: number;
  readonly to: number;
  readonly results: (x: Cell) => readonly number[];
  readonly targets: readonly number[];
}

interface CellKind {
  readonly gates: number;
  readonly states: number;
  readonly stages: (node: Node) => readonly CellStage[];
}

/** Gates i, o, f, c; states h, c; peepholes i, o, f. */
const LSTM: CellKind = {
  gates: 4,
  states: 2,
  stages: node => [
    {
      ...{ source: 0, from: 0, to: 4, targets: [0, 1] },
      results: x => {
        const old = x.state(1);
        const input = x.activate(0, x.peep(0, x.gate(0), old));
        const coupled = intAttribute(node, 'input_forget', 0) !== 0;
        const forget = coupled ? x.sub(x.one, input) : x.activate(0, x.peep(2, x.gate(2), old));
        const cell = x.add(x.mul(forget, old), x.mul(input, x.activate(1, x.gate(3))));
        const output = x.activate(0, x.peep(1, x.gate(1), cell));
        return [x.mul(output, x.activate(2, cell)), cell];
      },
    },
  ],
};

/** (1 − z) · candidate + z · h */
const mixed = (x: Cell, update: number, candidate: number): number =>
  x.add(x.mul(x.sub(x.one, update), candidate), x.mul(update, x.state(0)));

/** Gates z, r, h; states h, then z and r · h where the reset comes before the product. */
const GRU_RESET_AFTER: CellKind = {
  gates: 3,
  states: 1,
  stages: () => [
    {
      ...{ source: 0, from: 0, to: 3, targets: [0] },
      results: x => {
        const update = x.activate(0, x.gate(0));
        const reset = x.activate(0, x.gate(1));
        const inner = x.add(x.product(2), x.recurrenceBias());
        return [mixed(x, update, x.activate(1, x.add(x.input(2), x.mul(reset, inner))))];
      },
    },
  ],
};

const GRU: CellKind = {
  gates: 3,
  states: 3,
  stages: () => [
    {
      ...{ source: 0, from: 0, to: 2, targets: [1, 2] },
      results: x => [x.activate(0, x.gate(0)), x.mul(x.activate(0, x.gate(1)), x.state(0))],
    },
    {
      ...{ source: 2, from: 2, to: 3, targets: [0] },
      results: x => [mixed(x, x.state(1), x.activate(1, x.gate(2)))],
    },
  ],
};

const RNN: CellKind = {
  gates: 1,
  states: 1,
  stages: () => [{ source: 0, from: 0, to: 1, targets: [0], results: x => [x.activate(0, x.gate(0))] }],
};

function cellOf(node: Node): CellKind {
  const cell = stringAttribute(node, 'cell', '');
  if (cell === 'LSTM') return LSTM;
  if (cell === 'RNN') return RNN;
  return intAttribute(node, 'reset_after', 0) !== 0 ? GRU_RESET_AFTER : GRU;
}

/** Inputs of a layer's reads: gates first, then the recurrence bias or the peepholes. */
interface Reads {
  readonly gates: number;
  readonly states: number;
  readonly bias: boolean;
  readonly peepholes: boolean;
}

/** Writes one stage's expression. Inputs: products of the stage, states, reads. */
class Cell {
  readonly build = new ExpressionBuilder();
  readonly #node: Node;
  readonly #stage: CellStage;
  readonly #reads: Reads;

  constructor(node: Node, stage: CellStage, reads: Reads) {
    this.#node = node;
    this.#stage = stage;
    this.#reads = reads;
  }

  get one(): number {
    return this.build.constant(1);
  }

  add = (a: number, b: number): number => this.build.apply('add', a, b);
  sub = (a: number, b: number): number => this.build.apply('sub', a, b);
  mul = (a: number, b: number): number => this.build.apply('mul', a, b);

  product(gate: number): number {
    return this.build.input(gate - this.#stage.from, 'f32');
  }

  state(index: number): number {
    return this.build.input(this.#stage.to - this.#stage.from + index, 'f32');
  }

  /** What the input contributes to a gate. */
  input(gate: number): number {
    return this.#read(gate);
  }

  gate(gate: number): number {
    return this.add(this.product(gate), this.input(gate));
  }

  recurrenceBias(): number {
    return this.#reads.bias ? this.#read(this.#reads.gates) : this.build.constant(0);
  }

  /** The gate with its view of the cell. */
  peep(index: number, gate: number, cell: number): number {
    if (!this.#reads.peepholes) return gate;
    return this.add(gate, this.mul(this.#read(this.#reads.gates + index), cell));
  }

  activate(index: number, x: number): number {
    const op = stringsAttribute(this.#node, 'activations')?.[index];
    if (op === undefined) throw new Error(`${this.#node.name} has no activation ${index}`);
    const parameter = (name: string) => attr.float(floatsAttribute(this.#node, name)?.[index] ?? 0);
    return applyScalarOp({
      node: { ...this.#node, op, attributes: { alpha: parameter('alphas'), beta: parameter('betas') } },
      build: this.build,
      args: [x],
      type: 'f32',
    });
  }

  expression(): Expression {
    return this.build.build(this.#stage.results(this));
  }

  #read(index: number): number {
    return this.build.input(this.#stage.to - this.#stage.from + this.#reads.states + index, 'f32');
  }
}

/** One kernel for all steps and directions of a layer. */
export function selectRecurrent(context: SelectContext, group: Group, node: Node): KernelSpec[] {
  const [gates, weights, bias, peepholes, h, c, lengths] = node.inputs;
  const [y, lastH, lastC] = node.outputs;
  if (gates === undefined || weights === undefined) throw new Error(`${node.name}: no gates or weights`);
  const { locator } = context;
  const cell = cellOf(node);
  const [time = 1, batch = 1] = valueOf(context.graph, gates).shape ?? [];
  const [directions = 1, , hidden = 1] = valueOf(context.graph, weights).shape ?? [];
  const stages = cell.stages(node);
  const products = Math.max(...stages.map(({ from, to }) => to - from));
  const batchRows = lengths === undefined ? batchRowsOf(batch, directions, products) : 1;
  const written = (id: ValueId | undefined) =>
    id !== undefined && group.outputs.includes(id) ? accessAlong(locator.of(id)) : undefined;
  const given = (id: ValueId | undefined) => (id === undefined ? undefined : accessAlong(locator.of(id)));
  const states = Array.from({ length: cell.states }, (_, index) => {
    const [initial, final] = [given([h, c][index]), written([lastH, lastC][index])];
    const kept = index === 0 || cell === LSTM;
    return { ...(kept && initial && { initial }), ...(kept && final && { final }) };
  });
  const reads = {
    gates: cell.gates,
    states: cell.states,
    bias: bias !== undefined,
    peepholes: peepholes !== undefined,
  };
  const write = written(y);
  const spec: RecurrentSpec = {
    kind: 'recurrent',
    steps: time,
    batch,
    hidden,
    ...(lengths !== undefined && { lengths: accessAlong(locator.of(lengths)) }),
    reverse: reversed(node, directions),
    batchRows,
    states,
    reads: [
      ...gateReads(context, gates, cell.gates, hidden),
      ...parameterReads(context, bias, 1, hidden),
      ...parameterReads(context, peepholes, 3, hidden),
    ],
    stages: stages.map((stage): RecurrentStage => {
      const { from, to, source, targets } = stage;
      const columns = columnsOf(to - from, hidden, batchRows, LANES[context.simd]);
      const layer = { directions, gates: cell.gates, from, to, hidden };
      return {
        source,
        products: to - from,
        columns,
        weights: packedGates(context, weights, layer, columns),
        expression: new Cell(node, stage, reads).expression(),
        targets,
      };
    }),
    ...(write && { write }),
  };
  return [spec];
}

/** The weights of some of a layer's gates. */
function packedGates(
  context: SelectContext,
  id: ValueId,
  layer: RecurrentWeights,
  columns: number,
): BufferRef {
  const { packing } = context;
  const length = packing.packedRecurrentLength(layer, columns);
  const how = `recurrent ${layer.from} ${layer.to} ${columns}`;
  return packedSegment(context, id, how, length, (target, source) =>
    packing.packRecurrent(target, source, layer, columns),
  );
}

/** As many as registers allow, but at least two units, and even ones. */
function batchRowsOf(batch: number, directions: number, products: number): number {
  const most = Math.min(MOST_BATCH_ROWS, Math.floor((REGISTERS - 1) / (products + 1)));
  const rows = Math.max(1, Math.min(most, Math.ceil((batch * directions) / 2)));
  return Math.ceil(batch / Math.ceil(batch / rows));
}

/** Columns of a stage: the fewest loads, and more sums at once where there are as few. */
function columnsOf(products: number, hidden: number, batchRows: number, lanes: number): number {
  const whole = Math.ceil(hidden / lanes);
  const most = Math.max(1, Math.floor((REGISTERS - 1 - batchRows) / (products * batchRows)));
  const loads = (vectors: number) => Math.ceil(whole / vectors) * (products * vectors + batchRows);
  const all = Array.from({ length: Math.min(most, whole) }, (_, i) => i + 1);
  return lanes * all.reduce((best, vectors) => (loads(vectors) <= loads(best) ? vectors : best), 1);
}

function reversed(node: Node, directions: number): boolean[] {
  const direction = stringAttribute(node, 'direction', 'forward');
  return Array.from({ length: directions }, (_, d) => direction === 'reverse' || d === 1);
}

/** [time, batch, direction · gate · hidden] as one access per gate. */
function gateReads({ locator }: SelectContext, id: ValueId, gates: number, hidden: number): Access[] {
  const located = locator.of(id);
  const [time = 0, batch = 0, along = 0] = located.strides;
  const strides = [time, gates * hidden * along, batch, along];
  return Array.from({ length: gates }, (_, gate) => accessAlong(located, strides, gate * hidden * along));
}

/** [direction, count · hidden]: the same for every step and batch entry. */
function parameterReads(
  { locator }: SelectContext,
  id: ValueId | undefined,
  count: number,
  hidden: number,
): Access[] {
  if (id === undefined) return [];
  const located = locator.of(id);
  const strides = [0, count * hidden, 0, 1];
  return Array.from({ length: count }, (_, index) => accessAlong(located, strides, index * hidden));
}
