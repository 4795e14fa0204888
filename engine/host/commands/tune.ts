// `tune MODEL…`: measures which register tiles and orders of loops are fastest for the models' products on this machine,
// and keeps the answers: whatever is compiled here from then on uses them.

import type { Command } from 'commander';
import { addMeasured, tuningFile } from '../cache/tuning-file.ts';
import { openNamed } from './open-named.ts';
import { type ExitStatus, formatTable, print, withEngines } from './terminal.ts';
import { optionsOf, withToggles } from './toggles.ts';

export function tuneCommand(program: Command, done: (status: ExitStatus) => void): void {
  withToggles(
    program
      .command('tune')
      .description('measure register tiles and orders of loops on this machine, and keep the fastest'),
  )
    .argument('<model...>', 'files, or sample:NAME')
    .option('--json', 'print one JSON object')
    .action(async (models: string[], values) => {
      const options = optionsOf(values);
      const file = tuningFile();
      const measured = await withEngines(async (engines, control) => {
        const all = [];
        for (const name of models) {
          const { model } = await openNamed(engines, name, options.dims, control);
          const answer = await engines.exclusively(async lease => {
            const child = await lease.child(options.simd, model, control);
            return child.call('tune', { model, options }, control);
          }, control.signal);
          addMeasured(file, Object.fromEntries(answer.measured.map(({ key, choice }) => [key, choice])));
          all.push(...answer.measured);
        }
        return all;
      });
      print({ file, measured }, values.json, () => describe(file, measured));
      done(0);
    });
}

type Choice = readonly [number, number] | string;

interface Measured {
  readonly key: string;
  readonly candidates: readonly Choice[];
  readonly choice: Choice;
  readonly durationsNs: readonly number[];
}

const textOf = (choice: Choice): string => (typeof choice === 'string' ? choice : choice.join('×'));

function describe(file: string, measured: readonly Measured[]): string {
  if (measured.length === 0) return `nothing to measure: ${file} has it all`;
  const rows = measured.map(({ key, candidates, choice, durationsNs }) => {
    const gain = (durationsNs[0] ?? 0) / Math.min(...durationsNs);
    return [key, textOf(candidates[0] ?? choice), textOf(choice), `${gain.toFixed(2)}×`];
  });
  const head = ['SIMD, shape', 'model', 'measured', 'faster'];
  return `${formatTable([head, ...rows])}\nkept in ${file}`;
}
