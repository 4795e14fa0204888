// Long messages to a page go in parts: a browser takes up one long message in one go, and stands still meanwhile.

/** What a frame begins with when it is a part of a message that is not yet complete. */
export const MORE_FOLLOWS = '+';

/** Characters of one part. */
const PART = 2 ** 18;

/** The text in parts; all but the last begin with MORE_FOLLOWS, which no JSON begins with. */
export function framesOf(text: string, part = PART): readonly string[] {
  const frames: string[] = [];
  let from = 0;
  while (text.length - from > part) {
    // Both halves of a character stay together.
    const last = text.charCodeAt(from + part - 1);
    const end = from + part - (last >= 0xd800 && last < 0xdc00 ? 1 : 0);
    frames.push(MORE_FOLLOWS + text.slice(from, end));
    from = end;
  }
  return [...frames, text.slice(from)];
}
