// What a kernel touches of buffers when it computes only the first places of its results' outermost axis.

import type { ValueId } from '../ir/types.ts';
import type { Access } from './spec/access.ts';
import type { KernelSpec } from './spec/kernel.ts';

/** Elements of a buffer from its start, for each place of the axis; undefined where that is not what is touched. */
interface Touch {
  readonly owner: ValueId;
  readonly each: number | undefined;
}

/** What each place of an axis touches. */
export interface Front {
  /** of the epilogue's iteration space: the first with more than one place */
  readonly axis: number;
  readonly extent: number;
  readonly reads: readonly Touch[];
  readonly writes: readonly Touch[];
}

/** Accesses over a space that begins with the axes of the epilogue's. */
interface Space {
  readonly extents: readonly number[];
  readonly accesses: readonly Access[];
}

interface Loops {
  /** the epilogue's iteration space, or as much of it as may be cut */
  readonly outer: readonly number[];
  readonly reads: readonly Space[];
  readonly writes: Space;
}

/** Undefined of kernels that always compute everything. */
export function frontsOf(spec: KernelSpec): Front | undefined {
  const loops = loopsOf(spec);
  if (!loops) return undefined;
  const axis = axisOf(spec, loops);
  const extent = loops.outer[axis];
  if (extent === undefined || extent < 2) return undefined;
  const touches = ({ extents, accesses }: Space): Touch[] =>
    accesses.flatMap(access =>
      access.buffer.space === 'arena'
        ? [{ owner: access.buffer.id as ValueId, each: elementsPerPlace(access, extents, axis) }]
        : [],
    );
  const writes = touches(loops.writes);
  return { axis, extent, reads: merged(loops.reads.flatMap(touches)), writes };
}

/** Axes of an elementwise kernel may be in any order. */
function axisOf(spec: KernelSpec, { outer, writes }: Loops): number {
  if (spec.kind !== 'elementwise') return outer.findIndex(extent => extent > 1);
  const [first] = writes.accesses;
  const strides = outer.map((extent, axis) => (extent > 1 ? (first?.strides[axis] ?? 0) : -1));
  return strides.indexOf(Math.max(...strides));
}

function loopsOf(spec: KernelSpec): Loops | undefined {
  if (spec.kind === 'elementwise') {
    const { extents, body } = spec;
    return {
      outer: extents,
      reads: [{ extents, accesses: body.reads }],
      writes: { extents, accesses: body.writes },
    };
  }
  if (!('epilogue' in spec) || spec.kind === 'scatter') return undefined;
  const spaces = anchored(spec);
  if (!spaces) return undefined;
  const { outer, results, operands } = spaces;
  const { reads, writes } = spec.epilogue;
  return {
    outer,
    reads: [...operands, { extents: results, accesses: reads }],
    writes: { extents: results, accesses: writes },
  };
}

interface Anchored {
  readonly outer: readonly number[];
  readonly results: readonly number[];
  readonly operands: readonly Space[];
}

type WithEpilogue = Extract<KernelSpec, { readonly epilogue: unknown }>;

function anchored(spec: WithEpilogue): Anchored | undefined {
  switch (spec.kind) {
    case 'gather': {
      const indices = { extents: spec.extents, accesses: spec.picks.map(({ index }) => index) };
      // Picked anywhere.
      const picked = { extents: [], accesses: spec.input.reads };
      return { outer: spec.extents.slice(0, -1), results: spec.extents, operands: [indices, picked] };
    }
    case 'reduce': {
      const operands = [{ extents: [...spec.outer, ...spec.reduced], accesses: spec.input.reads }];
      return { outer: spec.outer, results: spec.outer, operands };
    }
    case 'softmax':
    case 'normalize': {
      const all = [...spec.outer, ...spec.line];
      return { outer: spec.outer, results: all, operands: [{ extents: all, accesses: spec.input.reads }] };
    }
    case 'matmul': {
      const { batch, m, n, k, a, b } = spec;
      const left = { extents: [...batch, m, k], accesses: a.reads };
      const right = { extents: [...batch, k, n], accesses: 'packed' in b ? [] : b.reads };
      const operands = [left, cutAlong(batch, right)];
      return { outer: [...batch, m], results: [...batch, m, n], operands };
    }
    case 'attention': {
      const { batch, m, n, k, d, query, key, value, scores, probabilities } = spec;
      if (batch.every(extent => extent === 1)) return undefined;
      const spaces = [
        { extents: [...batch, m, k], accesses: query.reads },
        { extents: [...batch, k, n], accesses: key.reads },
        { extents: [...batch, n, d], accesses: value.reads },
        { extents: [...batch, m, n], accesses: [...scores.reads, ...probabilities.reads] },
      ];
      return { outer: batch, results: [...batch, m, d], operands: spaces };
    }
    case 'convolution':
    case 'depthwise':
    case 'winograd':
    case 'pool':
      return imagesOf(spec);
    default:
      return undefined;
  }
}

/** A right operand is all needed for any row, unless every matrix has its own. */
function cutAlong(batch: readonly number[], space: Space): Space {
  return batch.some(extent => extent > 1) ? space : { ...space, extents: [] };
}

type ImageSpec = Extract<KernelSpec, { readonly kind: 'convolution' | 'depthwise' | 'winograd' | 'pool' }>;

/** Images are by themselves; what is one image is computed whole. */
function imagesOf(spec: ImageSpec): Anchored | undefined {
  const { batch, inputSize, outputSize, input, window } = spec;
  if (batch === 1 || window.planes) return undefined;
  const isPool = spec.kind === 'pool';
  const channelsIn = isPool ? spec.channels : spec.inChannels * spec.groups;
  const channelsOut = isPool ? spec.channels : spec.outChannels * spec.groups;
  const computed = 'weights' in spec && 'computed' in spec.weights ? [spec.weights.computed] : [];
  const operands = [
    { extents: [batch, ...inputSize, channelsIn], accesses: input.reads },
    { extents: [], accesses: computed },
  ];
  return { outer: [batch], results: [batch, ...outputSize, channelsOut], operands };
}

/**
 * Elements of the buffer for each place of the axis; undefined where the first places are not the beginning of the
 * buffer, and nothing else.
 */
export function elementsPerPlace(
  { offset, strides }: Pick<Access, 'offset' | 'strides'>,
  extents: readonly number[],
  axis: number,
): number | undefined {
  const stride = strides[axis] ?? 0;
  if (extents[axis] === undefined || offset !== 0 || strides.some(other => other < 0)) return undefined;
  const span = extents.reduce(
    (sum, extent, i) => (i === axis ? sum : sum + (extent - 1) * (strides[i] ?? 0)),
    0,
  );
  return span < stride ? stride : undefined;
}

/** One touch of each buffer: unknown where there are several kinds. */
function merged(touches: readonly Touch[]): Touch[] {
  const found = new Map<ValueId, number | undefined>();
  for (const { owner, each } of touches) {
    found.set(owner, found.has(owner) && found.get(owner) !== each ? undefined : each);
  }
  return [...found].map(([owner, each]) => ({ owner, each }));
}
