import { describe, expect, test } from 'vitest';
import { Access, isLocalHost, isOwnOrigin } from '../../../../engine/host/server/access.ts';

test('names of this machine, with any port, and no others', () => {
  for (const host of ['127.0.0.1', 'localhost:1', 'LocalHost:80', '[::1]:8080', '[::1]'])
    expect(isLocalHost(host), host).toBe(true);
  for (const host of [undefined, '', 'example.com', 'localhost.example.com', '127.0.0.1.example.com:80'])
    expect(isLocalHost(host), host).toBe(false);
  for (const host of ['localhost:', 'localhost:80:80', '[::2]:80', 'localhost:80@example.com'])
    expect(isLocalHost(host), host).toBe(false);
});

test('pages of this very server, port and all', () => {
  const host = 'localhost:4000';
  expect(isOwnOrigin({ origin: 'http://localhost:4000', host })).toBe(true);
  for (const origin of ['http://localhost:4001', 'http://127.0.0.1:4000', 'http://evil.example', 'null'])
    expect(isOwnOrigin({ origin, host }), origin).toBe(false);
  expect(isOwnOrigin({ host })).toBe(false);
  expect(isOwnOrigin({ origin: 'http://localhost:4000' })).toBe(false);
});

describe('the token of an address', () => {
  const cookieOf = (access: Access): string => access.exchange(access.token)?.split(';')[0] ?? '';

  test('is exchanged once for a cookie that scripts and other sites cannot use', () => {
    const access = new Access();
    const { token } = access;
    expect(access.token).toBe(token);
    expect(access.exchange(`${token}x`)).toBeUndefined();
    expect(access.exchange('')).toBeUndefined();
    expect(access.exchange(token)).toMatch(/^arenascope-\w+=[\w-]{32}; HttpOnly; SameSite=Strict; Path=\/$/);
    expect(access.exchange(token)).toBeUndefined();
    expect(access.token).not.toBe(token);
    expect(access.exchange(access.token)).toBeDefined();
  });

  test('makes who brings the cookie known to this server, and to no other', () => {
    const [access, other] = [new Access(), new Access()];
    const cookie = cookieOf(access);
    const [name] = cookie.split('=');
    expect(access.isKnown({ cookie })).toBe(true);
    expect(access.isKnown({ cookie: `theme=dark; ${cookie}` })).toBe(true);
    expect(other.isKnown({ cookie })).toBe(false);
    for (const wrong of [undefined, '', `${name}=`, name ?? '', `${name}=${'x'.repeat(32)}`, `${cookie}x`])
      expect(access.isKnown(wrong === undefined ? {} : { cookie: wrong }), wrong).toBe(false);
    const secret = cookie.split('=')[1];
    expect(access.isKnown({ cookie: `${cookieOf(other).split('=')[0]}=${secret}` })).toBe(false);
  });
});
