// Euclid's algorithm.

/** The greatest common factor of two whole numbers from 0 on; of 0 and a number that number. */
export const commonFactor = (a: number, b: number): number => (b === 0 ? a : commonFactor(b, a % b));
