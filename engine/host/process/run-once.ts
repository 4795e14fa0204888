// One run of a session on behalf of a request: told of while it takes, ended when that is cancelled.

import type { Session } from '../../runtime/session.ts';
import { IndexError } from '../../runtime/worker.ts';
import { cancelled, Failure } from '../failure.ts';
import type { Work } from './work.ts';

/** Steps of a run longer than this are reported as they end. */
const PROGRESS_EVERY_MS = 100;

/** An index that the model computes from its inputs lies outside its axis. */
export class StrayIndex extends Failure {
  constructor(message: string) {
    super('bad-input', message, 'the run');
  }
}

/** Times of the run. Throws a StrayIndex, or that it was cancelled. */
export function runOnce(session: Session, work: Work, what: string) {
  const steps = session.program.steps.length;
  let told = performance.now();
  const stepped = (step: number): void => {
    if (performance.now() - told < PROGRESS_EVERY_MS) return;
    told = performance.now();
    work.progress(what, step + 1, steps);
  };
  try {
    const times = session.run(stepped);
    if (!times) throw cancelled();
    return times;
  } catch (error) {
    if (error instanceof IndexError) throw new StrayIndex(error.message);
    throw error;
  }
}
