// Who may talk to the local server: a browser on this machine (or behind a tunnel) that was given the printed
// address. Other pages, other names for this host, and other users of the machine are turned away.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Is this a name of this machine, with any port? Guards against names that were rebound to it. */
export function isLocalHost(host: string | undefined): boolean {
  if (host === undefined) return false;
  const match = /^(\[[0-9a-f:]+\]|[^:]+)(?::(\d{1,5}))?$/i.exec(host);
  return HOSTS.has(match?.[1]?.toLowerCase() ?? '');
}

/** Does the request come from a page of this very server? */
export function isOwnOrigin({ origin, host }: IncomingHttpHeaders): boolean {
  if (origin === undefined || host === undefined || !URL.canParse(origin)) return false;
  return new URL(origin).host === host;
}

function equalSecrets(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The one-time token in the printed address, and the cookie it is exchanged for. */
export class Access {
  #token: string | undefined = randomBytes(24).toString('base64url');
  readonly #secret = randomBytes(24).toString('base64url');
  /** Cookies are shared between ports: each server has a name of its own. */
  readonly #cookie = `arenascope-${randomBytes(4).toString('hex')}`;

  /** The token for the next address to be printed. */
  get token(): string {
    this.#token ??= randomBytes(24).toString('base64url');
    return this.#token;
  }

  /** Set-Cookie for a right token, which is then used up; undefined for a wrong one. */
  exchange(token: string): string | undefined {
    if (this.#token === undefined || !equalSecrets(token, this.#token)) return undefined;
    this.#token = undefined;
    return `${this.#cookie}=${this.#secret}; HttpOnly; SameSite=Strict; Path=/`;
  }

  isKnown({ cookie }: IncomingHttpHeaders): boolean {
    return (cookie ?? '').split(';').some(part => {
      const [name, value] = part.trim().split('=');
      return name === this.#cookie && value !== undefined && equalSecrets(value, this.#secret);
    });
  }
}
