// The built renderer over HTTP: files below one folder, with their types.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { fileBelow, SECURITY_HEADERS } from '../shell/page-files.ts';

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
