// Operators with bodies. What a body returns decides the types; a loop's state may change its shape as it runs.

import { graphAttribute, intAttribute, intsAttribute } from '../../attributes.ts';
import { sameShape } from '../../tensor.ts';
import { fail, type InferContext, type OperatorDefinition, type ValueType } from '../definition.ts';

type Infer = OperatorDefinition['infer'];

/** What both types agree on. */
function common(a: ValueType, b: ValueType): ValueType {
  const shape = a.shape && b.shape && sameShape(a.shape, b.shape) ? a.shape : undefined;
  const bounded = shape?.map((_, axis) => (a.bounded?.[axis] || b.bounded?.[axis]) ?? false);
  return {
    dtype: a.dtype === b.dtype ? a.dtype : undefined,
    shape,
    bounded: bounded?.includes(true) ? bounded : undefined,
    container: a.container === b.container ? a.container : undefined,
  };
}

/**
 * A body has to make do with the inputs it is given and to return as many results as the node takes: it would fail in
 * its first turn, so it is refused here. Asked after the body's own types are: what is wrong in there is told as well.
 */
function checkBody(context: InferContext, attribute: string, given: number, wanted: number): void {
  const { inputs, outputs } = graphAttribute(context.node, attribute);
  if (inputs.length > given) {
    fail(context, `inputs of ${attribute}: expected ${given}, found ${inputs.length}`);
  }
  if (outputs.length < wanted) {
    fail(context, `results of ${attribute}: expected ${wanted}, found ${outputs.length}`);
  }
}

/** Outputs of a node, without those left out at the end. */
const takenOutputs = ({ node }: InferContext): number =>
  node.outputs.findLastIndex(id => id !== undefined) + 1;

/** With a known condition only the branch that runs counts. */
const inferIf: Infer = context => {
  const condition = context.constant(0);
  const taken = condition && (Number(condition.data[0]) ? 'then_branch' : 'else_branch');
  const yes = context.body('then_branch', []);
  const no = context.body('else_branch', []);
  for (const branch of taken ? [taken] : ['then_branch', 'else_branch']) {
    checkBody(context, branch, 0, takenOutputs(context));
  }
  if (taken) return taken === 'then_branch' ? yes : no;
  return context.node.outputs.map((_, i) => common(yes[i] ?? {}, no[i] ?? {}));
};

/** Runs the body's rules until state keeps its type: a shape that changes from turn to turn is unknown. */
function settle(
  state: readonly ValueType[],
  run: (state: readonly ValueType[]) => readonly ValueType[],
): readonly ValueType[] {
  const results = run(state);
  const settled = state.map((type, i) => common(type, results[i] ?? {}));
  const changed = settled.some(
    (type, i) => type.shape !== state[i]?.shape || String(type.bounded) !== String(state[i]?.bounded),
  );
  if (changed) return settle(settled, run);
  return results.map((type, i) => (i < state.length ? (settled[i] ?? {}) : type));
}

/** The type of what is stacked along a new axis, of so many slices or fewer. */
function withAxis(type: ValueType, axis: number, extent: number | undefined, fewer: boolean): ValueType {
  const { dtype, shape } = type;
  if (shape === undefined || extent === undefined) return { dtype };
  const at = axis < 0 ? axis + shape.length + 1 : axis;
  const bounded = shape.map((_, i) => type.bounded?.[i] ?? false).toSpliced(at, 0, fewer);
  return {
    dtype,
    shape: shape.toSpliced(at, 0, extent),
    bounded: bounded.includes(true) ? bounded : undefined,
  };
}

/** More turns than these are taken for no limit at all. */
const MOST_TURNS = 2 ** 20;

