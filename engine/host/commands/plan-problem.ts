// `plan PROBLEM.csv`: a placement, whether it fits, and why it is no lower; or one over several memories.

import { readFileSync } from 'node:fs';
import type { Strategy } from '../../options.ts';
import { readCsv, writeCsv } from '../../planner/csv.ts';
import { MAX_REPEATED } from '../../planner/large/squeaky.ts';
import { type PlanControl, plan } from '../../planner/plan.ts';
import { type PoolPlan, planPools } from '../../planner/pools/pools.ts';
import { subProblem } from '../../planner/problem/sub-problem.ts';
import type { PlanResult, Problem, Solution } from '../../planner/types.ts';
import { validate } from '../../planner/validate.ts';
import { counted } from '../../report/counted.ts';
import type { PoolSpec } from '../../report/what-if/types.ts';
import { badInput } from '../failure.ts';
import { planTogether } from '../threads/plan-together.ts';
import { writeOutput } from './output-files.ts';
import {
  clearProgress,
  type ExitStatus,
  formatBytes,
  formatMs,
  formatTable,
  INTERRUPTED,
  interruptible,
  print,
  showProgress,
} from './terminal.ts';
import { resolvePath } from './toggles.ts';

export interface ProblemValues {
  readonly out?: string;
  readonly capacity?: number;
  readonly timeout?: number;
  readonly seed?: number;
  /** searches side by side; 1 when absent */
  readonly threads?: number;
  readonly planner: Strategy;
  readonly pool?: readonly PoolSpec[];
  readonly json?: boolean;
}

/** Plans a problem file; the check is whether it fits. */
export async function planProblem(file: string, values: ProblemValues): Promise<ExitStatus> {
  const problem = readProblem(file, values.pool?.length);
  const { capacity, timeout, seed, planner, pool = [] } = values;
  const control: PlanControl = {
    ...(timeout !== undefined && { timeLimitMs: timeout * 1000 }),
    ...(capacity !== undefined && { capacity }),
    ...(seed !== undefined && { seed }),
  };
  checkPools(problem, pool, file);
  if (pool.length > 0) {
    if (planner !== 'exact') throw badInput(`expected the planner exact with --pool, found ${planner}`, file);
    if (capacity !== undefined) {
      throw badInput('expected --pool or --capacity, found both: a pool has its size', file);
    }
    return planSeveral(problem, values, control);
  }
  return planOne(problem, values, control);
}

/** `memories`: how many it is planned over. */
function readProblem(file: string, memories?: number): Problem {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw badInput(`expected a problem (${error instanceof Error ? error.message : error})`, file);
  }
  const read = readCsv(text, memories);
  if (!read.ok) throw badInput(read.error.message, `${file}:${read.error.line}:${read.error.column}`);
  for (const name of read.passedOver ?? [])
    process.stderr.write(`${file}:1: nobody reads the column "${name}"\n`);
  return read.problem;
}

/** Memories that the table names must be known, and the other way round nothing may depend on the table alone. */
function checkPools({ buffers }: Problem, specs: readonly PoolSpec[], file: string): void {
  const known = new Set(specs.map(({ id }) => id));
  const unknown = [...new Set(buffers.flatMap(({ pools = [] }) => pools))].filter(id => !known.has(id));
  if (unknown.length === 0) return;
  throw badInput(
    `expected --pool NAME=SIZE:COST for every memory, found none for ${unknown.join(', ')}`,
    file,
  );
}

async function planOne(problem: Problem, values: ProblemValues, control: PlanControl): Promise<ExitStatus> {
  const { planner, capacity, out, json } = values;
  const { result, isInterrupted } = await planned(problem, values, control);
  check(problem, result.solution, planner);
  if (out !== undefined) writeOutput(resolvePath(out), writeCsv(problem, result.solution));
  const { height } = result.solution;
  const fits = capacity === undefined || height <= capacity;
  const summary = {
    planner,
    height,
    lowerBound: result.lowerBound.bytes,
    unplanned: result.unplannedBytes,
    optimal: result.optimal,
    gap: height - result.lowerBound.bytes,
    why: reasonOf(problem, result, planner, isInterrupted),
    fits,
    ms: result.durationMs,
    ...(isInterrupted && { interrupted: true }),
  };
  print(summary, json, () =>
    formatTable([
      [`planner ${planner}`, counted(problem.buffers.length, 'buffer')],
      ['height', String(height)],
      ['lower bound', String(summary.lowerBound)],
      ['unplanned', String(summary.unplanned)],
      ['gap', String(summary.gap)],
      ['optimal', summary.optimal ? 'yes' : 'not shown'],
      ...(capacity === undefined ? [] : [['fits', fits ? 'yes' : 'no']]),
      ['time', formatMs(summary.ms)],
    ]).concat(`\n${summary.why}`),
  );
  if (isInterrupted) return INTERRUPTED;
  return fits ? 0 : 1;
}

/** Strategies that search: the others are through before anybody could interrupt them. */
const SEARCHES: ReadonlySet<Strategy> = new Set<Strategy>(['exact', 'climb']);

interface Planned {
  readonly result: PlanResult;
  /** the search was told to end before it was through: the result is its best so far */
  readonly isInterrupted: boolean;
}

