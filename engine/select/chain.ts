// Steps that follow one another as one step that runs them depth-first. Legal where every step goes through its
// images row by row, and what lies between them is read the way it is written. Tensors that nobody else reads are
// kept in rings of rows, channels innermost whatever their layout was; others stay where they are, all of their rows.

import { dtypeInfo } from '../ir/dtypes.ts';
import { valueOf } from '../ir/graph.ts';
import type { Graph, ValueId } from '../ir/types.ts';
import { type PixelStrides, type RowKernel, type RowMap, rowKernelOf, SAME_ROW } from './row-kernels.ts';
import type { Access } from './spec/access.ts';
import type { ChainSpec, ChainStage, RowsRead } from './spec/chain.ts';
import type { StepDraft } from './step.ts';
import type { Storages } from './storage.ts';

/** What chains of one program are judged by. */
export interface ChainContext {
  readonly graph: Graph;
  readonly storages: Storages;
  /** steps that read a value's buffer, or write it; the caller is one more where it is an input or output */
  readonly touching: ReadonlyMap<ValueId, ReadonlySet<number>>;
  /** values in a buffer, by owner */
  readonly residents: ReadonlyMap<ValueId, readonly ValueId[]>;
}

/** A legal chain. */
export interface Chain {
  readonly spec: ChainSpec;
  /** tensors of which only rows exist */
  readonly kept: readonly ValueId[];
}

/** A step that runs one kernel row by row. */
export interface RowStep {
  readonly at: number;
  readonly draft: StepDraft;
  readonly kernel: RowKernel;
}

/** Undefined where a step is none. */
export function rowStepOf(graph: Graph, draft: StepDraft, at: number): RowStep | undefined {
  const [spec, ...others] = draft.kind === 'kernel' ? draft.kernels : [];
  const [written] = draft.writes;
  const partly = draft.kind === 'kernel' && draft.wanted !== undefined;
  if (!spec || others.length > 0 || written === undefined || partly) return undefined;
  const kernel = rowKernelOf(spec, valueOf(graph, written).shape ?? []);
  return kernel && kernel.size[0] > 1 ? { at, draft, kernel } : undefined;
}

/** A tensor that goes from one step of a chain to others. */
interface Between {
  readonly id: ValueId;
  readonly stage: number;
  /** index of its ring; undefined where it stays in the arena */
  readonly ring: number | undefined;
}

/**
 * The chain of steps that follow one another, doing about `unitPixels` pixels at a time; undefined where it is not
 * legal.
 */
export function chainOf(
  context: ChainContext,
  steps: readonly RowStep[],
  unitPixels: number,
): Chain | undefined {
  const { batch } = steps[0]?.kernel ?? {};
  if (batch === undefined || steps.some(({ kernel }) => kernel.batch !== batch)) return undefined;
  const between = betweenOf(context, steps);
  if (!between) return undefined;
  const rings = between.filter(({ ring }) => ring !== undefined);
  const kept = new Set(rings.map(({ id }) => id));
  const stages: ChainStage[] = [];
  for (const [stage, step] of steps.entries()) {
    const made = stageOf(context, step, between, stage, unitPixels);
    if (!made) return undefined;
    // Whoever reads what stays in the arena reads all of it, however few of its rows the chain itself needs.
    stages.push({ ...made, complete: step.draft.writes.some(id => !kept.has(id)) });
  }
  const pulled = new Set(stages.flatMap(({ reads }) => reads.map(read => read.stage)));
  if (stages.some((_, stage) => stage < stages.length - 1 && !pulled.has(stage))) return undefined;
  const spec: ChainSpec = {
    kind: 'chain',
    batch,
    stages,
    rings: rings.map(({ id, stage }) => ({ stage, rowBytes: rowBytes(context.graph, id) })),
  };
  return { spec, kept: [...kept] };
}

