// Work on large graphs, in slices: between them the page answers to input and paints.

/** Well below what is felt, and few enough slices not to be slowed down by them. */
const SLICE_MS = 12;
/** How many are worked on before it is looked at the clock. */
const CHUNK = 256;

/** What is there by now is laid out and painted first. */
export const nextFrame = (): Promise<unknown> => new Promise(requestAnimationFrame);

/** Work that may rest at every `yield`. */
export type Steps<T> = Generator<void, T, void>;

/** What is waiting (input, painting) comes first. */
export const nextTask = (): Promise<void> => new Promise(resolve => setTimeout(resolve));

/** Resolves with undefined once aborted: what is left is not done then. */
export async function inSlices<T>(steps: Steps<T>, signal: AbortSignal): Promise<T | undefined> {
  let from = performance.now();
  while (!signal.aborted) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() - from < SLICE_MS) continue;
    await nextTask();
    from = performance.now();
  }
  return undefined;
}

/** Without resting: for what nobody waits for, and for tests. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** `items.map(map)`, resting now and then. */
export function* mapped<T, U>(items: readonly T[], map: (item: T, place: number) => U): Steps<U[]> {
  const made: U[] = [];
  for (const [place, item] of items.entries()) {
    if (place % CHUNK === CHUNK - 1) yield;
    made.push(map(item, place));
  }
  return made;
}
