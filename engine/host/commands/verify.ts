// `verify MODEL DATADIR`: does the model compute what its test data says?

import type { Command } from 'commander';
import type { SanitizerReport } from '../../report/types/run.ts';
import type { CallControl } from '../engines/engine-child.ts';
import type { ComparedOutput, InputSource, PreparedSession } from '../engines/engine-requests.ts';
import type { Engines } from '../engines/engines.ts';
import { withSession } from '../engines/measure.ts';
import { badInput } from '../failure.ts';
import { readDataSet } from '../process/conformance.ts';
import { checkGroups, groupsAreFixed } from './known-groups.ts';
import { openNamed } from './open-named.ts';
import { describeSanitizer, type ExitStatus, print, withEngines } from './terminal.ts';
import { numberFromZero, optionsOf, resolvePath, withToggles } from './toggles.ts';

export interface Verification {
  readonly ok: boolean;
  readonly maxAbsError: number;
  readonly maxRelError: number;
  readonly outputs: readonly ComparedOutput[];
  readonly sanitizer?: SanitizerReport;
}

export function verifyCommand(program: Command, done: (status: ExitStatus) => void): void {
  withToggles(program.command('verify').description('compare outputs with output_K.pb for input_K.pb'))
    .argument('<model>', 'a file, or sample:NAME')
    .argument('<datadir>', 'folder of input_K.pb and output_K.pb')
    .option('--rtol <x>', 'relative tolerance of floating-point outputs', numberFromZero)
    .option('--atol <x>', 'absolute tolerance of floating-point outputs', numberFromZero)
    .option('--sanitize', 'repeat the run with dead memory filled, and watch what steps write')
    .option('--json', 'print one JSON object')
    .action(async (model: string, datadir: string, values) => {
      const options = optionsOf(values);
      const folder = resolvePath(datadir);
      const result = await withEngines(async (engines, control) => {
        engines.allow(folder);
        const opened = await openNamed(engines, model, options.dims, control);
        let bound = options;
        const inspect = ({ compile }: PreparedSession): void => {
          bound = compile.options;
        };
        const request = { model: opened.model, options, folder, ...values, inspect };
        const early = groupsAreFixed(opened.summary, { kind: 'files', files: [], seed: 1 });
        if (early) await checkGroups(engines, opened.model, options, control);
        const verified = await verify(engines, request, control);
        // With the dimensions that the inputs fixed.
        if (!early) await checkGroups(engines, opened.model, bound, control);
        return verified;
      });
      print(result, values.json, () => describe(result));
      done(result.ok ? 0 : 1);
    });
}

interface VerifyRequest {
  readonly model: string;
  readonly options: ReturnType<typeof optionsOf>;
  readonly folder: string;
  readonly rtol?: number;
  readonly atol?: number;
  readonly sanitize?: boolean;
  /** told what was compiled, before the outputs are compared */
  readonly inspect?: (prepared: PreparedSession) => void;
}

/** Runs an open model on a folder of test data. Engines must be allowed to read the folder. */
export async function verify(
  engines: Engines,
  request: VerifyRequest,
  control: CallControl,
): Promise<Verification> {
  const data = readDataSet(request.folder);
  if (data.outputs.length === 0) throw badInput('expected output_0.pb, found no outputs', request.folder);
  const { model, options } = request;
  const inputs: InputSource = { kind: 'files', files: [...data.inputs], seed: 1 };
  const { rtol, atol } = request;
  const tolerance = { ...(rtol !== undefined && { rtol }), ...(atol !== undefined && { atol }) };
  const { outputs, sanitizer } = await withSession(
    engines,
    { model, options, inputs },
    control,
    async (child, session, prepared) => {
      request.inspect?.(prepared);
      const compare = { session, expected: [...data.outputs], ...tolerance };
      return {
        outputs: await child.call('compare', compare, control),
        sanitizer: request.sanitize ? await child.call('sanitize', { session }, control) : undefined,
      };
    },
  );
  const agree = outputs.every(({ mismatched, mismatch }) => mismatched === 0 && mismatch === undefined);
  return {
    ok: agree && (sanitizer?.ok ?? true),
    ...(sanitizer && { sanitizer }),
    maxAbsError: Math.max(...outputs.map(output => output.maxAbsError)),
    maxRelError: Math.max(...outputs.map(output => output.maxRelError)),
    outputs,
  };
}

function describe({ ok, outputs, sanitizer }: Verification): string {
  const line = (output: ComparedOutput): string => {
    const { name, dtype, shape, mismatch, mismatched, compared, maxAbsError, maxRelError, rtol, atol } =
      output;
    const type = `${name}: ${dtype} [${shape.join(', ')}]`;
    if (mismatch !== undefined) return `${type}: ${mismatch}`;
    const errors = `largest error ${maxAbsError.toPrecision(3)} absolute, ${maxRelError.toPrecision(3)} relative`;
    return `${type}: ${mismatched} of ${compared} differ (rtol ${rtol}, atol ${atol.toPrecision(2)}); ${errors}`;
  };
  return [
    ...outputs.map(line),
    ...(sanitizer ? describeSanitizer(sanitizer) : []),
    ok ? 'ok' : 'failed',
  ].join('\n');
}
