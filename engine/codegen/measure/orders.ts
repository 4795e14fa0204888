// Which order of its loops a product is fastest with here: the kernel as it is in the program, with all that is fused to
// it, run alone with each order, in turns.

import type { OrderQuestion } from '../../select/order-choice.ts';
import type { Access, BufferRef } from '../../select/spec/access.ts';
import type { LoopOrder, MatmulSpec } from '../../select/spec/product.ts';
import type { ConvolutionSpec } from '../../select/spec/window.ts';
import { bufferName } from '../alike.ts';
import { planesOf } from '../kernels/strip/planes.ts';
import { allPanelsBytes } from '../loop-orders.ts';
import { endByte, wholeBox } from '../traversal.ts';
import { type Answer, type LoneBuffer, loneKernel, measureInTurns } from './in-turns.ts';

/** The fastest candidate. `clockMs`: from any start. */
export function measureOrders(question: OrderQuestion, clockMs: () => number): Answer<LoopOrder> {
  const { spec, simd } = question;
  const buffers = buffersOf(spec);
  return measureInTurns(question, order => loneKernel({ ...spec, order }, buffers, simd), clockMs);
}

/** All that the kernel touches, each as long as it is touched. */
function buffersOf(spec: ConvolutionSpec | MatmulSpec): LoneBuffer[] {
  const found = new Map<string, LoneBuffer>();
  const add = (ref: BufferRef, bytes: number): void => {
    const known = found.get(bufferName(ref))?.bytes ?? 0;
    found.set(bufferName(ref), { ref, bytes: Math.max(known, bytes) });
  };
  for (const { extents, accesses } of spacesOf(spec)) {
    for (const access of accesses) add(access.buffer, endByte(access, wholeBox(extents)));
  }
  const right = spec.kind === 'matmul' ? spec.b : spec.weights;
  const packed = 'space' in right ? right : 'packed' in right ? right.packed : undefined;
  for (const ref of [packed, spec.bias]) if (ref) add(ref, allPanelsBytes(spec));
  return [...found.values()];
}

interface Space {
  readonly extents: readonly number[];
  readonly accesses: readonly Access[];
}

function spacesOf(spec: ConvolutionSpec | MatmulSpec): Space[] {
  const { reads, writes } = spec.epilogue;
  if (spec.kind === 'matmul') {
    const { batch, m, n, k, a, b } = spec;
    return [
      { extents: [...batch, m, k], accesses: a.reads },
      { extents: [...batch, k, n], accesses: 'packed' in b ? [] : b.reads },
      { extents: [...batch, m, n], accesses: [...reads, ...writes] },
    ];
  }
  const { batch, window, groups, inChannels, outChannels, inputSize, outputSize, input, weights } = spec;
  const planes = planesOf(window);
  const [into, out] = window.planes ? [[planes.inputSize], [planes.outputSize]] : [[], []];
  return [
    { extents: [batch, ...into, ...inputSize, groups * inChannels], accesses: input.reads },
    { extents: [batch, ...out, ...outputSize, groups * outChannels], accesses: [...reads, ...writes] },
    {
      extents: [groups, planes.kernel, ...window.kernel, inChannels, outChannels],
      accesses: 'computed' in weights ? [weights.computed] : [],
    },
  ];
}
