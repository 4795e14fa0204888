// An element of a tensor as it is named: its number, row by row, or its place along each axis. Pure.

/** Where an element lies along each axis. */
export function indicesOf(element: number, shape: readonly number[]): readonly number[] {
  let rest = element;
  return shape
    .toReversed()
    .map(extent => {
      const index = rest % Math.max(extent, 1);
      rest = Math.floor(rest / Math.max(extent, 1));
      return index;
    })
    .toReversed();
}

/** '128' or '0, 3, 5' → the element; the first axes alone name their first element. Else what is wrong, as text. */
export function elementAt(text: string, shape: readonly number[]): number | string {
  const places = text.split(/[\s,]+/).filter(part => part !== '');
  const numbers = places.map(Number);
  if (numbers.length === 0 || !numbers.every(value => Number.isSafeInteger(value) && value >= 0)) {
    return `expected a number, or one for each axis, found "${text.trim()}"`;
  }
  const count = shape.reduce((product, extent) => product * extent, 1);
  const [first = 0] = numbers;
  if (numbers.length === 1) return first < count ? first : `expected less than ${count}, found ${first}`;
  if (numbers.length > shape.length)
    return `expected at most ${shape.length} places, found ${numbers.length}`;
  const outside = numbers.findIndex((value, axis) => value >= (shape[axis] ?? 0));
  if (outside >= 0) {
    return `expected less than ${shape[outside]} along axis ${outside}, found ${numbers[outside]}`;
  }
  return shape.reduce((sum, extent, axis) => sum * extent + (numbers[axis] ?? 0), 0);
}
