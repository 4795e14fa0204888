// Engines as utility processes of Electron, for packages without a Node for their machine. Such a process runs with
// Electron's V8 flags, so kernels are 128 bits wide, and without Node's permission model.

import { programFolder } from '../engine/host/cache/cache-folder.ts';
import { tuningFile } from '../engine/host/cache/tuning-file.ts';
import { cleanEnvironment, type EngineHost, type EngineLink } from '../engine/host/engines/engine-link.ts';

/** The part of Electron's UtilityProcess that is used. */
export interface Utility {
  readonly pid: number | undefined;
  postMessage(message: unknown): void;
  kill(): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  once(event: 'exit', listener: (code: number) => void): unknown;
}

export type Fork = (
  entry: string,
  args: string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly serviceName: string },
) => Utility;

/** `fork` is utilityProcess.fork, `entry` the bundled engine process. */
export function utilityHost(fork: Fork, entry: string): EngineHost {
  return {
    simd: ['scalar', '128'],
    start: processClass =>
      link(
        fork(entry, [processClass, tuningFile(), programFolder()], {
          env: cleanEnvironment(undefined),
          serviceName: 'engine',
        }),
      ),
  };
}

const link = (child: Utility): EngineLink => ({
  // Known only once it has been started.
  get pid() {
    return child.pid;
  },
  send: message => child.postMessage(message),
  kill: () => child.kill(),
  onMessage: listener => child.on('message', listener),
  onEnd: listener => child.once('exit', code => listener(`the engine ended (status ${code})`)),
});
