// Errors with an id of the protocol. Everything else that is thrown is a bug of ours and becomes 'internal'.

import { NodeError } from '../ir/attributes.ts';
import type { ProtocolError } from '../protocol.ts';

/** An error that the user is told: its id decides what a shell does with it, `where` is the place it is about. */
export class Failure extends Error {
  readonly id: ProtocolError['id'];
  readonly where: string | undefined;
  constructor(id: ProtocolError['id'], message: string, where?: string) {
    super(message);
    this.name = 'Failure';
    this.id = id;
    this.where = where;
  }
}

/** The user's input is wrong: where, what was expected, what was found. */
export const badInput = (message: string, where?: string): Failure =>
  new Failure('bad-input', message, where);

/** What ends work that the user stopped: no error to be shown. */
export const cancelled = (): Failure => new Failure('cancelled', 'cancelled');

/** Whatever was thrown, as it is sent. */
export function toProtocolError(error: unknown): ProtocolError {
  if (error instanceof Failure) {
    return { id: error.id, message: error.message, ...(error.where !== undefined && { where: error.where }) };
  }
  const message = error instanceof Error ? error.message : String(error);
  // A node that contradicts its operator, found only when its inputs were there.
  return { id: error instanceof NodeError ? 'bad-input' : 'internal', message };
}

/** What was sent, to be thrown again on this side. */
export const fromProtocolError = (error: ProtocolError): Failure =>
  new Failure(error.id, error.message, error.where);
