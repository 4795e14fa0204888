// Operators that run bodies: branches, loops and scans.

import { graphAttribute, intAttribute, intsAttribute } from '../ir/attributes.ts';
import { allocate } from '../ir/dtypes.ts';
import { elementCount, makeTensor, normalizeAxis } from '../ir/tensor.ts';
import type { Tensor } from '../ir/types.ts';
import { type Call, inputOf, type Reference, type References } from './call.ts';
import { type Datum, isTensor, NOTHING } from './datum.ts';
import { numbers, scalarOf, withShape } from './elements.ts';
import { concatTensors, sliceAxis } from './movement.ts';

const branch: Reference = call =>
  call.body(scalarOf(inputOf(call, 0), 0) !== 0 ? 'then_branch' : 'else_branch', []);

/** What a body has to return as a tensor. */
function tensorOnly(call: Call, datum: Datum | undefined): Tensor {
  if (isTensor(datum)) return datum;
  throw new Error(`${call.node.op} "${call.node.name}": the body returned no tensor`);
}

/** Stacks slices along a new axis. None at all gives an empty tensor of the type the body declares. */
function stack(slices: readonly Tensor[], axis: number, call: Call, bodyOutput: number): Tensor {
  const first = slices[0];
  if (first === undefined) {
    const body = graphAttribute(call.node, 'body');
    const output = body.outputs[bodyOutput];
    const declared = output === undefined ? undefined : body.values[output];
    const dtype = declared?.dtype ?? 'float32';
    return makeTensor(dtype, [0, ...(declared?.shape ?? [])], allocate(dtype, 0));
  }
  const at = normalizeAxis(axis, first.shape.length + 1);
  const single = [...first.shape.slice(0, at), 1, ...first.shape.slice(at)];
  const all = single.map((extent, i) => (i === at ? slices.length : extent));
  return concatTensors(
    slices.map(slice => withShape(slice, single)),
    at,
    all,
  );
}

const scalarTensor = (dtype: 'int64' | 'bool', value: number): Tensor =>
  makeTensor(dtype, [], dtype === 'bool' ? Uint8Array.of(value) : BigInt64Array.of(BigInt(value)));

/** Runs while the condition holds and turns are left; either may be absent. */
const loop: Reference = call => {
  const limit = scalarOf(call.inputs[0], Number.POSITIVE_INFINITY);
  let condition = scalarOf(call.inputs[1], 1);
  let state: readonly Datum[] = call.data.slice(2).map(datum => datum ?? NOTHING);
  const scanCount = graphAttribute(call.node, 'body').outputs.length - 1 - state.length;
  const scanned = Array.from({ length: scanCount }, (): Tensor[] => []);
  for (let turn = 0; turn < limit && condition !== 0; turn++) {
    const results = call.body('body', [
      scalarTensor('int64', turn),
      scalarTensor('bool', condition),
      ...state,
    ]);
    condition = scalarOf(tensorOnly(call, results[0]), 0);
    const stateCount = state.length;
    state = results.slice(1, 1 + stateCount);
    for (const [i, list] of scanned.entries()) list.push(tensorOnly(call, results[1 + stateCount + i]));
  }
  const outputs = scanned.map((list, i) => stack(list, 0, call, 1 + state.length + i));
  return [...state, ...outputs];
};

/** Slice `step` of a tensor along an axis, without that axis. */
function sliceAt(tensor: Tensor, axis: number, step: number): Tensor {
  const slice = sliceAxis(tensor, axis, step, 1);
  return withShape(
    slice,
    slice.shape.filter((_, i) => i !== axis),
  );
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
  let state = [...initial];
  const outputCount = graphAttribute(call.node, 'body').outputs.length - state.length;
  const scanned = Array.from({ length: outputCount }, (): Tensor[] => []);
  for (let step = 0; step < length; step++) {
    const slices = sequences.map((tensor, i) =>
      sliceAt(tensor, plan.inputAxes[i] ?? 0, plan.inputReversed[i] ? length - 1 - step : step),
    );
    const results = call.body('body', [...state, ...slices]).map(datum => tensorOnly(call, datum));
    const stateCount = state.length;
    state = results.slice(0, stateCount);
    for (const [i, list] of scanned.entries()) list.push(results[stateCount + i] as Tensor);
  }
  const outputs = scanned.map((list, i) =>
    stack(plan.outputReversed[i] ? list.reverse() : list, plan.outputAxes[i] ?? 0, call, state.length + i),
  );
  return [...state, ...outputs];
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
      runs.map(run => run[i] as Tensor),
      0,
      call,
      i,
    ),
  );
}

const block: Reference = call => call.body('body', []);

export const CONTROL: References = { Block: block, If: branch, Loop: loop, Scan: scan };
