// Deep names in narrow places: words of scopes are shortened from the outside in, until the name fits or only its last
// part is left whole; then what that part says beyond its first word. Numbers stay: they are what tells one block of
// many from the next.

const WORD = /\p{L}+/gu;
/** Up to the last slash; without any, up to the last point before a word: 'p2o.' of 'p2o.Conv.0'. */
const SCOPES = /^(?:.*\/|[^/]*\.(?=[^./]*\p{L}))/u;

/** 'stages.3/blocks.12/mix/MatMul' → 's.3/b.12/mix/MatMul'; `most` characters, if that can be had. */
export function shortPath(name: string, most: number): string {
  const scopes = SCOPES.exec(name)?.[0].length ?? 0;
  let length = name.length;
  const shorten = (text: string): string =>
    text.replace(WORD, word => {
      const [initial = ''] = word;
      if (length <= most) return word;
      length -= word.length - initial.length;
      return initial;
    });
  const path = shorten(name.slice(0, scopes));
  const [first = '', ...others] = name.slice(scopes).split(/(?=_)/u);
  return `${path}${first}${scopes > 0 ? shorten(others.join('')) : others.join('')}`;
}

/** As `shortPath`, and cut where that is still too long: more is left of its end, where names of one scope differ. */
export function fittedName(name: string, most: number): string {
  const short = shortPath(name, most);
  if (short.length <= most) return short;
  const kept = Math.max(most - 1, 2);
  const start = Math.max(1, Math.round(kept * 0.4));
  return `${short.slice(0, start)}…${short.slice(short.length - (kept - start))}`;
}

/** Where the last `kept` characters begin, or half of the text; where there are words, with a whole one or not at all. */
export function endFrom(text: string, kept: number): number {
  const cut = Math.max(text.length - kept, Math.ceil(text.length / 2));
  const word = text.indexOf(' ', cut);
  if (word >= 0 && word < text.length - 1) return word;
  return !text.includes(' ') || text[cut - 1] === ' ' ? cut : text.length;
}
