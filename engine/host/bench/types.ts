// What is asked of a benchmark, what its rounds work with, and what comes out.

import type { CompileOptions } from '../../options.ts';
import type { EngineSource, InputSource } from '../engines/engine-requests.ts';
import type { Engines, Lease } from '../engines/engines.ts';
import type { PeerName, StartTimes } from './contender.ts';
import type { NamedTensor } from './peer-process.ts';

export interface BenchRequest {
  readonly source: EngineSource;
  readonly options: CompileOptions;
  readonly threads: readonly number[];
  readonly peers: readonly PeerName[];
  /** timed runs of each variant */
  readonly repeats: number;
  /** a round of turns ends after this time, but not before LEAST_TURNS */
  readonly roundMs?: number;
  readonly inputs: InputSource;
  /** our variants beside the best */
  readonly toggles: readonly Toggle[];
  /** start-ups in fresh processes whose median counts; 0: the one of the contender that runs */
  readonly starts?: number;
}

/** What is changed in a variant: off, both off, or each of the other SIMD classes. */
export const TOGGLES = ['fusion', 'planner', 'fusion and planner', 'winograd', 'simd'] as const;
export type Toggle = (typeof TOGGLES)[number];

/** A variant that is left out where nothing is filtered: it would be the same program. */
export const WITHOUT_WINOGRAD = 'winograd off';

export interface BenchVariant {
  readonly variant: string;
  readonly threads: number;
  readonly simd: string;
  readonly createMs: number;
  readonly firstRunMs: number;
  /** the same with the program that an earlier start compiled; where start-ups are timed, of our best */
  readonly cached?: StartTimes;
  readonly medianMs: number;
  readonly minMs: number;
  readonly p95Ms: number;
  /** 95 % bootstrap interval of the median */
  readonly lowMs: number;
  readonly highMs: number;
  /** of our best on several threads: the median of the same on one, in turns with it */
  readonly oneThreadMs?: number;
  /** share of the time of its turns that its threads had work and no core; absent where the system does not tell */
  readonly waited?: number;
  /** of one run, where it is known; and what minimal filtering does without of them */
  readonly flops?: number;
  readonly sparedFlops?: number;
  /** outputs against the first peer's (or, without peers, our first variant's); absent for that one */
  readonly check?: { readonly ok: boolean; readonly maxAbsError: number; readonly maxRelError: number };
}

export interface BenchResult {
  readonly model: string;
  readonly variants: readonly BenchVariant[];
  /** FLOP/s of multiply-adds in registers, one thread of the best class, measured just before */
  readonly peakFlopsPerSecond: number;
  /** the same of several threads together, for every other number of threads: what they can gain at all */
  readonly sharedPeaks: readonly { readonly threads: number; readonly flopsPerSecond: number }[];
  /** peers that could not run it, and why */
  readonly failed: readonly { readonly variant: string; readonly threads: number; readonly reason: string }[];
}

/** A model as all of a benchmark have it. */
export interface OpenedModel {
  readonly model: string;
  readonly name: string;
  /** as it is to be run: what was reseeded for peers is not reseeded again */
  readonly request: BenchRequest;
  readonly peerModel: { readonly file: string; readonly inputs: readonly NamedTensor[] } | undefined;
}

/** Contenders of so many threads, in turns. */
export interface Round {
  readonly lease: Lease;
  readonly engines: Engines;
  readonly request: BenchRequest;
  readonly model: string;
  readonly peerModel: OpenedModel['peerModel'];
  readonly threads: number;
  /** grows by the peers that could not be created */
  readonly failed: BenchResult['failed'][number][];
}
