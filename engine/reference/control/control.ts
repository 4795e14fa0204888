// Operators that run bodies: branches, loops and scans.

import { graphAttribute, intAttribute, intsAttribute } from '../../ir/attributes.ts';
import { allocate, dtypeInfo } from '../../ir/dtypes.ts';
import { elementCount, isTypedArray, makeTensor, normalizeAxis, rowMajorStrides } from '../../ir/tensor.ts';
import type { Tensor, TensorData } from '../../ir/types.ts';
import { type Call, inputOf, type Reference, type References } from '../call.ts';
import { type Datum, isTensor, NOTHING } from '../datum.ts';
import { numbers, scalarOf, stridedIndices, withShape } from '../elements.ts';
import { concatTensors, sliceAxis } from '../movement/movement.ts';
import type { TurnResults, Turns } from './turns.ts';

const branch: Reference = call =>
  call.body(scalarOf(inputOf(call, 0), 0) !== 0 ? 'then_branch' : 'else_branch', []);

/** What a body has to return as a tensor. */
function tensorOnly(call: Call, datum: Datum | undefined): Tensor {
  if (isTensor(datum)) return datum;
  throw new Error(`${call.node.op} "${call.node.name}": the body returned no tensor`);
}

/** What turns returned, one behind the other. None at all gives an empty tensor of the type the body declares. */
function stack(stacked: readonly Tensor[], call: Call, bodyOutput: number): Tensor {
  if (stacked.length > 0) return joined(stacked);
  const body = graphAttribute(call.node, 'body');
  const output = body.outputs[bodyOutput];
  const declared = output === undefined ? undefined : body.values[output];
  const dtype = declared?.dtype ?? 'float32';
  return makeTensor(dtype, [0, ...(declared?.shape ?? [])], allocate(dtype, 0));
}

/** As an entry along a new first axis. */
const single = (slice: Tensor): Tensor => withShape(slice, [1, ...slice.shape]);

/** Tensors one behind the other along the first axis. */
function joined(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  if (!first || tensors.length === 1) return first ?? makeTensor('float32', [0], allocate('float32', 0));
  const count = tensors.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  return concatTensors(tensors, 0, [count, ...first.shape.slice(1)]);
}

const scalarTensor = (dtype: 'int64' | 'bool', value: number): Tensor =>
  makeTensor(dtype, [], dtype === 'bool' ? Uint8Array.of(value) : BigInt64Array.of(BigInt(value)));

/** Runs turns until their limit, or until the body says that there is to be none. */
function runTurns(
  call: Call,
  { next, limit, conditional, state: initial, sequences }: Turns,
): Pick<TurnResults, 'state' | 'stacked'> {
  const before = conditional ? 1 : 0;
  const stateCount = initial.length;
  const stacked = graphAttribute(call.node, 'body')
    .outputs.slice(before + stateCount)
    .map((): Tensor[] => []);
  let state = initial;
  for (let turn = next, going = true; turn < limit && going; ) {
    const several = call.turns('body', { next: turn, limit, conditional, state, sequences });
    if (several) {
      turn += several.turns;
      going = !several.ended;
      state = several.state;
      for (const [i, list] of stacked.entries()) list.push(several.stacked[i] as Tensor);
      continue;
    }
    const results = call.body('body', [
      ...(conditional ? [scalarTensor('int64', turn), scalarTensor('bool', 1)] : []),
      ...state,
      ...sequences.map(tensor => sliceAt(tensor, 0, turn)),
    ]);
    turn++;
    if (conditional) going = scalarOf(tensorOnly(call, results[0]), 0) !== 0;
    state = results.slice(before, before + stateCount);
    for (const [i, list] of stacked.entries()) {
      list.push(single(tensorOnly(call, results[before + stateCount + i])));
    }
  }
  return { state, stacked: stacked.map((list, i) => stack(list, call, before + stateCount + i)) };
}

/** Runs while the condition holds and turns are left; either may be absent. */
const loop: Reference = call => {
  const limit = scalarOf(call.inputs[0], Number.POSITIVE_INFINITY);
  const going = scalarOf(call.inputs[1], 1) !== 0;
  const state = call.data.slice(2).map(datum => datum ?? NOTHING);
  const turns = { next: 0, limit: going ? limit : 0, conditional: true, state, sequences: [] };
  const results = runTurns(call, turns);
  return [...results.state, ...results.stacked];
};

/** Slice `step` of a tensor along an axis, without that axis. */
function sliceAt(tensor: Tensor, axis: number, step: number): Tensor {
  const slice = sliceAxis(tensor, axis, step, 1);
  return withShape(
    slice,
    slice.shape.filter((_, i) => i !== axis),
  );
}

/**
 * The tensor with the first `count` entries of an axis along another one, the last of them first where they are
 * `reversed`.
 */
