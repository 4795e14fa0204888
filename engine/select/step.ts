// A step of the program before memory is planned: what it reads and writes, and how it is computed.

import type { Node, NodeId, ValueId } from '../ir/types.ts';
import type { KernelSpec, Wanted } from './spec/kernel.ts';
import type { LeanSpec } from './spec/product.ts';

/** What a step keeps on its way into the program. */
export interface StepFacts {
  /** name of the group or node; unique in a program */
  readonly name: string;
  /** operator of the anchor, or 'Elementwise' */
  readonly op: string;
  /** every operator in it, in order */
  readonly fusedOps: readonly string[];
  /** nodes of the imported graph it stands for */
  readonly origin: readonly NodeId[];
  /** id of the fusion group when it has more than one member */
  readonly group?: string;
  readonly reads: readonly ValueId[];
  readonly writes: readonly ValueId[];
  /** as the operators define them */
  readonly flops: number;
  /** of `flops`, what minimal filtering does without */
  readonly sparedFlops?: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** Kernels of one step run one after the other; each may need scratch and have phases of its own. */
export type StepDraft = StepFacts &
  (
    | {
        readonly kind: 'kernel';
        readonly template: string;
        readonly kernels: readonly KernelSpec[];
        /** of the step's one kernel; left out: all of its results are wanted */
        readonly wanted?: Wanted;
      }
    | { readonly kind: 'reference'; readonly node: Node }
  );

type LeanKernel = Extract<KernelSpec, LeanSpec>;

/** Kinds of kernels that can work on less of their input at a time. */
const LEAN_KINDS: Readonly<Record<LeanKernel['kind'], true>> = {
  convolution: true,
  depthwise: true,
  winograd: true,
  matmul: true,
  pool: true,
};

const isLeanKernel = (spec: KernelSpec): spec is LeanKernel => Object.hasOwn(LEAN_KINDS, spec.kind);

/** The same step with kernels that take as little memory as they can: itself where none can take less. */
export function inStrips(step: StepDraft): StepDraft {
  if (step.kind !== 'kernel' || !step.kernels.some(isLeanKernel)) return step;
  return {
    ...step,
    kernels: step.kernels.map(spec => (isLeanKernel(spec) ? { ...spec, lean: true } : spec)),
  };
}
