// What a value may hold when it is no tensor: a sequence of tensors, maps, or an optional that is empty.
// An optional that has something is that something.

import type { Tensor } from '../ir/types.ts';

export interface Sequence {
  readonly container: 'sequence';
  readonly items: readonly Tensor[];
}

/** An empty optional. */
export interface Nothing {
  readonly container: 'nothing';
}

/** A map, or a sequence of maps with the same keys: keys (count), values (maps, count). */
export interface Maps {
  readonly container: 'maps';
  readonly keys: Tensor;
  readonly values: Tensor;
}

export type Datum = Tensor | Sequence | Maps | Nothing;

export const NOTHING: Nothing = { container: 'nothing' };

export const sequenceOf = (items: readonly Tensor[]): Sequence => ({ container: 'sequence', items });

export const isTensor = (datum: Datum | undefined): datum is Tensor =>
  datum !== undefined && !('container' in datum);

export const isSequence = (datum: Datum | undefined): datum is Sequence =>
  datum !== undefined && 'container' in datum && datum.container === 'sequence';

export const mapsOf = (keys: Tensor, values: Tensor): Maps => ({ container: 'maps', keys, values });

export const isMaps = (datum: Datum | undefined): datum is Maps =>
  datum !== undefined && 'container' in datum && datum.container === 'maps';