/** Tensors that a step writes and a later one reads, rings numbered; undefined where one can't be taken apart. */
function betweenOf(context: ChainContext, steps: readonly RowStep[]): Between[] | undefined {
  const found: Between[] = [];
  let rings = 0;
  const inside = new Set(steps.map(({ at }) => at));
  for (const [stage, { draft }] of steps.entries()) {
    for (const id of draft.writes) {
      const owner = context.storages.get(id)?.owner ?? id;
      const readers = steps
        .slice(stage + 1)
        .filter(step => step.draft.reads.some(read => (context.storages.get(read)?.owner ?? read) === owner));
      if (readers.length === 0) continue;
      const alone = context.residents.get(owner)?.length === 1 && owner === id;
      if (!alone || valueOf(context.graph, id).shape?.length !== 4) return undefined;
      const isPrivate = [...(context.touching.get(owner) ?? [])].every(step => inside.has(step));
      found.push({ id, stage, ring: isPrivate ? rings++ : undefined });
    }
  }
  return found;
}

/** The step as a stage; undefined where it touches what lies between in an order of its own. */
function stageOf(
  context: ChainContext,
  { kernel }: RowStep,
  between: readonly Between[],
  stage: number,
  unitPixels: number,
): Omit<ChainStage, 'complete'> | undefined {
  const reads: RowsRead[] = [];
  let legal = true;
  const tensorOf = (access: Access): Between | undefined =>
    between.find(({ id }) => access.buffer.space === 'arena' && access.buffer.id === id);
  const read = (access: Access, rows: RowMap): void => {
    const tensor = tensorOf(access);
    if (!tensor) return;
    legal &&= tensor.stage < stage && goesOver(context, tensor.id, kernel, access);
    const same = reads.some(other => other.stage === tensor.stage && sameMap(other, rows));
    if (!same) reads.push({ stage: tensor.stage, ...rows });
  };
  for (const access of kernel.inputReads) read(access, kernel.inputRows);
  for (const access of kernel.outputReads) read(access, SAME_ROW);
  for (const access of kernel.writes) {
    const tensor = tensorOf(access);
    if (tensor) legal &&= tensor.stage === stage && goesOver(context, tensor.id, kernel, access);
  }
  if (!legal) return undefined;
  const move = (access: Access): Access => {
    const ring = tensorOf(access)?.ring;
    const id = tensorOf(access)?.id;
    if (ring === undefined || id === undefined) return access;
    const [, channels = 1, , width = 1] = valueOf(context.graph, id).shape ?? [];
    // What has one column or channel is read again for each of the iteration space.
    const column = width === 1 ? 0 : channels;
    const strides = kernel.fromPixels([0, width * channels, column, channels === 1 ? 0 : 1]);
    return { ...access, buffer: { space: 'rows', id: ring }, offset: 0, strides };
  };
  const unitRows = unitRowsOf(kernel, unitPixels);
  const { size, groups } = kernel;
  return { kernel: kernel.rebuilt(move, unitRows), rows: size[0], unitRows, groups, reads };
}

/** Fewest rows with so many pixels; a multiple of what the kernel works on. */
function unitRowsOf(kernel: RowKernel, unitPixels: number): number {
  const { size, leastRows, mostRows = size[0] } = kernel;
  const wanted = Math.min(mostRows, Math.max(1, Math.ceil(unitPixels / size[1])));
  return Math.ceil(wanted / leastRows) * leastRows;
}

const sameMap = (a: RowMap, b: RowMap): boolean =>
  a.multiplier === b.multiplier && a.shift === b.shift && a.divisor === b.divisor && a.span === b.span;

/** Whether an access goes over all of an image tensor as it lies: (image, row, column, channel) are its own. */
function goesOver(
  { graph, storages }: ChainContext,
  id: ValueId,
  kernel: RowKernel,
  access: Access,
): boolean {
  const [images = 1, channels = 1, height = 1, width = 1] = valueOf(graph, id).shape ?? [];
  const storage = storages.get(id);
  if (!storage || storage.offset !== access.offset) return false;
  const [n = 0, c = 0, y = 0, x = 0] = storage.strides;
  const own: PixelStrides = [n, y, x, c];
  const strides = kernel.pixelStrides(access);
  return [images, height, width, channels].every(
    (extent, axis) => extent === 1 || strides[axis] === own[axis],
  );
}

/** Bytes of one row of an image tensor. */
function rowBytes(graph: Graph, id: ValueId): number {
  const { dtype, shape = [] } = valueOf(graph, id);
  const [, channels = 1, , width = 1] = shape;
  return dtype ? (width * channels * dtypeInfo(dtype).bits) / 8 : 0;
}