/** A search runs in threads of its own, so that this one hears of Ctrl+C. */
async function planned(problem: Problem, values: ProblemValues, control: PlanControl): Promise<Planned> {
  const { planner, threads = 1 } = values;
  if (!SEARCHES.has(planner) || problem.buffers.length > MAX_REPEATED) {
    return { result: plan(problem, planner, control), isInterrupted: false };
  }
  return interruptible(async signal => {
    const progress: PlanControl['progress'] = ({ height, lowerBound }) =>
      showProgress(`height ${height}, at least ${lowerBound} (Ctrl+C: the best so far)`);
    const result = await planTogether(problem, planner, { ...control, signal, progress }, threads);
    clearProgress();
    return { result, isInterrupted: signal.aborted && !result.optimal };
  });
}

function check(problem: Problem, solution: Solution, planner: Strategy): void {
  const violation = validate(problem, solution)[0];
  if (violation) throw new Error(`the ${planner} planner made an invalid plan: ${JSON.stringify(violation)}`);
}

/** Why the answer is what it is, in a sentence. */
function reasonOf(problem: Problem, result: PlanResult, planner: Strategy, isInterrupted: boolean): string {
  const { optimal, solution, lowerBound: bound } = result;
  const { bytes, searched, step, witness } = bound;
  const top = problem.buffers.find(({ offset = -1, size }) => size > 0 && offset + size === bytes);
  // Its gaps leave room for others, and yet it reaches so far.
  const long = problem.buffers.find(({ size, gaps = [] }) => gaps.length > 0 && size === bytes);
  const live = top
    ? `${top.id} is fixed and ends at ${bytes}`
    : long
      ? `${long.id} alone takes ${bytes}`
      : `step ${step} needs ${bytes} for ${counted(witness.length, 'buffer')} live in it`;
  const floor = searched ? `a search that ended shows that nothing below ${bytes} fits` : live;
  if (optimal) return `optimal: ${floor}`;
  if (isInterrupted) return `interrupted, the best plan so far; not proved: ${floor}`;
  if (planner === 'exact') return `not proved: ${floor}, and no plan below ${solution.height} was found`;
  return `not proved: ${floor}; ${planner} looks for no lower plan than its own, exact does`;
}

/** Over several memories: what lies where, and what the traffic costs. */
function planSeveral(problem: Problem, values: ProblemValues, control: PlanControl): ExitStatus {
  const { pool: specs = [], out, json } = values;
  const start = performance.now();
  const pools = specs.map(({ id, sizeBytes, cost }) => ({ id, size: sizeBytes, cost }));
  const result = planPools({ problem, pools }, control);
  const ms = performance.now() - start;
  if (!result.fits) {
    const lacks = result.lacks.map(({ pool, missingBytes }) => ({
      pool: specs[pool]?.id ?? '',
      missing: missingBytes,
    }));
    const more = lacks.map(({ pool, missing }) => `${formatBytes(missing)} more in ${pool}`).join(' and ');
    const why =
      more === ''
        ? 'buffers are fixed at the same bytes, and no memories were found that have them apart'
        : `with ${more} it would`;
    print({ fits: false, lacks, ms }, json, () => `does not fit: ${why}`);
    return 1;
  }
  const heights = checkedHeights(problem, specs, result);
  if (out !== undefined) {
    const named = problem.buffers.map((buffer, b) => ({
      ...buffer,
      pools: [specs[result.poolOf[b] ?? 0]?.id ?? ''],
    }));
    const height = Math.max(...heights);
    writeOutput(
      resolvePath(out),
      writeCsv({ ...problem, buffers: named }, { offsets: result.offsets, height }),
    );
  }
  const used = specs.map(({ id, sizeBytes, cost }, p) => ({
    id,
    size: sizeBytes,
    cost,
    height: heights[p] ?? 0,
    buffers: result.poolOf.filter(pool => pool === p).length,
  }));
  const summary = {
    fits: true,
    pools: used,
    cost: result.cost,
    leastCost: result.leastCost,
    proved: result.proved,
    ms,
  };
  print(summary, json, () =>
    formatTable([
      ['memory', 'used', 'of', 'buffers', 'cost per byte'],
      ...used.map(({ id, size, cost, height, buffers }) => [id, height, size, buffers, cost].map(String)),
    ]).concat(`\n${describeCost(result)}, ${formatMs(ms)}`),
  );
  return 0;
}

/** What the traffic costs, and how much less it might cost. */
export function describeCost({
  cost,
  leastCost,
  proved,
}: Pick<PoolPlan, 'cost' | 'leastCost' | 'proved'>): string {
  if (proved) return `cost ${cost}, proved least`;
  return `cost ${cost}, not proved: at least ${leastCost}, gap ${cost - leastCost}`;
}

/** Heights of the memories, each plan checked on its own. */
function checkedHeights(problem: Problem, specs: readonly PoolSpec[], plan: PoolPlan): readonly number[] {
  specs.forEach(({ id, sizeBytes }, p) => {
    const members = [...plan.poolOf.keys()].filter(b => plan.poolOf[b] === p);
    const height = plan.heights[p] ?? 0;
    check(
      subProblem(problem, members),
      { offsets: members.map(b => plan.offsets[b] ?? -1), height },
      'exact',
    );
    if (height > sizeBytes) throw new Error(`a plan of ${height} bytes for ${id}`);
    const strays = members.filter(b => problem.buffers[b]?.pools?.includes(id) === false);
    if (strays.length > 0) throw new Error(`${problem.buffers[strays[0] ?? 0]?.id} may not lie in ${id}`);
  });
  return plan.heights;
}
