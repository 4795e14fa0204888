// How far a kernel's result must lie below an operand that it may write over: whoever goes through both in the same
// direction stays, with what is written, behind what is still to be read. The distances follow from what the
// templates say of their loops (traversal.ts). One worker alone keeps the order of its loops; several keep that of
// bands of work units, each of which begins when the one before it is complete.
// Invariant: with the operand so far above, or further, no byte is written before it is read for the last time.

import type { SimdClass } from '../options.ts';
import type { KernelSpec } from '../select/spec/kernel.ts';
import { kernelNeeds, templateOf } from './emit.ts';
import type { Moment, Pace } from './traversal.ts';

/** A result that may lie under an operand, at this distance or a larger one. */
export interface Trailing {
  /** ids of buffers of the arena */
  readonly result: number;
  readonly operand: number;
  /** least bytes from the start of the result's buffer to that of the operand's; 0 or more */
  readonly distance: number;
}

/** What code is generated for. */
export interface Workers {
  readonly simd: SimdClass;
  readonly threads: number;
}

/** Kernels that one worker runs one after the other. Empty where the order of one of them is not known. */
export function trailingOf(specs: readonly KernelSpec[], workers: Workers): Trailing[] {
  return pairsOf(momentsOf(specs, workers, 'alone'), pair => pair.closestAlone());
}

/**
 * Kernels whose units are shared among several workers, who go through them in at most so many bands: more of them let
 * the result lie closer, and workers wait for one another between them.
 */
export function trailingInBands(specs: readonly KernelSpec[], workers: Workers, most: number): Trailing[] {
  return pairsOf(momentsOf(specs, workers, 'units'), pair => pair.closestInBands(most));
}

/**
 * Per phase of all kernels, units that may begin only when all before them are complete: as few as there can be with
 * the buffers as they lie. Every distance must be one that `trailingInBands` allows.
 */
export function bandsOf(
  specs: readonly KernelSpec[],
  workers: Workers,
  placed: readonly Trailing[],
): readonly (readonly number[])[] {
  const moments = momentsOf(specs, workers, 'units');
  const pairs = placed.map(({ result, operand, distance }) => ({
    distance,
    pair: new Pair(moments, operand, result),
  }));
  const firsts: number[] = [];
  for (let from = 0; from < moments.length; ) {
    firsts.push(from);
    from = Math.min(...pairs.map(({ pair, distance }) => pair.reach(from, distance)), moments.length);
  }
  return unitsBefore(specs, workers, moments, firsts);
}

/** Work whose order is looked at: extents may be any, time and memory of this are not. */
const MOST_UNITS = 2 ** 18;
const MOST_MOMENTS = 2 ** 15;

/** Moments of all kernels one after the other; none where one of them does not tell, or has too many to tell. */
function momentsOf(specs: readonly KernelSpec[], { simd, threads }: Workers, pace: Pace): Moment[] {
  const moments: Moment[] = [];
  for (const spec of specs) {
    if (pace === 'units' && !(unitsOf(spec, simd, threads) <= MOST_UNITS)) return [];
    const traversal = templateOf(spec).traverse?.(spec, simd, threads, pace);
    if (!traversal) return [];
    for (const moment of traversal) {
      if (moments.length === MOST_MOMENTS) return [];
      moments.push(moment);
    }
  }
  return moments;
}

const unitsOf = (spec: KernelSpec, simd: SimdClass, threads: number): number =>
  kernelNeeds(spec, simd, threads).phases.reduce((sum, units) => sum + units, 0);

function pairsOf(moments: readonly Moment[], closest: (pair: Pair) => number): Trailing[] {
  const operands = buffersOf(moments.map(({ reads }) => reads));
  const results = buffersOf(moments.map(({ writes }) => writes));
  return [...operands].flatMap(operand => {
    if (results.has(operand)) return [];
    return [...results].map(result => ({
      result,
      operand,
      distance: closest(new Pair(moments, operand, result)),
    }));
  });
}

const buffersOf = (touches: readonly Moment['reads'][]): Set<number> =>
  new Set(touches.flat().map(({ buffer }) => buffer));

/** Halvings that tell any two whole numbers apart which are exact. */
const MOST_ROUNDS = 54;

/** An operand and a result while kernels run. */
class Pair {
  /** per moment: the lowest byte of the operand that is read then or later; the end of the result's highest so far */
  readonly #unread: Float64Array;
  readonly #written: Float64Array;

  constructor(moments: readonly Moment[], operand: number, result: number) {
    this.#unread = new Float64Array(moments.length);
    this.#written = new Float64Array(moments.length);
    let lowest = Number.POSITIVE_INFINITY;
    for (let at = moments.length - 1; at >= 0; at--) {
      for (const { buffer, byte } of moments[at]?.reads ?? [])
        if (buffer === operand) lowest = Math.min(lowest, byte);
      this.#unread[at] = lowest;
    }
    let highest = 0;
    moments.forEach(({ writes }, at) => {
      for (const { buffer, byte } of writes) if (buffer === result) highest = Math.max(highest, byte);
      this.#written[at] = highest;
    });
  }

  closestAlone(): number {
    return this.#written.reduce((most, written, at) => Math.max(most, written - (this.#unread[at] ?? 0)), 0);
  }

  /** The closest that takes no more bands than there may be. */
  closestInBands(most: number): number {
    let [least, enough] = [this.closestAlone(), this.#written.at(-1) ?? 0];
    // Beyond whole numbers that are exact there may be nothing between the two: what is enough stays enough.
    for (let round = 0; round < MOST_ROUNDS && least < enough; round++) {
      const distance = Math.floor((least + enough) / 2);
      if (this.#bands(distance) <= most) enough = distance;
      else least = distance + 1;
    }
    return enough;
  }

  /** The moment before which a band that begins with `from` must end: all it writes stays below all still to be read. */
  reach(from: number, distance: number): number {
    const limit = distance + (this.#unread[from] ?? 0);
    let end = from;
    while (end < this.#written.length && (this.#written[end] ?? 0) <= limit) end++;
    return end;
  }

  #bands(distance: number): number {
    let bands = 0;
    for (let from = 0; from < this.#written.length; bands++) {
      const end = this.reach(from, distance);
      if (end === from) return Number.POSITIVE_INFINITY;
      from = end;
    }
    return bands;
  }
}

/** Where moments begin, as units of the phase that they are in; phases begin when the one before is complete anyway. */
function unitsBefore(
  specs: readonly KernelSpec[],
  { simd, threads }: Workers,
  moments: readonly Moment[],
  firsts: readonly number[],
): number[][] {
  const begins: number[] = [];
  let units = 0;
  for (const moment of moments) {
    begins.push(units);
    units += moment.units ?? 1;
  }
  const phases = specs.flatMap(spec => kernelNeeds(spec, simd, threads).phases);
  let begin = 0;
  const bands = phases.map(count => {
    const [first, end] = [begin, begin + count];
    begin = end;
    return firsts.map(at => begins[at] ?? 0).flatMap(at => (at > first && at < end ? [at - first] : []));
  });
  if (begin !== units) throw new Error(`${units} units are told of, ${begin} run`);
  return bands;
}
