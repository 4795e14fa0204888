// Lowers a placement by placing parts of it anew (large neighbourhood search, Shaw 1998): some that lie near each other
// in time and space are taken out, and a beam fills the room between the rest, below a target. Where slack is left, a
// search from nothing wastes it early; here each part is packed well for itself. Parts without anything above the target
// are filled anew too, which moves them aside for others.
// Invariant: placements on the way are valid, and none is higher than the one before.

import { picked } from '../../random.ts';
import { leastCommonMultiple } from '../align.ts';
import type { Layout } from '../greedy/place.ts';
import { BeamSearch } from '../search/beam-search.ts';
import type { Buffer, BufferIndex, Problem } from '../types.ts';

/** Of the way from the height to the floor, how far a target goes: the further, the sooner the last were reached. */
const STEP = { first: 1 / 50, most: 1 / 8, least: 1 / 100, longer: 1.5 } as const;
/** Parts with a buffer above the target that may fail before there is a nearer one. */
const PATIENCE = 12;
/** Buffers of a part; small ones are likelier. */
const SIZES = { least: 8, most: 130, skew: 1.5 } as const;
/** Share of parts chosen around any buffer, not one above the target. */
const CALM = 0.3;
/** Share of parts whose buffers are near in time alone. */
const COLUMNS = 0.3;
const WIDTHS = [4, 8, 16] as const;
const TOLERANCES = [0.003, 0.01, 0.03] as const;
const ROUGHNESSES = [0.03, 0.1, 0.3] as const;

export interface WindowLimits {
  /** bytes: a placement within it is good enough */
  readonly floor: number;
  /** bytes: what heights are multiples of */
  readonly unit: number;
  /** placements tried, and buffers of parts set up, after which it ends */
  readonly nodes: number;
  readonly stop: () => boolean;
  readonly random: () => number;
}

/** A placement found by moving parts, no higher than the one it began with. */
export interface Replaced {
  /** bytes, one per buffer */
  readonly offsets: readonly number[];
  readonly nodes: number;
}

/** For problems of `canSweep` (greedy/sweep.ts). Deterministic but for `random` and `stop`. */
export function replaceWindows(problem: Problem, layout: Layout, limits: WindowLimits): Replaced {
  const windows = new Windows(problem, layout.offsets, limits);
  while (windows.nodes < limits.nodes && windows.height > limits.floor && !limits.stop()) windows.move();
  return { offsets: windows.offsets, nodes: windows.nodes };
}

/** Buffers taken out, and what they leave. */
interface Part {
  readonly freed: readonly BufferIndex[];
  /** the freed ones, then those they have to go between */
  readonly problem: Problem;
  /** bytes: offsets of the part start there */
  readonly base: number;
}

class Windows {
  nodes = 0;
  height: number;
  readonly offsets: number[];
  readonly #buffers: readonly Buffer[];
  readonly #sized: readonly BufferIndex[];
  readonly #limits: WindowLimits;
  /** steps from the first birth to the last death */
  readonly #span: number;
  /** bytes: whatever moves by a multiple of it stays aligned */
  readonly #grain: number;
  #step: number = STEP.first;
  /** failures at this target */
  #failures = 0;
  /** bytes */
  #target: number;

  constructor({ buffers }: Problem, offsets: readonly number[], limits: WindowLimits) {
    this.#buffers = buffers;
    this.#sized = [...buffers.keys()].filter(b => this.#at(b).size > 0);
    this.#limits = limits;
    this.offsets = [...offsets];
    const lower = buffers.reduce((least, buffer) => Math.min(least, buffer.lower), Number.POSITIVE_INFINITY);
    this.#span = buffers.reduce((most, buffer) => Math.max(most, buffer.upper), lower) - lower;
    this.#grain = buffers.reduce((grain, { alignment = 1 }) => leastCommonMultiple(grain, alignment), 1);
    this.height = this.#highest();
    this.#target = this.#aim();
  }

