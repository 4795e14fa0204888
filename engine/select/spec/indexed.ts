// Kernels that read or write where indices say.

import type { Access, Epilogue, Prologue } from './access.ts';

/** An axis that is gone through by index: int32 or int64, counted from the end where negative. */
export interface Pick {
  /** of the axis */
  readonly extent: number;
  /** over the kernel's iteration space; the same all along its last axis */
  readonly index: Access;
  /** an index outside the axis is held inside; else the kernel traps */
  readonly lenient?: boolean;
  /** so many places of the axis form a block: the axis is two, blocks and places in one */
  readonly block?: number;
}

/**
 * Elements picked by index. Iteration spaces: indices and epilogue (space…), at least one axis; input (space…, one
 * axis per pick, two where it has blocks).
 */
export interface GatherSpec {
  readonly kind: 'gather';
  readonly extents: readonly number[];
  readonly picks: readonly Pick[];
  readonly input: Prologue;
  readonly epilogue: Epilogue;
}

/**
 * Elements put where indices say, one after the other. Iteration spaces: indices and input (space…); epilogue (space…,
 * one axis per pick): what it reads is what was there.
 */
export interface ScatterSpec extends Omit<GatherSpec, 'kind'> {
  readonly kind: 'scatter';
  /** elements that differ along one of so many leading axes are never put in one place */
  readonly apart: number;
}
