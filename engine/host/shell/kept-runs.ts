// The runs of one shell, so that pages can ask for them by id: to export them, and to show them again after they were
// loaded again. Invariant: never more than so many; the oldest go first.

import type { RunReport } from '../../report/types/run.ts';
import { badInput } from '../failure.ts';

/** A report of a large model is some megabytes. */
const MOST_RUNS = 100;

/** Reports by their ids, the newest of them. */
export class KeptRuns {
  readonly #most: number;
  readonly #runs = new Map<string, RunReport>();

  constructor(most = MOST_RUNS) {
    this.#most = most;
  }

  keep(reports: readonly RunReport[]): void {
    for (const report of reports) this.#runs.set(report.id, report);
    for (const id of [...this.#runs.keys()].slice(0, -this.#most)) this.#runs.delete(id);
  }

  /** Throws bad-input for a run that is not kept; `where` names what asked for it. */
  get(id: string, where: string): RunReport {
    const report = this.#runs.get(id);
    if (!report) throw badInput(`expected the id of a run that is kept, found "${id}"`, where);
    return report;
  }

  /** Those of them that are still kept. */
  among(ids: readonly string[]): readonly RunReport[] {
    return ids.map(id => this.#runs.get(id)).filter(report => report !== undefined);
  }
}
