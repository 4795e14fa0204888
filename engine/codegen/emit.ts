// Kernel specifications → one WebAssembly module: a function per kernel and phase, (begin, end, worker) over work
// units. The table of templates is the only place that knows which kinds of kernels exist.

import type { SimdClass } from '../options.ts';
import type { Phase } from '../runtime/program.ts';
import type { BufferRef, ChainSpec, KernelNeeds, KernelSpec } from '../select/spec.ts';
import { KernelContext, type Template } from './context.ts';
import { attention } from './kernels/attention.ts';
import { chainTemplate } from './kernels/chain.ts';
import { type ChainPlan, chainPlan } from './kernels/chain-plan.ts';
import { convolution } from './kernels/convolution.ts';
import { depthwise } from './kernels/depthwise.ts';
import { elementwise } from './kernels/elementwise.ts';
import { fill } from './kernels/fill.ts';
import { gather, scatter } from './kernels/indexed.ts';
import { matmul } from './kernels/matmul.ts';
import { normalize } from './kernels/normalize.ts';
import { pool } from './kernels/pool.ts';
import { recurrent } from './kernels/recurrent.ts';
import { reduce } from './kernels/reduce.ts';
import { resize } from './kernels/resize.ts';
import { softmax } from './kernels/softmax.ts';
import { topk } from './kernels/top-k.ts';
import { trees } from './kernels/trees.ts';
import { winograd } from './kernels/winograd.ts';
import type { Target } from './vector.ts';
import { ModuleBuilder } from './wasm/module.ts';

type Templates = { readonly [Kind in KernelSpec['kind']]: Template<Extract<KernelSpec, { kind: Kind }>> };

const TEMPLATES: Templates = {
  attention,
  chain: chainTemplate(spec => templateOf(spec)),
  convolution,
  depthwise,
  elementwise,
  fill,
  gather,
  scatter,
  matmul,
  normalize,
  pool,
  recurrent,
  reduce,
  resize,
  softmax,
  topk,
  trees,
  winograd,
};

/** The template for this specification's kind; the table's type guarantees that they fit. */
export const templateOf = (spec: KernelSpec): Template => TEMPLATES[spec.kind] as Template;

/** Scratch and work units of a kernel; asked before planning. */
export const kernelNeeds = (spec: KernelSpec, simd: SimdClass, threads: number): KernelNeeds =>
  templateOf(spec).needs(spec, simd, threads);

/** What a chain's stages keep and compute; asked before it is decided whether to have one. */
export const chainNeeds = (spec: ChainSpec, simd: SimdClass, threads: number): ChainPlan =>
  chainPlan(spec, ({ kernel }) => kernelNeeds(kernel, simd, threads), threads);

export interface Kernel {
  /** unique in the module; names the exported functions */
  readonly name: string;
  readonly spec: KernelSpec;
  /** where `kernelNeeds` asks for scratch: the shared bytes, then those of each worker */
  readonly scratch?: BufferRef;
}

/**
 * Generates code for all kernels. `resolve` gives a buffer's place in bytes from its space's base.
 * The module imports env.memory (shared), env.arena and env.weights (i32 globals: the bases, in bytes).
 */
export const emitModule = (
  kernels: readonly Kernel[],
  resolve: (ref: BufferRef) => number,
  target: Target,
): { bytes: Uint8Array<ArrayBuffer>; phases: readonly (readonly Phase[])[] } => {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', { initial: 0, maximum: 65536, shared: true });
  const bases = {
    arena: module.importGlobal('env', 'arena', 'i32'),
    weights: module.importGlobal('env', 'weights', 'i32'),
  };
  const phases = kernels.map(({ name, spec, scratch }) => {
    const template = templateOf(spec);
    const needs = template.needs(spec, target.simd, target.threads);
    if (needs.scratchShared + needs.scratchPerWorker > 0 && !scratch)
      throw new Error(`kernel ${name} needs scratch and was given none`);
    return needs.phases.map((units, phase): Phase => {
      const functionName = needs.phases.length === 1 ? name : `${name}:${phase}`;
      const options = { params: ['i32', 'i32', 'i32'], exported: true } as const;
      module.define(functionName, { ...options, paramNames: ['begin', 'end', 'worker'] }, f => {
        const context = new KernelContext({ name, module, f, target, scratch, bases, resolve });
        template.emit(context, spec, phase, needs);
      });
      const { grain, ordered } = needs;
      return { function: functionName, units, ...(grain && { grain }), ...(ordered && { ordered }) };
    });
  });
  return { bytes: module.finish(), phases };
};
