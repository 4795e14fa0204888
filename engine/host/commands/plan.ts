// `plan MODEL` and `plan PROBLEM.csv`: peak, lower bound and unplanned sum.

import type { Command } from 'commander';
import { badInput } from '../failure.ts';
import { checkExports, withExports } from './exports.ts';
import { checkOutput } from './output-files.ts';
import { planModel } from './plan-model.ts';
import { planProblem } from './plan-problem.ts';
import { asksWhatIf, byteCount, poolOption } from './plan-what-if.ts';
import type { ExitStatus } from './terminal.ts';
import { numberFromZero, resolvePath, wholeNumber, withToggles } from './toggles.ts';

/** Adds the command to `program`; `done` is told how it ended. */
export function planCommand(program: Command, done: (status: ExitStatus) => void): void {
  withExports(
    withToggles(program.command('plan').description("plan a model's memory, or a minimalloc problem")),
  )
    .argument('<model>', 'a file, sample:NAME, or PROBLEM.csv')
    .option('--out <file>', 'write the plan (JSON), or the solution (CSV)')
    .option('--capacity <bytes>', 'does the problem fit? Status 1 if not (CSV)', byteCount)
    .option('--timeout <seconds>', 'when a search stops (CSV)', numberFromZero)
    .option(
      '--seed <n>',
      'of the search (CSV); on one thread, without --timeout, the same plan every time',
      wholeNumber(0),
    )
    .option('--what-if', 'what changes of the plan as given would save, and what they ask for')
    .option('--budget <bytes>', 'does the model fit, and with which changes? Status 1 if not', byteCount)
    .option('--pool <name=size:cost>', 'a memory, and the cost of a byte there (again for more)', poolOption)
    .option('--json', 'print one JSON object')
    .action(async (model: string, values, command: Command) => {
      const isProblem = model.toLowerCase().endsWith('.csv');
      const chosen = (name: string): boolean => command.getOptionValueSource(name) !== 'default';
      refuseOthers(command, isProblem, asksWhatIf(values));
      if (values.out !== undefined) checkOutput(resolvePath(values.out));
      checkExports(values, 'plan');
      if (isProblem) {
        // A problem is asked about for its answer, a model is looked at: unless told otherwise.
        const { planner, threads, timeout } = values;
        const asked = {
          ...values,
          planner: chosen('planner') ? planner : 'exact',
          // Without a limit in time the answer is the same everywhere, which several searches together don't give.
          threads: chosen('threads') || timeout !== undefined ? threads : 1,
        };
        done(await planProblem(resolvePath(model), asked));
      } else {
        done(await planModel(model, values, chosen('planner')));
      }
    });
}

/** Attributes of options that say something of a problem, and of those that only do of one. */
const OF_PROBLEMS = new Set(['planner', 'threads', 'out', 'capacity', 'timeout', 'seed', 'pool', 'json']);
const ONLY_OF_PROBLEMS = new Set(['capacity', 'timeout', 'seed']);
/** Of options for what a plan is written to, which answers about changes have nothing for. */
const OF_PLANS = new Set(['out', 'export']);

/** An option that would change nothing is an error, not something to pass over. */
function refuseOthers(command: Command, isProblem: boolean, isWhatIf: boolean): void {
  for (const option of command.options) {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== 'cli') continue;
    const refuse = (expected: string): never => {
      throw badInput(`${expected}, found ${option.long ?? option.flags}`, 'plan');
    };
    if (isProblem && !OF_PROBLEMS.has(name)) refuse('expected options of a problem (CSV)');
    if (!isProblem && ONLY_OF_PROBLEMS.has(name)) {
      refuse(`expected options of a model${name === 'capacity' ? ' (--budget asks whether it fits)' : ''}`);
    }
    if (!isProblem && isWhatIf && OF_PLANS.has(name)) {
      refuse('expected no file to write with --what-if, --budget or --pool');
    }
  }
}
