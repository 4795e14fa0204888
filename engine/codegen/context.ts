// What a kernel template gets to write one function of one kernel.

import { LANES, type SimdClass } from '../options.ts';
import type { BufferRef } from '../select/spec/access.ts';
import type { KernelNeeds, KernelSpec, Wanted } from '../select/spec/kernel.ts';
import { bufferName } from './alike.ts';
import type { Pace, Traversal } from './traversal.ts';
import { type Lanes, type Target, Vectors } from './vector/vector.ts';
import type { FunctionBuilder, GlobalHandle, Local } from './wasm/function.ts';
import type { ModuleBuilder } from './wasm/module.ts';

/** Where spaces begin, in bytes. Of the rows that a chain keeps every buffer has a base of its own, which moves. */
export interface Bases {
  readonly arena: GlobalHandle;
  readonly weights: GlobalHandle;
  readonly rows?: readonly GlobalHandle[];
}

/** Parameters that are addresses in buffers, so many bytes from their first, by the buffers' names. */
export type Addresses = ReadonlyMap<string, { readonly address: Local; readonly from: number }>;

/** One phase of one kernel while its function (begin, end, worker) is written. */
export class KernelContext {
  readonly name: string;
  readonly module: ModuleBuilder;
  readonly f: FunctionBuilder;
  readonly target: Target;
  /** first work unit, first after the last, number of the worker: i32 */
  readonly begin: Local;
  readonly end: Local;
  readonly worker: Local;
  /** the kernel's scratch: shared bytes first, then those of each worker */
  readonly scratch: BufferRef | undefined;
  /** where not all results are; templates may heed it */
  readonly wanted: Wanted | undefined;
  private readonly bases: Bases;
  private readonly addresses: Addresses | undefined;
  private readonly offsetOf: (ref: BufferRef) => number;

  constructor(options: {
    readonly name: string;
    readonly module: ModuleBuilder;
    readonly f: FunctionBuilder;
    readonly target: Target;
    readonly scratch: BufferRef | undefined;
    readonly wanted?: Wanted | undefined;
    readonly bases: Bases;
    /** what the function is told of its buffers; absent: they are at their offset from the base of their space */
    readonly addresses?: Addresses;
    readonly resolve: (ref: BufferRef) => number;
  }) {
    const [begin, end, worker] = options.f.params;
    if (!begin || !end || !worker)
      throw new Error(`${options.name} expects the parameters begin, end, worker`);
    this.begin = begin;
    this.end = end;
    this.worker = worker;
    this.name = options.name;
    this.module = options.module;
    this.f = options.f;
    this.target = options.target;
    this.scratch = options.scratch;
    this.wanted = options.wanted;
    this.bases = options.bases;
    this.addresses = options.addresses;
    this.offsetOf = options.resolve;
  }

  /** Emitter for vectors of the target's full width, or of as many lanes as said. */
  vectors(lanes: Lanes = LANES[this.target.simd]): Vectors {
    return new Vectors(this.f, this.module, this.target, lanes);
  }

  /** Bytes from the buffer's base to its first; below 0 where the base is an address within it. */
  offset(ref: BufferRef): number {
    if (this.addresses) return -this.#told(ref).from;
    return ref.space === 'rows' ? 0 : this.offsetOf(ref);
  }

  /** The same for buffers whose offsets count from one base. */
  baseName(ref: BufferRef): string {
    return ref.space === 'rows' || this.addresses ? bufferName(ref) : ref.space;
  }

  /** Pushes the address that the buffer's offset counts from. */
  base(ref: BufferRef, f = this.f): void {
    if (this.addresses) {
      if (f !== this.f) throw new Error(`${this.name} was not told where ${bufferName(ref)} is`);
      f.get(this.#told(ref).address);
      return;
    }
    const base = ref.space === 'rows' ? this.bases.rows?.[ref.id] : this.bases[ref.space];
    if (!base) throw new Error(`${this.name} reads rows ${ref.id} outside of their chain`);
    f.globalGet(base);
  }

  #told(ref: BufferRef): { readonly address: Local; readonly from: number } {
    const told = this.addresses?.get(bufferName(ref));
    if (!told) throw new Error(`${this.name} was not told where ${bufferName(ref)} is`);
    return told;
  }

  /** The same kernel's context for another function, with bases for rows. */
  within(f: FunctionBuilder, name: string, rows: readonly GlobalHandle[]): KernelContext {
    const { module, target, scratch, bases, offsetOf } = this;
    return new KernelContext({
      name,
      module,
      f,
      target,
      scratch,
      bases: { ...bases, rows },
      resolve: offsetOf,
    });
  }

  /** Pushes the address of the buffer's first byte, `plus` bytes on; in `f`, another function of the kernel's. */
  address(ref: BufferRef, plus = 0, f = this.f): void {
    this.base(ref, f);
    f.i32(this.offset(ref) + plus);
    f.op('i32.add');
  }
}

/** How one kind of kernel is generated. */
export interface Template<Spec extends KernelSpec = KernelSpec> {
  needs(spec: Spec, simd: SimdClass, threads: number): KernelNeeds;
  /** Writes the function of one phase: units [begin, end). */
  emit(k: KernelContext, spec: Spec, phase: number, needs: KernelNeeds): void;
  /**
   * How the code for so many threads goes through memory, in all phases: on one worker alone, or unit by unit.
   * Nothing is known of templates that do not say.
   */
  traverse?(spec: Spec, simd: SimdClass, threads: number, pace: Pace): Traversal;
}

/** Needs of a kernel of one phase without scratch. */
export const simpleNeeds = (units: number): KernelNeeds => ({
  units,
  scratchPerWorker: 0,
  scratchShared: 0,
  phases: [units],
});
