// One kernel to be emitted: what selection wants, and where its scratch lies.

import type { BufferRef } from '../select/spec/access.ts';
import type { KernelSpec, Wanted } from '../select/spec/kernel.ts';

/** What `emitModule` is asked for. */
export interface Kernel {
  /** unique in the module; names the exported functions */
  readonly name: string;
  readonly spec: KernelSpec;
  /** where `kernelNeeds` asks for scratch: the shared bytes, then those of each worker */
  readonly scratch?: BufferRef;
  readonly wanted?: Wanted;
}
