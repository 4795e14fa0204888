// Which key was pressed, as shortcuts are written: by what it types, or, on layouts that type no Latin letters or no
// digits there, by the place it has on most keyboards.

/** The part of a KeyboardEvent that matters here; without `code` the place is not known. */
export interface TypedKey {
  readonly key: string;
  readonly code?: string;
  readonly shiftKey: boolean;
}

const PLACES: Readonly<Record<string, string>> = {
  Comma: ',',
  Period: '.',
  BracketLeft: '[',
  BracketRight: ']',
};

/** 'k' for Cyrillic 'л' in the place of K, '1' for '&' in the place of 1; others are what they type. */
export function latinKey({ key, code = '', shiftKey }: TypedKey): string {
  const digit = /^Digit(\d)$/.exec(code)?.[1];
  // With Shift they are digits where they are not without; elsewhere '!' and '?' are meant.
  if (digit !== undefined && !shiftKey && key.length === 1) return digit;
  if (!/^[\p{L}\p{M}]$/u.test(key) || /\p{Script=Latin}/u.test(key)) return key;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter !== undefined) return shiftKey ? letter : letter.toLowerCase();
  return PLACES[code] ?? key;
}
