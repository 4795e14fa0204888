// Runs a schedule of the graph as given in one arena, every value where a plan puts it: operator by operator with the
// interpreter. Memory that no live value needs holds nothing but ones, which are NaN.

import { loadConstant } from '../../engine/ir/constants/constant.ts';
import type { ReadBytes } from '../../engine/ir/constants/reading.ts';
import { valueOf } from '../../engine/ir/graph.ts';
import { decodeTensor, encodeTensor, tensorBytes } from '../../engine/ir/tensor.ts';
import type { Graph, Tensor, ValueId } from '../../engine/ir/types.ts';
import { planChecked, problemOf, type Schedule } from '../../engine/planner/what-if/schedule.ts';
import { evaluateNode } from '../../engine/reference/interpreter.ts';
import type { GivenSchedule } from '../../engine/report/what-if/given-schedule.ts';

/** Of a search: any valid plan will do. */
const NODES = 2000;

interface Run {
  readonly outputs: readonly Tensor[];
  readonly arenaBytes: number;
}

export function runSchedule(
  { graph, steps }: GivenSchedule,
  schedule: Schedule,
  inputs: readonly Tensor[],
  read: ReadBytes,
): Run {
  const { problem, valueOf: valueIn } = problemOf(schedule);
  const { height, offsets } = planChecked(problem, { nodeLimit: NODES }).solution;
  const placeOf = new Map(valueIn.map((value, b) => [value, offsets[b] ?? 0]));
  const arena = new Uint8Array(height).fill(0xff);
  const bytesOf = (id: ValueId): Uint8Array | undefined => {
    const place = placeOf.get(id);
    const { dtype, shape } = valueOf(graph, id);
    if (place === undefined || !dtype || !shape) return undefined;
    return arena.subarray(place, place + tensorBytes(dtype, shape));
  };
  const store = (id: ValueId, tensor: Tensor | undefined): void => {
    const place = bytesOf(id);
    if (place && tensor) encodeTensor(tensor, place);
  };
  const load = (id: ValueId): Tensor => {
    const { constant, dtype, shape, name } = valueOf(graph, id);
    if (constant) return loadConstant(constant, read);
    const bytes = bytesOf(id);
    if (!bytes || !dtype || !shape) throw new Error(`${name} has no place`);
    return decodeTensor(dtype, shape, bytes.slice());
  };
  graph.inputs.forEach((id, i) => {
    store(id, inputs[i]);
  });
  const nodes = new Map(steps.map(({ key, node }) => [key, node]));
  schedule.steps.forEach(({ key }, at) => {
    const node = nodes.get(key);
    if (!node) throw new Error(`no node ${key}`);
    const given = node.inputs.map(id => (id === undefined ? undefined : load(id)));
    evaluateNode(node, given, { read }).forEach((tensor, i) => {
      const id = node.outputs[i];
      if (id !== undefined) store(id, tensor);
    });
    const needed = new Uint8Array(height);
    problem.buffers.forEach(({ lower, upper, size }, b) => {
      const from = offsets[b] ?? 0;
      if (lower <= at + 1 && at + 1 < upper) needed.fill(1, from, from + size);
    });
    if (at + 1 === schedule.steps.length) return;
    needed.forEach((isNeeded, byte) => {
      if (isNeeded === 0) arena[byte] = 0xff;
    });
  });
  return { outputs: graph.outputs.map(load), arenaBytes: height };
}

/** The same operators, every value in memory of its own. */
export function runApart(graph: Graph, inputs: readonly Tensor[], read: ReadBytes): readonly Tensor[] {
  const known = new Map(graph.inputs.map((id, i) => [id, inputs[i]]));
  const load = (id: ValueId): Tensor => {
    const { constant, name } = valueOf(graph, id);
    const tensor = known.get(id) ?? (constant && loadConstant(constant, read));
    if (!tensor) throw new Error(`${name} was not computed`);
    return tensor;
  };
  for (const node of graph.nodes) {
    const given = node.inputs.map(id => (id === undefined ? undefined : load(id)));
    evaluateNode(node, given, { read }).forEach((tensor, i) => {
      const id = node.outputs[i];
      if (id !== undefined) known.set(id, tensor);
    });
  }
  return graph.outputs.map(load);
}
