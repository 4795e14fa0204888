// Collects what is wrong with a file while it is read, so that reading can go on.
// Bounded: a file can't make it grow without end.

import type { Diagnostic, NodeId, ValueId } from '../ir/types.ts';

const MAX_DIAGNOSTICS = 500;

/** Part of the file could not be read at all: what it held is missed elsewhere. */
const DAMAGE: ReadonlySet<string> = new Set([
  'not-a-model',
  'truncated-file',
  'unreadable-file',
  'unreadable-bytes',
  'length-too-large',
  'unreadable-message',
  'message-too-large',
  'too-many-messages',
  'nesting-too-deep',
]);
/** In a damaged file these need no cause of their own. */
const CONSEQUENCES: ReadonlySet<string> = new Set([
  'undefined-value',
  'operator-missing',
  'opset-missing',
  'name-missing',
  'tensor-data-missing',
  'tensor-size-mismatch',
  'bad-sparse-tensor',
]);
const CONSEQUENCES_SHOWN = 3;

/** What was found in one file, in the order it was found; beyond a limit only counted. */
export class DiagnosticList {
  readonly #list: Diagnostic[] = [];
  #dropped = 0;

  /** `where` names file and byte, or node and operator; `message` says what was expected and what was found. */
  add(
    severity: Diagnostic['severity'],
    id: string,
    where: string,
    message: string,
    about: { readonly node?: NodeId; readonly value?: ValueId } = {},
  ): void {
    if (this.#list.length >= MAX_DIAGNOSTICS) this.#dropped++;
    else this.#list.push({ severity, id, where, message, ...about });
  }

  error(id: string, where: string, message: string, about?: { node?: NodeId; value?: ValueId }): void {
    this.add('error', id, where, message, about);
  }

  warning(id: string, where: string, message: string, about?: { node?: NodeId; value?: ValueId }): void {
    this.add('warning', id, where, message, about);
  }

  /** An error that explains the others, and so stands before them. */
  headline(id: string, where: string, message: string): void {
    this.#list.unshift({ severity: 'error', id, where, message });
  }

  /**
   * What was collected: damage first, and what follows from it as one entry. When there was too much, the last entry
   * says how much was left out.
   */
  list(): readonly Diagnostic[] {
    const listed = causesFirst(this.#list);
    if (this.#dropped === 0) return listed;
    const message = `expected at most ${MAX_DIAGNOSTICS} problems, found ${this.#dropped} more`;
    return [...listed, { severity: 'error', id: 'too-many-problems', where: 'the whole file', message }];
  }
}

function causesFirst(list: readonly Diagnostic[]): Diagnostic[] {
  const causes = list.filter(({ id }) => DAMAGE.has(id));
  const [cause] = causes;
  const others = list.filter(({ id }) => !DAMAGE.has(id));
  const consequences = others.filter(({ id }) => CONSEQUENCES.has(id));
  const [first] = consequences;
  if (!cause || !first) return [...causes, ...others];
  const places = consequences.slice(0, CONSEQUENCES_SHOWN).map(({ where }) => where.replace(/^.*?, /, ''));
  if (consequences.length > places.length) places.push(`… ${consequences.length} in all`);
  const message = `expected what the unreadable part defines, found it missing at ${places.join('; ')}`;
  const summary = { severity: 'error', id: 'incomplete-graph', where: cause.where, message } as const;
  return [...causes, ...others.filter(({ id }) => !CONSEQUENCES.has(id)), summary];
}

/** A string from the file as a message may show it. */
export const shortened = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}…` : text);

/** The same in quotes, control characters escaped. */
export const quoted = (text: string): string => JSON.stringify(shortened(text));

/** Dimensions as a message may show them. */
export const dimensions = (shape: readonly (number | string | undefined)[]): string =>
  `[${shortened(shape.slice(0, 40).join(', '))}]`;
