// How a shell reaches an engine process: messages, and word of its end. Usually a Node of its own, with an empty
// environment and Node's permission model: it reads the program and the folders it was given, starts threads, and
// what it writes are compiled programs, in the user's cache folder. That is all.

import { spawn } from 'node:child_process';
import os from 'node:os';
import type { SimdClass } from '../../options.ts';
import { codeFolder, madeProgramFolder } from '../cache/cache-folder.ts';
import { tuningFile } from '../cache/tuning-file.ts';
import { type EngineProgram, ownEngine } from '../program-files.ts';
import { availableSimdClasses, type ProcessClass } from './simd-classes.ts';

export interface EngineLink {
  readonly pid: number | undefined;
  readonly send: (message: unknown) => void;
  readonly kill: () => void;
  readonly onMessage: (listener: (message: unknown) => void) => void;
  /** called once, with what happened */
  readonly onEnd: (listener: (reason: string) => void) => void;
}

/** What can run engines: SIMD classes it offers, best last, and how one is started that may read some folders. */
export interface EngineHost {
  readonly simd: readonly SimdClass[];
  readonly start: (processClass: ProcessClass, readable: readonly string[]) => EngineLink;
}

/** Windows programs need the former to start at all; the latter is where V8's code of our modules is kept. */
export function cleanEnvironment(programs: string | undefined): NodeJS.ProcessEnv {
  const needed = process.platform === 'win32' ? ['SystemRoot', 'TEMP'] : [];
  const own = Object.fromEntries(needed.map(name => [name, process.env[name]]));
  return programs === undefined ? own : { ...own, NODE_COMPILE_CACHE: codeFolder(programs) };
}

/**
 * Functions are compiled with their module instead of when they are first called: an engine comes to call most of
 * them, and what is kept of a module then holds them all. Compiling a model for the first time takes a fifth less.
 */
const WHOLE_MODULES = '--no-lazy';

/** V8's threads, where nobody says how many. */
const MOST_HELPERS = 4;

/**
 * V8's own threads, which optimise and collect garbage meanwhile: with many more of them than cores that are left,
 * whoever compiles a model waits for a core. On two cores a fifth of the time. One of them is kept from the model's
 * module, whose compilation holds a thread until it is through: what packs weights in that time is optimised, too.
 */
function helpers(): string[] {
  const left = Math.max(1, Math.min(MOST_HELPERS, os.availableParallelism() - 1));
  return [`--v8-pool-size=${left + 1}`, `--wasm-num-compilation-tasks=${left}`];
}

/** Engines in Node processes of their own. `program` has a Node. */
export function nodeHost(program: EngineProgram = ownEngine()): EngineHost {
  return {
    simd: availableSimdClasses(),
    start: (processClass, readable) => startNode(program, processClass, readable),
  };
}

function startNode(
  program: EngineProgram,
  processClass: ProcessClass,
  folders: readonly string[],
): EngineLink {
  const { node, entry, readable } = program;
  if (node === undefined) throw new Error(`there is no Node beside ${entry}`);
  const tiles = tuningFile();
  const programs = madeProgramFolder();
  const kept = programs === undefined ? [] : [programs];
  const permissions = [
    '--permission',
    '--allow-worker',
    // Node names --allow-worker as risky whenever it is given.
    '--disable-warning=SecurityWarning',
    ...[...readable, ...folders, tiles, ...kept].map(readablePath => `--allow-fs-read=${readablePath}`),
    ...kept.map(folder => `--allow-fs-write=${folder}`),
  ];
  const child = spawn(
    node,
    [WHOLE_MODULES, ...helpers(), ...permissions, entry, processClass, tiles, ...kept],
    {
      env: cleanEnvironment(programs),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
    },
  );
  return {
    pid: child.pid,
    // A process that ended between two messages is heard of by its end.
    send: message => child.connected && child.send(message as object, () => {}),
    kill: () => child.kill(),
    onMessage: listener => child.on('message', listener),
    onEnd: listener => {
      child.once('error', error => listener(`the engine could not be started: ${error.message}`));
      child.once('exit', (code, signal) => listener(`the engine ended (${signal ?? `status ${code}`})`));
    },
  };
}
