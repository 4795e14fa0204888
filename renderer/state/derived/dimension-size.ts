// What was typed as the size of a dimension. Pure.

/** Elements that a tensor can have at most, so no axis of it is longer. */
const MOST = 2 ** 44;

/** Why it is no size; undefined where it is one, and as long as nothing is typed. */
export function sizeProblem(text: string): string | undefined {
  if (text === '') return undefined;
  if (!/^\d+$/.test(text)) return `Expected a whole number of 0 or more, in digits only; found “${text}”.`;
  if (Number(text) > MOST) return `Expected at most ${MOST}; found ${text}.`;
  return undefined;
}
