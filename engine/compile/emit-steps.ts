// The code of a planned program: every step's kernels with the addresses of their buffers, all in one module.

import { emitModule, unemitted } from '../codegen/emit.ts';
import type { Kernel } from '../codegen/kernel.ts';
import { ADDRESSABLE_BYTES } from '../ir/tensor.ts';
import type { ValueId } from '../ir/types.ts';
import { type Arena, scratchOf } from '../memory/arena.ts';
import type { CompileOptions } from '../options.ts';
import type { Phase } from '../runtime/program.ts';
import type { BufferRef } from '../select/spec/access.ts';
import type { Weights } from '../select/weights.ts';

export interface Emitted {
  /** the module */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** per step */
  readonly phases: readonly (readonly Phase[])[];
}

/** Emits the steps of an arena. Where memory is larger than addresses reach, only the phases: nothing can run them. */
export function emitSteps(arena: Arena, weights: Weights, options: CompileOptions): Emitted {
  const { simd, fma, threads } = options;
  const target = { simd, fma, threads };
  const { kernels, ofStep } = kernelsOf(arena, options);
  const isReached = weights.bytes + arena.height <= ADDRESSABLE_BYTES;
  const { bytes, phases } = isReached
    ? emitModule(kernels, ref => offsetOf(ref, arena, weights), target)
    : unemitted(kernels, target);
  const phasesOf = (indices: readonly number[], step: number): Phase[] => {
    const bands = arena.bands(step);
    return indices
      .flatMap(index => phases[index] ?? [])
      .map((phase, i) => (bands[i]?.length ? { ...phase, bands: bands[i] } : phase));
  };
  return { bytes, phases: ofStep.map(phasesOf) };
}

/** Arena references are owners' value ids; scratch gets negative ones, by step. */
const scratchRef = (step: number): BufferRef => ({ space: 'arena', id: -1 - step });

/** In bytes, from where its space begins. */
function offsetOf({ space, id }: BufferRef, arena: Arena, weights: Weights): number {
  if (space === 'weights') return weights.offsetOf(id);
  return id < 0 ? arena.scratchOffset(-1 - id) : arena.offsetOf(id as ValueId);
}

/** The kernels of all steps, and where those of each step are among them. */
function kernelsOf(
  { drafts }: Arena,
  options: CompileOptions,
): { readonly kernels: readonly Kernel[]; readonly ofStep: readonly (readonly number[])[] } {
  const kernels: Kernel[] = [];
  const ofStep = drafts.map((draft, step) => {
    if (draft.kind !== 'kernel') return [];
    const scratch = scratchOf(draft, step, options).length > 0 ? { scratch: scratchRef(step) } : {};
    const wanted = draft.wanted && { wanted: draft.wanted };
    return draft.kernels.map((spec, i) => {
      const name = draft.kernels.length === 1 ? `${step} ${draft.name}` : `${step}.${i} ${draft.name}`;
      return kernels.push({ name, spec, ...scratch, ...wanted }) - 1;
    });
  });
  return { kernels, ofStep };
}
