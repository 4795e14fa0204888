// Kernel specifications → one WebAssembly module: a function per kernel and phase, (begin, end, worker) over work
// units, which calls a shared one where several kernels are alike. The table of templates is the only place that knows
// which kinds of kernels exist.

import { type SimdClass, sharesMemory } from '../options.ts';
import type { Phase } from '../runtime/program.ts';
import type { BufferRef } from '../select/spec/access.ts';
import type { ChainSpec } from '../select/spec/chain.ts';
import type { KernelNeeds, KernelSpec } from '../select/spec/kernel.ts';
import { bufferName, formOf, type KernelForm, type Place } from './alike.ts';
import { type Addresses, type Bases, KernelContext, type Template } from './context.ts';
import type { Kernel } from './kernel.ts';
import { attention } from './kernels/attention/attention.ts';
import { chainTemplate } from './kernels/chain/chain.ts';
import { type ChainPlan, chainPlan } from './kernels/chain/plan.ts';
import { elementwise } from './kernels/elementwise/elementwise.ts';
import { fill } from './kernels/elementwise/fill.ts';
import { gather, scatter } from './kernels/indexed.ts';
import { normalize } from './kernels/lines/normalize.ts';
import { softmax } from './kernels/lines/softmax.ts';
import { convolution } from './kernels/product/convolution.ts';
import { matmul } from './kernels/product/matmul.ts';
import { recurrent } from './kernels/recurrent.ts';
import { cumulate } from './kernels/reduction/cumulate.ts';
import { extreme } from './kernels/reduction/extreme.ts';
import { reduce } from './kernels/reduction/reduce.ts';
import { resize } from './kernels/resize/resize.ts';
import { suppression } from './kernels/suppression.ts';
import { topk } from './kernels/top-k.ts';
import { trees } from './kernels/trees.ts';
import { depthwise } from './kernels/window/depthwise.ts';
import { pool } from './kernels/window/pool.ts';
import { winograd } from './kernels/winograd/winograd.ts';
import { limitUnits } from './kernels/work/wanted.ts';
import type { Target } from './vector/vector.ts';
import type { FunctionBuilder, FunctionHandle } from './wasm/function.ts';
import { ModuleBuilder } from './wasm/module.ts';

type Templates = { readonly [Kind in KernelSpec['kind']]: Template<Extract<KernelSpec, { kind: Kind }>> };

const TEMPLATES: Templates = {
  attention,
  chain: chainTemplate(spec => templateOf(spec)),
  convolution,
  cumulate,
  depthwise,
  elementwise,
  extreme,
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
  suppression,
  topk,
  trees,
  winograd,
};

/** The template for this specification's kind; the table's type guarantees that they fit. */
export const templateOf = (spec: KernelSpec): Template => TEMPLATES[spec.kind] as Template;

/** Of what a kernel needs, what was asked last: planning and emitting ask several times. */
const needed = new WeakMap<KernelSpec, Pick<Target, 'simd' | 'threads'> & { readonly needs: KernelNeeds }>();

/** Scratch and work units of a kernel; asked before planning. */
export function kernelNeeds(spec: KernelSpec, simd: SimdClass, threads: number): KernelNeeds {
  const known = needed.get(spec);
  if (known?.simd === simd && known.threads === threads) return known.needs;
  const needs = templateOf(spec).needs(spec, simd, threads);
  needed.set(spec, { simd, threads, needs });
  return needs;
}

/** What a chain's stages keep and compute; asked before it is decided whether to have one. */
export const chainNeeds = (spec: ChainSpec, simd: SimdClass, threads: number): ChainPlan =>
  chainPlan(spec, ({ kernel }) => kernelNeeds(kernel, simd, threads), threads);

/**
 * Generates code for all kernels. `resolve` gives a buffer's place in bytes from its space's base.
 * The module imports env.memory (see `sharesMemory`), env.arena and env.weights (i32 globals: the bases, in bytes).
 */
export const emitModule = (
  kernels: readonly Kernel[],
  resolve: (ref: BufferRef) => number,
  target: Target,
): { bytes: Uint8Array<ArrayBuffer>; phases: readonly (readonly Phase[])[] } => {
  const emitter = new KernelEmitter(resolve, target);
  const forms = kernels.map(formOf);
  const counts = new Map<string, number>();
  for (const form of forms) if (form) counts.set(form.text, (counts.get(form.text) ?? 0) + 1);
  const phases = kernels.map((kernel, index) => {
    const form = forms[index];
    const isRepeated = form !== undefined && (counts.get(form.text) ?? 0) > 1;
    return isRepeated ? emitter.emitCalls(kernel, form) : emitter.emit(kernel);
  });
  return { bytes: emitter.module.finish(), phases };
};

