// Characters that cannot be seen but change what can be, in names that come from files: line breaks, controls,
// direction overrides, spaces without width. Each is shown as its code point: '⟨U+202E⟩'.
// Invariant: realText(visibleText(x)) === x, so that a name that was shown can be sent back.

/** The opening of an escape is one itself where it stands in a name. Joiners are left: scripts need them. */
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|⟨(?=U\+)/g;
/** The same, for a look without a copy. */
const ANY_HIDDEN = new RegExp(HIDDEN.source);
const ESCAPED = /⟨U\+([0-9A-F]{4})⟩/g;
/** Where text of several lines is meant. */
const BREAKS = '\n\r\t';

/** Whether `visibleText` or `realText` would change anything. */
export const hasHidden = (text: string): boolean => ANY_HIDDEN.test(text);

/** With `keepBreaks`, line breaks and tabs stay: descriptions have several lines. */
export function visibleText(text: string, keepBreaks = false): string {
  return text.replace(HIDDEN, character =>
    keepBreaks && BREAKS.includes(character)
      ? character
      : `⟨U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );
}

/** JSON in which nothing hidden is left, for whoever reads it as text: parsed, it is the same. */
export const visibleJson = (json: string): string =>
  json.replace(HIDDEN, character =>
    character === '⟨' || BREAKS.includes(character)
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** What was shown → what it stands for. */
export const realText = (text: string): string =>
  text.includes('⟨U+')
    ? text.replace(ESCAPED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    : text;