/** Inputs: trip count, condition, state…; body: (turn, condition, state…) → (condition, state…, scanned…). */
const inferLoop: Infer = context => {
  const state = context.inputs.slice(2).map(type => type ?? {});
  const scalars: ValueType[] = [
    { dtype: 'int64', shape: [] },
    { dtype: 'bool', shape: [] },
  ];
  const results = settle(state, given => context.body('body', [...scalars, ...given]).slice(1));
  const wanted = 1 + Math.max(state.length, takenOutputs(context));
  checkBody(context, 'body', scalars.length + state.length, wanted);
  const limit = context.inputs[0] ? Number(context.constant(0)?.data[0] ?? MOST_TURNS) : MOST_TURNS;
  // The condition may end the loop before its turns are used up.
  const turns = limit < MOST_TURNS ? Math.max(0, limit) : undefined;
  return results.map((type, i) => (i < state.length ? type : withAxis(type, 0, turns, true)));
};

/** The type of one entry of the leading axis. */
function entryOf(type: ValueType | undefined): ValueType {
  return { dtype: type?.dtype, shape: type?.shape?.slice(1) };
}

/** How many of its inputs are state. */
function stateOfScan(context: InferContext, inputs: number, scanned: number): number {
  if (scanned < 1 || scanned > inputs) {
    fail(
      context,
      `expected num_scan_inputs from 1 to ${inputs}, as many as there are inputs, found ${scanned}`,
    );
  }
  return inputs - scanned;
}

/** Opset 8: lengths, state…, scanned…, all with a batch axis in front; scanned ones have the time behind it. */
function inferBatchedScan(context: InferContext, count: number): readonly ValueType[] {
  const inputs = context.inputs.slice(1);
  const stateCount = stateOfScan(context, inputs.length, count);
  const batch = inputs[0]?.shape?.[0];
  const time = inputs[stateCount]?.shape?.[1];
  const state = inputs.slice(0, stateCount).map(entryOf);
  const slices = inputs.slice(stateCount).map(type => entryOf(entryOf(type)));
  const results = settle(state, given => context.body('body', [...given, ...slices]));
  checkBody(context, 'body', inputs.length, Math.max(stateCount, takenOutputs(context)));
  return results.map((type, i) => {
    const whole = i < stateCount ? type : withAxis(type, 0, time, false);
    return withAxis(whole, 0, batch, false);
  });
}

/** Inputs: state…, scanned…; body: (state…, one slice of each) → (state…, one slice of each output). */
const inferScan: Infer = context => {
  const { node } = context;
  const scanned = intAttribute(node, 'num_scan_inputs');
  if (node.version === 8) return inferBatchedScan(context, scanned);
  const { inputs } = context;
  const stateCount = stateOfScan(context, inputs.length, scanned);
  const inAxes = intsAttribute(node, 'scan_input_axes');
  const outAxes = intsAttribute(node, 'scan_output_axes');
  let length: number | undefined;
  let fewer = false;
  const slices = inputs.slice(stateCount).map((type, i): ValueType => {
    if (type?.shape === undefined) return { dtype: type?.dtype };
    const axis = inAxes?.[i] ?? 0;
    const at = axis < 0 ? axis + type.shape.length : axis;
    length = type.shape[at];
    if (type.bounded?.[at]) fewer = true;
    const bounded = type.bounded?.toSpliced(at, 1);
    return {
      dtype: type.dtype,
      shape: type.shape.toSpliced(at, 1),
      bounded: bounded?.includes(true) ? bounded : undefined,
    };
  });
  const state = inputs.slice(0, stateCount).map(type => type ?? {});
  const results = settle(state, given => context.body('body', [...given, ...slices]));
  checkBody(context, 'body', inputs.length, Math.max(stateCount, takenOutputs(context)));
  return results.map((type, i) =>
    i < stateCount ? type : withAxis(type, outAxes?.[i - stateCount] ?? 0, length, fewer),
  );
};

const control = (op: string, infer: Infer): OperatorDefinition => ({
  op,
  since: 1,
  until: Number.POSITIVE_INFINITY,
  kind: 'control',
  dataDependent: false,
  shapeOnly: false,
  random: () => false,
  infer,
});

/** Made by a pass: its body runs once. */
const inferBlock: Infer = context => {
  const results = context.body('body', []);
  checkBody(context, 'body', 0, takenOutputs(context));
  return results;
};

export const CONTROL = [
  control('Block', inferBlock),
  control('If', inferIf),
  control('Loop', inferLoop),
  control('Scan', inferScan),
];
