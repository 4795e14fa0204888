// Makes packages: npm run package -- [linux|darwin|win32] [x64|arm64] [--dir]. By default for this machine; with
// --dir a folder that can be started instead of an installer. Electron itself is fetched, or taken from the folder
// that ARENASCOPE_ELECTRON names.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Arch, build, Platform } from 'electron-builder';
import { builderConfig } from './builder-config.ts';
import { buildPackage } from './bundles.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PLATFORMS = { linux: Platform.LINUX, darwin: Platform.MAC, win32: Platform.WINDOWS };
const ARCHITECTURES = { x64: Arch.x64, arm64: Arch.arm64 };

interface Target {
  readonly platform: keyof typeof PLATFORMS;
  readonly arch: keyof typeof ARCHITECTURES;
}

/**
 * The Node of the target. For this machine it is the one npm installed; for another, ARENASCOPE_TARGET_NODE names it,
 * or says 'none': then engines run inside Electron.
 */
function targetNode({ platform, arch }: Target, named: string | undefined): string | undefined {
  if (named === 'none') return undefined;
  if (named !== undefined) {
    if (existsSync(named)) return named;
    throw new Error(`ARENASCOPE_TARGET_NODE: expected a Node binary, found none at ${named}`);
  }
  if (platform === process.platform && arch === process.arch) return process.execPath;
  throw new Error(
    `expected ARENASCOPE_TARGET_NODE to name the Node binary of ${platform}-${arch}, or to be "none"; it is not set`,
  );
}

function targetOf(words: readonly string[]): Target {
  const [platform = process.platform, arch = process.arch, ...more] = words;
  const known = Object.hasOwn(PLATFORMS, platform) && Object.hasOwn(ARCHITECTURES, arch);
  if (!known || more.length > 0) {
    throw new Error(`expected linux, darwin or win32, then x64 or arm64; found "${words.join(' ')}"`);
  }
  return { platform, arch } as Target;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { dir: { type: 'boolean' } },
  });
  const target = targetOf(positionals);
  const { version, description, homepage, dependencies } = JSON.parse(
    readFileSync(path.join(ROOT, 'package.json'), 'utf8'),
  ) as {
    readonly version: string;
    readonly description: string;
    readonly homepage?: string;
    readonly dependencies: { readonly electron: string };
  };
  const node = targetNode(target, process.env.ARENASCOPE_TARGET_NODE);
  const folder = path.join(ROOT, 'electron', 'dist');
  const parts = await buildPackage(path.join(folder, 'package'), {
    version,
    description,
    ...(node !== undefined && { node }),
  });
  if (target.platform === 'linux' && homepage === undefined)
    process.stderr.write('no .deb is made: that needs a "homepage" in package.json\n');
  const config = builderConfig(parts, path.join(folder, 'packages'), dependencies.electron, homepage);
  const electronDist = process.env.ARENASCOPE_ELECTRON;
  const made = await build({
    projectDir: ROOT,
    targets: PLATFORMS[target.platform].createTarget(values.dir ? 'dir' : null, ARCHITECTURES[target.arch]),
    config: { ...config, ...(electronDist !== undefined && { electronDist }) },
  });
  process.stdout.write(`${[...made, path.join(folder, 'packages')].join('\n')}\n`);
}

await main();
