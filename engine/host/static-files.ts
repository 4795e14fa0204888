// The built renderer over HTTP: files below one folder, right types, strict policy.

import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import path from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.map': 'application/json',
};

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // The graph and the virtual lists position elements through style attributes.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers of every answer. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** Answers with the file that a URL path names below `folder`, or 404. */
export async function serveFile(folder: string, urlPath: string, response: ServerResponse): Promise<void> {
  const file = await fileBelow(folder, urlPath);
  const type = file && TYPES[path.extname(file)];
  if (!file || !type) {
    response.writeHead(404, { ...SECURITY_HEADERS, 'Content-Type': 'text/plain' }).end('not found\n');
    return;
  }
  const { size } = await stat(file);
  response.writeHead(200, { ...SECURITY_HEADERS, 'Content-Type': type, 'Content-Length': size });
  createReadStream(file)
    .on('error', () => response.destroy())
    .pipe(response);
}

async function fileBelow(folder: string, urlPath: string): Promise<string | undefined> {
  try {
    const name = decodeURIComponent(urlPath === '/' ? '/index.html' : urlPath);
    const [base, file] = await Promise.all([realpath(folder), realpath(path.join(folder, name))]);
    const inside = file.startsWith(base + path.sep) && (await stat(file)).isFile();
    return inside ? file : undefined;
  } catch {
    // No such file, or a path that cannot be decoded: both are not found.
    return undefined;
  }
}