/** What `emitModule` would return, without code: where no address reaches all of the memory. */
export const unemitted = (
  kernels: readonly Kernel[],
  { simd, threads }: Target,
): ReturnType<typeof emitModule> => ({
  bytes: new Uint8Array(0),
  phases: kernels.map(({ name, spec }) => phasesOf(name, kernelNeeds(spec, simd, threads))),
});

function phasesOf(name: string, { phases, grain, ordered }: KernelNeeds): Phase[] {
  const functionName = (phase: number) => (phases.length === 1 ? name : `${name}:${phase}`);
  return phases.map((units, phase) => ({
    ...{ function: functionName(phase), units, ...(grain && { grain }), ...(ordered && { ordered }) },
  }));
}

const PARAMS = ['i32', 'i32', 'i32'] as const;
const PARAM_NAMES = ['begin', 'end', 'worker'] as const;

/** Writes kernels into one module. */
class KernelEmitter {
  readonly module = new ModuleBuilder();
  readonly #resolve: (ref: BufferRef) => number;
  readonly #target: Target;
  readonly #bases: Bases;
  /** by the text of their form: a function per phase */
  readonly #shared = new Map<string, readonly FunctionHandle[]>();

  constructor(resolve: (ref: BufferRef) => number, target: Target) {
    this.#resolve = resolve;
    this.#target = target;
    this.module.importMemory('env', 'memory', { initial: 0, maximum: 65536, shared: sharesMemory(target) });
    this.#bases = {
      arena: this.module.importGlobal('env', 'arena', 'i32'),
      weights: this.module.importGlobal('env', 'weights', 'i32'),
    };
  }

  /** A kernel of its own: where its buffers lie is part of the code. */
  emit(kernel: Kernel): Phase[] {
    return this.#phases(kernel, (name, phase, needs) => {
      const options = { params: PARAMS, paramNames: PARAM_NAMES, exported: true };
      this.module.define(name, options, f => this.#write(kernel, f, phase, needs));
    });
  }

  /** One of several kernels that are alike: its functions tell the shared ones where its buffers are. */
  emitCalls(kernel: Kernel, form: KernelForm): Phase[] {
    const shared = this.#shared.get(form.text) ?? this.#defineShared(kernel, form);
    this.#shared.set(form.text, shared);
    return this.#phases(kernel, (name, phase) => {
      const callee = shared[phase];
      if (!callee) throw new Error(`kernels like ${name} have no phase ${phase}`);
      const options = { params: PARAMS, paramNames: PARAM_NAMES, exported: true };
      this.module.define(name, options, f => {
        for (const param of f.params) f.get(param);
        for (const place of form.places) this.#pushAddress(f, place);
        f.call(callee);
      });
    });
  }

  #defineShared(kernel: Kernel, { places }: KernelForm): FunctionHandle[] {
    const names = places.map(({ buffer }) => bufferName(buffer));
    const options = {
      params: [...PARAMS, ...places.map(() => 'i32' as const)],
      paramNames: [...PARAM_NAMES, ...names],
    };
    const handles: FunctionHandle[] = [];
    this.#phases(kernel, (name, phase, needs) => {
      const handle = this.module.define(`like ${name}`, options, f => {
        const told = f.params.slice(PARAMS.length);
        const addresses = new Map(
          places.flatMap(({ buffer, from }, i) => {
            const address = told[i];
            return address ? [[bufferName(buffer), { address, from }] as const] : [];
          }),
        );
        this.#write(kernel, f, phase, needs, addresses);
      });
      handles.push(handle);
    });
    return handles;
  }

  #phases(
    { name, spec }: Kernel,
    define: (name: string, phase: number, needs: KernelNeeds) => void,
  ): Phase[] {
    const { simd, threads } = this.#target;
    const needs = kernelNeeds(spec, simd, threads);
    const phases = phasesOf(name, needs);
    phases.forEach(({ function: functionName }, phase) => {
      define(functionName, phase, needs);
    });
    return phases;
  }

  #write(
    { name, spec, scratch, wanted }: Kernel,
    f: FunctionBuilder,
    phase: number,
    needs: KernelNeeds,
    addresses?: Addresses,
  ): void {
    if (needs.scratchShared + needs.scratchPerWorker > 0 && !scratch)
      throw new Error(`kernel ${name} needs scratch and was given none`);
    const told = addresses && { addresses };
    const parts = { target: this.#target, bases: this.#bases, resolve: this.#resolve, ...told };
    const context = new KernelContext({ name, module: this.module, f, scratch, wanted, ...parts });
    if (phase === needs.phases.length - 1) limitUnits(context, spec, needs.phases[phase] ?? 0);
    templateOf(spec).emit(context, spec, phase, needs);
  }

  #pushAddress(f: FunctionBuilder, { buffer, from }: Place): void {
    if (buffer.space === 'rows') throw new Error('rows have no address outside of their chain');
    f.globalGet(this.#bases[buffer.space]);
    f.i32(this.#resolve(buffer) + from);
    f.op('i32.add');
  }
}
