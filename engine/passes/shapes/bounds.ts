// Which axes of a result are bounded: a shape rule is asked about the largest and about the smallest inputs there can
// be, and what differs is bounded.

import type { ValueType } from '../../ir/ops/definition.ts';

/** The type with another extent on its bounded axes. */
export function shrunk(type: ValueType | undefined, extent: number): ValueType | undefined {
  const shape = type?.shape?.map((capacity, axis) =>
    type.bounded?.[axis] ? Math.min(capacity, extent) : capacity,
  );
  return type && { ...type, shape };
}

/**
 * An axis is bounded where the smallest inputs give another extent than the largest. What grows with its inputs
 * cannot differ in between; where a rule does not, the run-time keeps what exceeds its capacity outside the arena.
 */
export function boundedBetween(largest: ValueType, smallest: ValueType | undefined): ValueType {
  const { shape } = largest;
  if (!shape) return largest;
  if (!smallest) return { ...largest, bounded: shape.map(() => true) };
  if (smallest.shape?.length !== shape.length) return { ...largest, shape: undefined, bounded: undefined };
  const bounded = shape.map(
    (extent, axis) => extent !== smallest.shape?.[axis] || (largest.bounded?.[axis] ?? false),
  );
  return bounded.includes(true) ? { ...largest, bounded } : { ...largest, bounded: undefined };
}
