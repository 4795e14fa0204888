// From a program to a session in the engine's process, and where the program comes from: the cache of this machine,
// or the compiler, whose result is kept for the next time.

import { bodyCompiler } from '../../body-compiler.ts';
import type { CompileOptions } from '../../options.ts';
import type { Compiled } from '../../pipeline.ts';
import { bytesText } from '../../report/html/format.ts';
import type { CompileReport } from '../../report/types/compile.ts';
import { MemoryLimitError } from '../../runtime/memory.ts';
import type { Program } from '../../runtime/program.ts';
import { Session, type SessionPorts } from '../../runtime/session.ts';
import { DamagedEntry, type ProgramCache } from '../cache/program-cache.ts';
import { programKey } from '../cache/program-key.ts';
import { Failure } from '../failure.ts';
import { startThreads } from '../threads/threads.ts';
import { compileAhead } from './compile-ahead.ts';
import type { OpenModel } from './open-model.ts';
import type { Work } from './work.ts';

const clockMs = (): number => performance.now();
const clockNs = (): number => performance.now() * 1e6;

/** A session whose module is compiled for speed, and the report of its program. */
export interface ReadySession {
  readonly session: Session;
  /** made when it is first asked for, unless it comes from the cache */
  readonly report: () => CompileReport;
  /** keeps what was compiled for the next time; nothing is done where it is kept already, or not to be */
  readonly keep: () => void;
}

/** A session of the program that the cache has, or else of the one that `compile` makes. */
export async function readySession(
  model: OpenModel,
  options: CompileOptions,
  work: Work,
  compile: () => Compiled,
): Promise<ReadySession> {
  const cache = options.reference ? undefined : work.programs;
  const key = cache && programKey(model, options, work.measured ?? {});
  const kept = cache && key !== undefined ? await keptSession(cache, key, model, work) : undefined;
  if (kept) return kept;
  const compiled = compile();
  work.progress('load weights', 0, 1);
  const session = await createSession(compiled.program, model, work, { compileModule: compileAhead });
  return {
    session,
    report: () => compiled.report,
    keep() {
      if (cache && key !== undefined) cache.keep(key, compiled, session.weights());
    },
  };
}

async function keptSession(
  cache: ProgramCache,
  key: string,
  model: OpenModel,
  work: Work,
): Promise<ReadySession | undefined> {
  const found = cache.find(key);
  if (!found) return undefined;
  const { program, report } = found;
  try {
    const session = await createSession(program, model, work, { compileModule: compileAhead });
    return { session, report: () => ({ ...report, cached: true }), keep() {} };
  } catch (error) {
    if (!(error instanceof DamagedEntry)) throw error;
    cache.drop(key);
    return undefined;
  }
}

/** A session of a program. Throws 'unsupported' when memory cannot hold it. */
export async function createSession(
  program: Program,
  model: OpenModel,
  work: Work,
  other: Pick<SessionPorts, 'sanitize' | 'trace' | 'compileModule'> = {},
): Promise<Session> {
  try {
    const { read } = model;
    const { options } = program;
    return await Session.create(program, {
      clock: clockNs,
      cancel: work.cancel,
      startThreads,
      read,
      ...(!options.reference && { bodies: bodyCompiler(options, { read, clock: clockMs }) }),
      ...other,
    });
  } catch (error) {
    if (error instanceof MemoryLimitError) throw tooLarge(program, error.limitBytes, model.name);
    throw error;
  }
}

/** Weights and arena lie in one memory, which 32-bit addresses reach. */
export function tooLarge({ weightsBytes, arenaBytes }: Program, limitBytes: number, name: string): Failure {
  const found = `weights of ${bytesText(weightsBytes)} and an arena of ${bytesText(arenaBytes)}`;
  const message = `expected at most ${bytesText(limitBytes)} of memory, found ${found}: the model can be seen and planned, not run`;
  return new Failure('unsupported', message, name);
}
