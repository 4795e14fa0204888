// Whole models for tests: which there are, running one in the engines of a shell, and what must hold for every plan.

import { existsSync, readdirSync } from 'node:fs';
import type { NamedTensor } from '../../engine/host/bench/peer-process.ts';
import type { InputSource, PreparedSession } from '../../engine/host/engines/engine-requests.ts';
import type { Engines } from '../../engine/host/engines/engines.ts';
import { withSession } from '../../engine/host/engines/measure.ts';
import { readTensorProto } from '../../engine/onnx/tensor-proto.ts';
import type { CompileOptions } from '../../engine/options.ts';
import { validate } from '../../engine/planner/validate.ts';
import { overlapsOf } from '../../engine/report/plan-csv.ts';
import type { CompileReport } from '../../engine/report/types/compile.ts';
import type { PlanView } from '../../engine/report/types/plan.ts';
import { hasShared, shared } from './shared.ts';

export interface TrainedModel {
  readonly name: string;
  readonly file: string;
  /** of input_K.pb and output_K.pb */
  readonly data: string;
}

/** The trained models beside the checkout, by name. Empty where they are not here. */
export function trainedModels(): readonly TrainedModel[] {
  if (!hasShared) return [];
  return readdirSync(shared('models'))
    .filter(name => existsSync(shared('models', name, 'model.onnx')))
    .map(name => ({
      name,
      file: shared('models', name, 'model.onnx'),
      data: shared('models', name, 'test_data_set_0'),
    }));
}

export interface ModelRun {
  readonly prepared: PreparedSession;
  readonly outputs: readonly NamedTensor[];
}

/** Compiles and runs an open model once, and brings the outputs here. */
export function runModel(
  engines: Engines,
  request: { readonly model: string; readonly options: CompileOptions; readonly inputs: InputSource },
): Promise<ModelRun> {
  return withSession(engines, request, {}, async (child, session, prepared) => {
    const outputs: NamedTensor[] = [];
    for (const [output] of (await child.call('outputs', { session })).entries()) {
      const { name, base64 } = await child.call('encode', { session, output });
      outputs.push({ name, tensor: readTensorProto(Buffer.from(base64, 'base64'), name).tensor });
    }
    return { prepared, outputs };
  });
}

/** Steps that the interpreter runs, as 'Resize 2, TopK 1'; '' when there are none. */
export const interpretedSteps = ({ interpreted }: CompileReport): string =>
  Object.entries(interpreted)
    .map(([op, count]) => `${op} ${count}`)
    .join(', ');

/** Whatever is wrong with both plans of a report, in sentences; empty when nothing is. */
export const planFaults = (report: CompileReport): string[] =>
  [report.asGiven, report.asExecuted].flatMap(view =>
    faultsOf(view).map(fault => `${view.column}: ${fault}`),
  );

function faultsOf(view: PlanView): string[] {
  const { strategy, steps, tensors, peakBytes, unplannedBytes, lowerBoundBytes, alignment } = view;
  // Without planning nothing may share memory, whenever it lives.
  const lifetime = strategy === 'off' ? { lower: 0, upper: steps.length } : {};
  const buffers = tensors.map(({ name, lower, upper, bytes }) => ({
    ...{ id: name, lower, upper, size: bytes, alignment },
    ...lifetime,
  }));
  const solution = { offsets: tensors.map(({ offset }) => offset), height: peakBytes };
  const overlaps = strategy === 'off' ? [] : overlapsOf(tensors);
  const faults = validate({ buffers, overlaps }, solution).map(({ message }) => message);
  if (strategy !== 'off' && peakBytes > unplannedBytes)
    faults.push(`${peakBytes} bytes planned, ${unplannedBytes} unplanned`);
  if (peakBytes < lowerBoundBytes)
    faults.push(`a peak of ${peakBytes} bytes, below the lower bound ${lowerBoundBytes}`);
  return [...faults, ...tensors.flatMap(tensor => lifetimeFaults(tensor, steps.length))];
}

/** A tensor must live from its writer, or from the start, to its last reader, or to the end. */
function lifetimeFaults(tensor: PlanView['tensors'][number], steps: number): string[] {
  const { name, kind, lower, upper, writer, readers } = tensor;
  const needed = [writer ?? 0, ...readers];
  if (kind === 'output') needed.push(steps - 1);
  return needed
    .filter(step => step < lower || step >= upper)
    .map(step => `${name} is needed in step ${step} and lives in [${lower}, ${upper})`);
}