  /** Fills one part anew, if that succeeds within the target. */
  move(): void {
    const { random } = this.#limits;
    const peaks = this.#sized.filter(b => this.#top(b) > this.#target);
    const isCalm = random() < CALM;
    const part = this.#part(picked(isCalm ? this.#sized : peaks, random));
    const beam = new BeamSearch(part.problem);
    const isFound = beam.run({
      capacity: this.#target - part.base,
      width: picked(WIDTHS, random),
      nodeLimit: this.#limits.nodes,
      tolerance: picked(TOLERANCES, random),
      roughness: picked(ROUGHNESSES, random),
      random,
      stop: this.#limits.stop,
    });
    this.nodes += beam.nodes + part.problem.buffers.length;
    if (!isFound) {
      if (!isCalm) this.#fail();
      return;
    }
    part.freed.forEach((b, i) => {
      this.offsets[b] = (beam.offsets[i] ?? 0) + part.base;
    });
    this.height = this.#highest();
    if (!isCalm) this.#failures = 0;
    if (this.height > this.#target) return;
    this.#step = Math.min(STEP.most, this.#step * STEP.longer);
    this.#target = this.#aim();
  }

  #fail(): void {
    if (++this.#failures < PATIENCE) return;
    this.#failures = 0;
    this.#step = Math.max(STEP.least, this.#step / 2);
    this.#target = this.#aim();
  }

  #part(centre: BufferIndex): Part {
    const freed = this.#near(centre);
    const isFreed = new Set(freed);
    const buffers = freed.map(b => this.#at(b));
    const from = Math.min(...buffers.map(({ lower }) => lower));
    const to = Math.max(...buffers.map(({ upper }) => upper));
    const lowest = Math.min(...freed.map(b => this.offsets[b] ?? 0));
    const base = Math.floor(Math.min(lowest, this.#target) / this.#grain) * this.#grain;
    for (const b of this.#sized) {
      const buffer = this.#at(b);
      if (isFreed.has(b) || buffer.lower >= to || buffer.upper <= from) continue;
      // What others take below the part or above the target is no concern of it.
      const offset = Math.max(base, this.offsets[b] ?? 0);
      const size = Math.min(this.#target, this.#top(b)) - offset;
      if (size <= 0) continue;
      const lower = Math.max(from, buffer.lower);
      const upper = Math.min(to, buffer.upper);
      buffers.push({ id: buffer.id, lower, upper, size, offset: offset - base });
    }
    return { freed, problem: { buffers }, base };
  }

  /** Those that a window around the centre reaches first, growing in time, and in space as it happens. */
  #near(centre: BufferIndex): readonly BufferIndex[] {
    const { random } = this.#limits;
    const { least, most, skew } = SIZES;
    const count = least + Math.floor((most - least) * random() ** skew);
    const earlier = 2 * random();
    const tilt = random() < COLUMNS ? 0 : random();
    const { lower, upper } = this.#at(centre);
    const middle = this.#middle(centre);
    const reach = (b: BufferIndex): number => {
      if (b === centre) return -1;
      const buffer = this.#at(b);
      const before = (lower - buffer.lower) * earlier;
      const after = (buffer.upper - upper) * (2 - earlier);
      const time = Math.max(before, after, 0) / this.#span;
      return (1 - tilt) * time + (tilt * Math.abs(this.#middle(b) - middle)) / this.#target;
    };
    const ranked = this.#sized.map(b => ({ b, reach: reach(b) }));
    ranked.sort((x, y) => x.reach - y.reach || x.b - y.b);
    return ranked.slice(0, count).map(({ b }) => b);
  }

  /** The height to get below next. */
  #aim(): number {
    const { floor, unit } = this.#limits;
    const units = Math.floor(((this.height - floor) * (1 - this.#step)) / unit);
    return Math.max(floor, Math.min(floor + units * unit, this.height - unit));
  }

  #highest(): number {
    return this.#sized.reduce((top, b) => Math.max(top, this.#top(b)), 0);
  }

  #top(b: BufferIndex): number {
    return (this.offsets[b] ?? 0) + this.#at(b).size;
  }

  #middle(b: BufferIndex): number {
    return (this.offsets[b] ?? 0) + this.#at(b).size / 2;
  }

  #at(b: BufferIndex): Buffer {
    const buffer = this.#buffers[b];
    if (!buffer) throw new RangeError(`no buffer ${b} among ${this.#buffers.length}`);
    return buffer;
  }
}
