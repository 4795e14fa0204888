// How wide a text is drawn, before there is a canvas to ask: the layout runs without one, and before fonts are known.
// Of a wide system font, so that what others draw is narrower. Pure.

interface Kind {
  readonly characters: RegExp;
  /** em, regular and semibold */
  readonly regular: number;
  readonly bold: number;
}

const KINDS: readonly Kind[] = [
  { characters: /[ijlI|!.,:;'/\\ ]/, regular: 0.33, bold: 0.38 },
  { characters: /[ftr()[\]{}-]/, regular: 0.41, bold: 0.48 },
  { characters: /[mMwW%@…]/, regular: 0.97, bold: 1.05 },
  { characters: /[A-Z+×<>=~#&≤≥]/, regular: 0.72, bold: 0.8 },
];
const OTHERS = { regular: 0.63, bold: 0.71 };

const kindOf = (character: string): Omit<Kind, 'characters'> =>
  KINDS.find(({ characters }) => characters.test(character)) ?? OTHERS;

/** px that a text takes at a size in px. */
export function textWidth(text: string, size: number, bold = false): number {
  let em = 0;
  for (const character of text) em += kindOf(character)[bold ? 'bold' : 'regular'];
  return em * size;
}
