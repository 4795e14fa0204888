// Deep names in narrow places: scopes are shortened from the outside in, until the name fits or only its last part is
// left whole. Numbers stay: they are what tells one block of many from the next.

const WORD = /\p{L}+/gu;

/** 'stages.3/blocks.12/mix/MatMul' → 's.3/b.12/mix/MatMul'; `most` characters, if that can be had. */
export function shortPath(name: string, most: number): string {
  const parts = name.split(/(?<=[/.])/u);
  const scopes = name.lastIndexOf('/') + 1;
  let [length, start] = [name.length, 0];
  return parts
    .map(part => {
      const inScope = start < scopes;
      start += part.length;
      if (length <= most || !inScope) return part;
      const short = part.replace(WORD, word => [...word][0] ?? '');
      length -= part.length - short.length;
      return short;
    })
    .join('');
}

/** As `shortPath`, and cut in its middle where that is still too long. */
export function fittedName(name: string, most: number): string {
  const short = shortPath(name, most);
  if (short.length <= most) return short;
  const kept = Math.max(most - 1, 2);
  return `${short.slice(0, Math.ceil(kept / 2))}…${short.slice(short.length - Math.floor(kept / 2))}`;
}

/** Where the last `kept` characters begin, or half of the text; with a whole word, where there are words. */
export function endFrom(text: string, kept: number): number {
  const cut = Math.max(text.length - kept, Math.ceil(text.length / 2));
  const word = text.indexOf(' ', cut);
  return word >= 0 && word < text.length - 1 ? word : cut;
}
