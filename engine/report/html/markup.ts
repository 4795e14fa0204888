// HTML as text, with everything that is put into it escaped: names in a model are whatever somebody wrote there.

import { visibleText } from '../visible-text.ts';

/** Text that is markup already. */
export interface Markup {
  readonly markup: string;
}

type Part = string | number | Markup | readonly Markup[] | undefined;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters have no place in a document, and no entity; what turns text around would mislead. */
const escaped = (text: string): string =>
  visibleText(text, true).replace(/[&<>"']/g, found => ENTITIES[found] ?? found);

const textOf = (part: Part): string => {
  if (part === undefined) return '';
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part));
  return 'markup' in part ? part.markup : part.map(({ markup }) => markup).join('');
};

/** A template: what is interpolated is escaped unless it is markup. */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Markup => ({
  markup: texts.reduce((all, text, at) => `${all}${textOf(parts[at - 1])}${text}`),
});
