// `tune MODEL…`: measures which register tiles are fastest for the models' products on this machine, and keeps the
// answers: whatever is compiled here from then on uses them.

import type { Command } from 'commander';
import { addTiles, tileFile } from '../cache/tile-cache.ts';
import { openNamed } from './open-named.ts';
import { type ExitStatus, formatTable, print, withEngines } from './terminal.ts';
import { optionsOf, withToggles } from './toggles.ts';

export function tuneCommand(program: Command, done: (status: ExitStatus) => void): void {
  withToggles(
    program.command('tune').description('measure register tiles on this machine, and keep the fastest'),
  )
    .argument('<model...>', 'files, or sample:NAME')
    .option('--json', 'print one JSON object')
    .action(async (models: string[], values) => {
      const options = optionsOf(values);
      const file = tileFile();
      const measured = await withEngines(async (engines, control) => {
        const all = [];
        for (const name of models) {
          const { model } = await openNamed(engines, name, options.dims, control);
          const answer = await engines.exclusively(async lease => {
            const child = await lease.child(options.simd, model, control);
            return child.call('tune', { model, options }, control);
          }, control.signal);
          addTiles(file, Object.fromEntries(answer.measured.map(({ key, tile }) => [key, tile])));
          all.push(...answer.measured);
        }
        return all;
      });
      print({ file, measured }, values.json, () => describe(file, measured));
      done(0);
    });
}

interface Measured {
  readonly key: string;
  readonly candidates: readonly (readonly [number, number])[];
  readonly tile: readonly [number, number];
  readonly durationsNs: readonly number[];
}

function describe(file: string, measured: readonly Measured[]): string {
  if (measured.length === 0) return `nothing to measure: ${file} has it all`;
  const rows = measured.map(({ key, candidates, tile, durationsNs }) => {
    const modelled = candidates[0] ?? tile;
    const gain = (durationsNs[0] ?? 0) / Math.min(...durationsNs);
    return [key, modelled.join('×'), tile.join('×'), `${gain.toFixed(2)}×`];
  });
  const head = ['SIMD, rows × columns × terms', 'model', 'measured', 'faster'];
  return `${formatTable([head, ...rows])}\nkept in ${file}`;
}
