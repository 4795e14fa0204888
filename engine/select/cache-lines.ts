// What a first-level cache holds at once of elements that are far apart. Their lines share few places where the
// distance is a multiple of a large power of two, as planes often are: then each is gone before its neighbour comes.

/** Bytes at this distance share a place, and how many lines it holds: the least of today's processors. */
const PLACES_BYTES = 4096;
const WAYS = 8;

/** Whether the lines of so many elements, one every so many bytes, stay until all have been touched. */
export function linesStay(elements: number, bytes: number): boolean {
  let [shared, rest] = [PLACES_BYTES, bytes];
  while (rest > 0) [shared, rest] = [rest, shared % rest];
  return elements <= (WAYS * PLACES_BYTES) / shared;
}
