// Seeded random numbers: the same run draws the same numbers, everywhere; nodes draw from streams of their own.

import { floatAttribute, intAttribute } from '../ir/attributes.ts';
import type { Node } from '../ir/types.ts';

/** Uniform in [0, 1): a 32-bit Weyl sequence through a mixing function (the constants are those of splitmix32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state) / 2 ** 32;
  };
}

/** 32 bits spread over all of 32. */
function mix(bits: number): number {
  let mixed = bits ^ (bits >>> 16);
  mixed = Math.imul(mixed, 0x21f0aaad);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x735a2d97);
  mixed ^= mixed >>> 15;
  return mixed >>> 0;
}

/** Standard normal from two uniform numbers (Box and Muller). */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * What the nodes of one run draw from. A node goes on in its stream each time it is met (in the turns of a loop, say).
 * Streams begin at the node's `seed` where it has that, so that equal seeds draw equal numbers; else where the node's
 * place in the model says, which passes and fusion leave as it is.
 */
export class RandomStreams {
  readonly #streams = new Map<string, () => number>();

  /** A run begins: it draws what the one before drew. */
  restart(): void {
    this.#streams.clear();
  }

  /** Uniform in [0, 1). */
  of(node: Node): () => number {
    const place = node.origin[0] ?? node.id;
    const key = `${place} ${node.name}`;
    const stream = this.#streams.get(key) ?? seededRandom(beginning(node, place));
    this.#streams.set(key, stream);
    return stream;
  }
}

/** Far apart also for neighbours: streams a step apart would repeat each other. */
function beginning(node: Node, place: number): number {
  const { seed } = node.attributes;
  if (!seed) return mix(place + 1);
  const given = seed.type === 'int' ? intAttribute(node, 'seed') : floatAttribute(node, 'seed');
  const [low = 0, high = 0] = new Uint32Array(Float64Array.of(given).buffer);
  return mix(mix(low) ^ high ^ GIVEN);
}

/** Keeps given seeds apart from places. */
const GIVEN = 0x5bd1e995;
