// Planned steps: the drafts of `select` with every value given its place. Nothing is decided here.

import { loadConstant } from '../ir/constants/constant.ts';
import type { ReadBytes } from '../ir/constants/reading.ts';
import { dtypeInfo } from '../ir/dtypes.ts';
import { isHost } from '../ir/dynamic.ts';
import { capturesOf, valueOf } from '../ir/graph.ts';
import type { Graph, ValueId } from '../ir/types.ts';
import type { Phase, ProgramStep, TensorView, ValueView } from '../runtime/program.ts';
import type { StepDraft } from './step.ts';
import type { Storages } from './storage.ts';

/** A graph whose values have their places. */
export interface Placed {
  readonly graph: Graph;
  readonly storages: Storages;
  readonly read: ReadBytes;
  /** bytes from the start of the arena, by owner */
  readonly offsetOf: (owner: ValueId) => number;
}

/** Where a value is found, for callers and for the interpreter. Throws when it has no place: our bug. */
export function viewOf(placed: Placed, id: ValueId): ValueView {
  const value = valueOf(placed.graph, id);
  if (!isHost(value)) return tensorView(placed, id);
  const { name, dtype, shape, bounded, container } = value;
  return {
    ...{ value: id, name, space: 'host' },
    ...(dtype && { dtype }),
    ...(shape && { shape }),
    ...(bounded && { bounded }),
    ...(container && { container }),
  };
}

function tensorView({ graph, storages, offsetOf }: Placed, id: ValueId): TensorView {
  const { name, dtype, shape, bounded, layout } = valueOf(graph, id);
  const storage = storages.get(id);
  if (!storage || !dtype || !shape) throw new Error(`'${name}' has no place in memory`);
  return {
    value: id,
    name,
    dtype,
    shape,
    ...(bounded && { bounded }),
    ...(layout && { layout }),
    space: 'arena',
    offset: offsetOf(storage.owner) + Math.ceil((storage.offset * dtypeInfo(dtype).bits) / 8),
    strides: storage.strides,
  };
}

/** Names in a program are unique, whatever the graph's are: the index goes behind one that is taken. */
export function programSteps(
  placed: Placed,
  drafts: readonly StepDraft[],
  phases: readonly (readonly Phase[])[],
): ProgramStep[] {
  const names = new Set<string>();
  return drafts.map((draft, index): ProgramStep => {
    const name = names.has(draft.name) ? `${draft.name}#${index}` : draft.name;
    names.add(name);
    const { fusedOps, op, origin, group, reads, writes, flops, sparedFlops, bytesRead, bytesWritten } = draft;
    const common = {
      ...{ index, name, op, fusedOps, origin, reads, writes, flops, bytesRead, bytesWritten },
      ...(group !== undefined && { group }),
      ...(sparedFlops !== undefined && { sparedFlops }),
    };
    if (draft.kind === 'kernel') {
      return { ...common, kind: 'kernel', template: draft.template, phases: phases[index] ?? [] };
    }
    const { node } = draft;
    const operand = (id: ValueId | undefined) => {
      if (id === undefined) return undefined;
      const { constant } = valueOf(placed.graph, id);
      return constant ? { constant: loadConstant(constant, placed.read) } : viewOf(placed, id);
    };
    const captures = capturesOf(placed.graph, node).flatMap(id => {
      const value = operand(id);
      return value ? [{ name: valueOf(placed.graph, id).name, value }] : [];
    });
    const result = (id: ValueId | undefined) => (id === undefined ? undefined : viewOf(placed, id));
    return {
      ...common,
      kind: 'reference',
      node,
      inputs: node.inputs.map(operand),
      outputs: node.outputs.map(result),
      ...(captures.length > 0 && { captures }),
    };
  });
}
