// The plan of the graph as given for TensorFlow Lite Micro, which then does not plan on the device: as a C structure
// (BufferPlan, memory_planner/memory_plan_struct.h) and as the bytes of the metadata entry "OfflineMemoryAllocation"
// (docs/memory_management.md). Both count from the start of the arena's head; the runtime wants 16-byte alignment.

import type { Strategy } from '../../options.ts';
import { plan } from '../../planner/plan.ts';
import { overlapsOf } from '../plan-csv.ts';
import type { ModelSummary } from '../types/model.ts';
import type { PlanTensor, PlanView } from '../types/plan.ts';
import { visibleText } from '../visible-text.ts';

/** MicroArenaBufferAlignment() */
const ALIGNMENT = 16;
/** Where no offset is given, the runtime plans the tensor itself. */
const AT_RUNTIME = -1;
/** The runtime's own check of the entry (CheckOfflinePlannedOffsets) takes no other; its planner looks at neither. */
const FORMAT_VERSION = 1;
const SUBGRAPH = 0;

export interface OfflineTensor {
  /** position among the tensors of the graph */
  readonly index: number;
  readonly name: string;
  readonly bytes: number;
  /** bytes from the start of the arena */
  readonly offset: number;
}

export interface OfflinePlan {
  /** tensors of the graph, those without a place included */
  readonly count: number;
  /** those that have a place, in the order of the graph */
  readonly tensors: readonly OfflineTensor[];
  readonly arenaBytes: number;
  /** the strategy that placed them */
  readonly strategy: Strategy;
}

/**
 * Plans the given column anew by its strategy with the runtime's alignment, unless what the runtime does by itself is lower: nothing
 * that is exported needs more. Tensors that share memory get one place.
 */
export function offlinePlan(model: ModelSummary, given: PlanView): OfflinePlan {
  const { strategy } = given;
  const buffers = given.tensors.map(({ name, lower, upper, bytes }) => ({
    id: name,
    lower,
    upper,
    size: bytes,
    alignment: ALIGNMENT,
  }));
  const problem = { buffers, overlaps: overlapsOf(given.tensors) };
  const planned = plan(problem, strategy).solution;
  const own = strategy === 'off' ? planned : plan(problem, 'tflm').solution;
  const better = own.height < planned.height;
  const solution = better ? own : planned;
  const names = new Map(model.graph.tensors.map(({ id, name }) => [id, name]));
  const tensors = given.tensors
    .flatMap((row: PlanTensor) =>
      row.tensors.map(index => ({
        index,
        name: names.get(index) ?? row.name,
        bytes: row.bytes,
        offset: solution.offsets[row.id] ?? AT_RUNTIME,
      })),
    )
    .toSorted((a, b) => a.index - b.index);
  const count = 1 + model.graph.tensors.reduce((most, { id }) => Math.max(most, id), -1);
  return { count, tensors, arenaBytes: solution.height, strategy: better ? 'tflm' : strategy };
}

/** A BufferPlan: one entry per tensor in the arena, in the order of the graph. */
export function offlinePlanC(model: ModelSummary, offline: OfflinePlan): string {
  const { tensors, arenaBytes, strategy } = offline;
  const width = String(Math.max(tensors.length - 1, 0)).length;
  const entries = tensors.map(({ index, name, bytes, offset }, entry) => {
    const what = `tensor ${index}, ${bytes} bytes: ${commentText(name)}`;
    return `        [${String(entry).padStart(width)}] = { .offset = ${offset} }, /* ${what} */`;
  });
  return `/* Memory plan of ${commentText(model.name)} (SHA-256 ${model.sha256}).
 * Of the graph as given, with no operators fused: that is what the device runs. Placed by strategy ${strategy}.
 * Offsets in bytes from the start of the non-persistent arena, multiples of ${ALIGNMENT}.
 * For tflite::NonPersistentMemoryPlannerShim; entries are in the order in which buffers are requested:
 * the tensors of the graph, as listed. */
#include <stdint.h>

#define ARENA_BYTES ${arenaBytes}

struct BufferDescriptor {
    int32_t offset;
};

static const struct {
    int32_t buffer_count;
    struct BufferDescriptor buffer_plan_entries[${Math.max(tensors.length, 1)}];
} kOfflineMemoryPlan = {
    .buffer_count = ${tensors.length},
    .buffer_plan_entries = {
${entries.length > 0 ? entries.join('\n') : '        { .offset = 0 },'}
    },
};
`;
}

/** A name cannot end the comment it stands in, leave its line or make it look like another. */
const commentText = (name: string): string =>
  visibleText(name).replaceAll('\\', ' ').replaceAll('*/', '* /').replaceAll('/*', '/ *');

/** The metadata buffer: version, subgraph, number of tensors, an offset per tensor; 32-bit integers, little-endian. */
export function offlinePlanMetadata({ count, tensors }: OfflinePlan): Uint8Array {
  const offsets = new Map(tensors.map(({ index, offset }) => [index, offset]));
  const words = [
    FORMAT_VERSION,
    SUBGRAPH,
    count,
    ...Array.from({ length: count }, (_, index) => offsets.get(index) ?? AT_RUNTIME),
  ];
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, at) => {
    view.setInt32(at * 4, word, true);
  });
  return bytes;
}
