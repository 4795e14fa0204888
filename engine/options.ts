// The toggles. The same everywhere: command line, app, engine messages, reports.
import { z } from 'zod';

/** How buffers are placed; what each does is said where it stands, in planner/. */
export const STRATEGIES = [
  'off',
  'refcount',
  'size',
  'breadth',
  'bestfit',
  'tflm',
  'climb',
  'exact',
] as const;
/** Kinds of vectors: none, those of WebAssembly SIMD, and pairs of them. */
export const SIMD_CLASSES = ['scalar', '128', '256'] as const;
/** Float32 elements that one vector of the class holds. */
export const LANES = { scalar: 1, '128': 4, '256': 8 } as const satisfies Record<string, number>;
/**
 * Physical order of image axes: row-major throughout (nchw), or channels innermost where windows want it; `auto` and
 * `nhwc` decide alike.
 */
export const LAYOUTS = ['auto', 'nchw', 'nhwc'] as const;

/** How far steps that pin the peak do with less memory; see `lean` below. */
export const LEANNESS = ['off', 'strips', 'full'] as const;
/** 'auto': where it saves memory and, by a model of it, no time is lost; 'memory': for the smallest arena */
export const DEPTH_FIRST = ['off', 'auto', 'memory'] as const;

/** All toggles with their defaults: one that a message or an older file leaves out counts as not touched. */
export const compileOptions = z.object({
  /** false disables grouping only: folding, algebra, layout and kernels stay equally good */
  fusion: z.boolean().default(true),
  /** fused groups switched off one by one, by Group.id */
  disabledGroups: z.array(z.string()).default([]),
  /** 'off' gives every tensor its own memory */
  planner: z.enum(STRATEGIES).default('size'),
  /** results may take the place of operands that nobody needs any more, where that lowers the peak */
  inPlace: z.boolean().default(true),
  /** results may lie partly over operands that are read ahead of them, where that lowers the peak */
  overlap: z.boolean().default(true),
  /**
   * steps without which the peak would be lower run on less memory: 'strips' looks at less of the input at a time,
   * 'full' gives up minimal filtering too, which takes time
   */
  lean: z.enum(LEANNESS).default('strips'),
  /** run the steps in another order where that lowers the peak */
  reorder: z.boolean().default(true),
  /** run steps that follow one another row by row, keeping only rows of what lies between them */
  depthFirst: z.enum(DEPTH_FIRST).default('off'),
  simd: z.enum(SIMD_CLASSES).default('128'),
  threads: z.int().min(1).max(64).default(1),
  layout: z.enum(LAYOUTS).default('auto'),
  /** contract a·b + c to one multiply-add */
  fma: z.boolean().default(true),
  /** compute 3×3 convolutions by minimal filtering where that is faster; rounds more */
  winograd: z.boolean().default(true),
  /** dimension symbol, or 'input:axis', → extent */
  dims: z.record(z.string(), z.int().min(0)).default({}),
  /** replace constant-filled and splat weights by seeded He-scaled values */
  reseed: z.int().optional(),
  /** values (by name) that a probe run keeps as extra outputs */
  capture: z.array(z.string()).default([]),
  /** interpret every node with the reference instead of compiling kernels */
  reference: z.boolean().default(false),
});

export type CompileOptions = z.infer<typeof compileOptions>;
export type Strategy = (typeof STRATEGIES)[number];
export type Leanness = (typeof LEANNESS)[number];
/** Lanes of a vector: one, 128 bits, or 256 bits, for which V8 needs a flag of the process. */
export type SimdClass = (typeof SIMD_CLASSES)[number];

export const DEFAULT_OPTIONS: CompileOptions = compileOptions.parse({});

/**
 * Does a program for so many threads run on memory that they share? One thread has memory of its own, which tensors
 * are copied to and from faster.
 */
export const sharesMemory = ({ threads }: Pick<CompileOptions, 'threads'>): boolean => threads > 1;

const MOST_THREADS = 8;

/** Threads that runs start with, in every shell: one per core, up to a few. */
export const defaultThreads = (cores: number): number => Math.min(cores, MOST_THREADS);