function moveAxis(tensor: Tensor, from: number, to: number, count: number, reversed: boolean): Tensor {
  const others = tensor.shape.toSpliced(from, 1);
  const shape = others.toSpliced(to, 0, count);
  if (from === to && !reversed && count === tensor.shape[from]) return tensor;
  const [reads, writes] = [rowMajorStrides(tensor.shape), rowMajorStrides(shape)];
  const [readStep = 1] = reads.splice(from, 1);
  const [writeStep = 1] = writes.splice(to, 1);
  const data = allocate(tensor.dtype, elementCount(shape));
  const parts = dtypeInfo(tensor.dtype).kind === 'complex' ? 2 : 1;
  // Elements behind both axes stay side by side.
  const outer = others.slice(0, Math.max(from, to));
  const length = parts * elementCount(others.slice(outer.length));
  const [starts, targets] = [stridedIndices(outer, reads), stridedIndices(outer, writes)];
  for (let entry = 0; entry < count; entry++) {
    const read = (reversed ? count - 1 - entry : entry) * readStep;
    for (let block = 0; block < starts.length; block++) {
      const [at, target] = [read + (starts[block] ?? 0), entry * writeStep + (targets[block] ?? 0)];
      copyElements(tensor.data, parts * at, data, parts * target, length);
    }
  }
  return makeTensor(tensor.dtype, shape, data);
}

/** Fewer elements are copied one by one: a view of them takes longer to make. */
const FEW = 16;

/** Both are of one type. */
function copyElements(from: TensorData, at: number, to: TensorData, target: number, count: number): void {
  const [source, result] = [from, to] as [Float32Array, Float32Array];
  if (count > FEW && isTypedArray(from)) result.set(source.subarray(at, at + count), target);
  else for (let i = 0; i < count; i++) result[target + i] = source[at + i] as number;
}

interface ScanPlan {
  readonly inputAxes: readonly number[];
  readonly inputReversed: readonly boolean[];
  readonly outputAxes: readonly number[];
  readonly outputReversed: readonly boolean[];
}

/** One scan over its sequences: state and stacked outputs. */
function runScan(
  call: Call,
  initial: readonly Tensor[],
  sequences: readonly Tensor[],
  plan: ScanPlan,
  length: number,
): Tensor[] {
  const ordered = sequences.map((tensor, i) =>
    moveAxis(tensor, plan.inputAxes[i] ?? 0, 0, length, plan.inputReversed[i] ?? false),
  );
  const turns = { next: 0, limit: length, conditional: false, state: initial, sequences: ordered };
  const { state, stacked } = runTurns(call, turns);
  const outputs = stacked.map((tensor, i) => {
    const axis = normalizeAxis(plan.outputAxes[i] ?? 0, tensor.shape.length);
    return moveAxis(tensor, 0, axis, tensor.shape[0] ?? 0, plan.outputReversed[i] ?? false);
  });
  return [...state.map(datum => tensorOnly(call, datum)), ...outputs];
}

const flags = (call: Call, name: string): boolean[] =>
  (intsAttribute(call.node, name) ?? []).map(direction => direction === 1);

const scan: Reference = call => {
  const count = intAttribute(call.node, 'num_scan_inputs');
  if (call.node.version === 8) return batchedScan(call, count);
  const tensors = call.inputs.map((_, i) => inputOf(call, i));
  const initial = tensors.slice(0, tensors.length - count);
  const sequences = tensors.slice(tensors.length - count);
  const axes = intsAttribute(call.node, 'scan_input_axes') ?? [];
  const inputAxes = sequences.map((tensor, i) => normalizeAxis(axes[i] ?? 0, tensor.shape.length));
  const plan: ScanPlan = {
    inputAxes,
    inputReversed: flags(call, 'scan_input_directions'),
    outputAxes: intsAttribute(call.node, 'scan_output_axes') ?? [],
    outputReversed: flags(call, 'scan_output_directions'),
  };
  return runScan(call, initial, sequences, plan, sequences[0]?.shape[inputAxes[0] ?? 0] ?? 0);
};

/** Zeros behind the end of the first axis, as onnxruntime fills up a sequence that is shorter than others. */
function lengthened(tensor: Tensor, count: number): Tensor {
  const [held = 0, ...rest] = tensor.shape;
  if (held >= count) return tensor;
  const shape = [count, ...rest];
  const data = allocate(tensor.dtype, elementCount(shape));
  for (let i = 0; i < tensor.data.length; i++) (data as unknown[])[i] = tensor.data[i];
  return makeTensor(tensor.dtype, shape, data);
}

/** Opset 8: a batch axis in front of everything, an optional length per batch entry as first input. */
function batchedScan(call: Call, count: number): Tensor[] {
  const tensors = call.inputs.slice(1).map((_, i) => inputOf(call, i + 1));
  const lengths = call.inputs[0] && numbers(call.inputs[0]);
  const batch = tensors[0]?.shape[0] ?? 0;
  const plan: ScanPlan = {
    inputAxes: [],
    inputReversed: flags(call, 'directions'),
    outputAxes: [],
    outputReversed: [],
  };
  const runs = Array.from({ length: batch }, (_, b) => {
    const own = tensors.map(tensor => sliceAt(tensor, 0, b));
    const sequences = own.slice(own.length - count);
    const time = sequences[0]?.shape[0] ?? 0;
    const initial = own.slice(0, own.length - count);
    const results = runScan(call, initial, sequences, plan, lengths?.[b] ?? time);
    return results.map((tensor, i) => (i < initial.length ? tensor : lengthened(tensor, time)));
  });
  return call.node.outputs.map((_, i) =>
    stack(
      runs.map(run => single(run[i] as Tensor)),
      call,
      i,
    ),
  );
}

const block: Reference = call => call.body('body', []);

export const CONTROL: References = { Block: block, If: branch, Loop: loop, Scan: scan };
