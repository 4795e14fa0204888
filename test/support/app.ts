// The real app for end-to-end tests: the command line serves it, Chromium shows it.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const executablePath =
  ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync) ?? process.env.CHROMIUM;

/** Whether a Chromium is there. Where CI is set its absence is a failure, elsewhere a reason to skip. */
export const hasChromium = executablePath !== undefined;
if (!hasChromium && process.env.CI) throw new Error('expected Chromium at /usr/bin/chromium, found none');

export interface App {
  readonly page: Page;
  readonly context: BrowserContext;
  /** everything the page complained about: console errors, uncaught exceptions, refused requests */
  readonly complaints: readonly string[];
  /** the server's own process */
  readonly server: ChildProcess;
  readonly close: () => Promise<void>;
}

/** `arenascope serve` with these arguments, and a folder for temporary files; resolves with the address it prints. */
export async function serve(
  args: readonly string[],
  temporary?: string,
): Promise<{ server: ChildProcess; address: string }> {
  const server = spawn(process.execPath, [path.join(root, 'engine/host/cli.mjs'), 'serve', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(temporary !== undefined && { TMPDIR: temporary }) },
  });
  let printed = '';
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  server.stdout.on('data', chunk => {
    printed += chunk;
    const address = /http:\/\/\S+/.exec(printed)?.[0];
    if (address) resolve(address);
  });
  server.stderr.on('data', chunk => {
    printed += chunk;
  });
  server.once('exit', status => reject(new Error(`the server ended (${status}) and printed: ${printed}`)));
  return { server, address: await promise };
}

let browser: Promise<Browser> | undefined;

/** What comes late comes because the machine is busy: waiting ends for what does not come at all. */
const PATIENCE_MS = 90_000;

function launch(): Promise<Browser> {
  browser ??= chromium.launch({
    ...(executablePath && { executablePath }),
    timeout: PATIENCE_MS,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-gpu'],
  });
  return browser;
}

export interface View {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
  /** where the server puts what it does not keep */
  readonly temporary?: string;
}

/** Ends a server, and waits until it has ended. */
async function stop(server: ChildProcess): Promise<void> {
  const ended = new Promise(resolve => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
}

/** Serves and opens the app. Close it in the test that opened it. */
export async function startApp(args: readonly string[], view: View = {}): Promise<App> {
  const { server, address } = await serve(args, view.temporary);
  try {
    return await openApp(server, address, args, view);
  } catch (error) {
    await stop(server);
    throw error;
  }
}

async function openApp(
  server: ChildProcess,
  address: string,
  args: readonly string[],
  view: View,
): Promise<App> {
  const { width = 1280, height = 800, colorScheme = 'light' } = view;
  const context = await (await launch()).newContext({
    viewport: { width, height },
    colorScheme,
    acceptDownloads: true,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', message => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', error => complaints.push(String(error)));
  // File dialogs are intercepted from the start: switched on by the first wait, it can come too late for a key.
  page.on('filechooser', () => {});
  await page.goto(address);
  // Keys are listened to once the window is drawn; with a model named, the app is there once the model is.
  await page.getByRole('menubar').waitFor();
  if (args.some(arg => !arg.startsWith('-'))) await page.getByRole('tablist', { name: 'Views' }).waitFor();
  return {
    page,
    context,
    complaints,
    server,
    async close() {
      await context.close();
      await stop(server);
    },
  };
}

/** Ends the browser; call after the last test of a file. */
export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}
