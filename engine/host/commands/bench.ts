// `bench MODEL…`: our toggles against each other and against peers, one table per model.

import os from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { counted } from '../../report/counted.ts';
import { benchModel } from '../bench/bench.ts';
import { PEERS, type PeerName, peerMissing } from '../bench/contender.ts';
import { type BenchResult, type BenchVariant, TOGGLES } from '../bench/types.ts';
import { checkGroups } from './known-groups.ts';
import { openNamed } from './open-named.ts';
import { type ExitStatus, formatMs, formatTable, print, withEngines } from './terminal.ts';
import { optionsOf, sourceOf, wholeNumber, withToggles } from './toggles.ts';

const isPeer = (name: string): name is PeerName => PEERS.some(peer => peer === name);

function peerList(text: string): PeerName[] {
  const names = text.split(',').filter(name => name !== '');
  return names.map(name => {
    if (!isPeer(name))
      throw new InvalidArgumentError(`expected some of ${PEERS.join(', ')}, found "${name}"`);
    return name;
  });
}

export function benchCommand(program: Command, done: (status: ExitStatus) => void): void {
  withToggles(program.command('bench').description('measure the toggles against each other, and peers'))
    .argument('<model...>', 'files, or sample:NAME')
    .option('--peers <names>', `compare with ${PEERS.join(', ')} (comma-separated)`, peerList, [])
    .option('--repeats <n>', 'timed runs of each variant', wholeNumber(1), 20)
    .option('--seed <n>', 'of the inputs', wholeNumber(0), 1)
    .option('--only-best', 'leave the variants with a toggle off out')
    .option('--json', 'print one JSON object')
    .action(async (models: string[], values, command: Command) => {
      const peers = (values.peers as PeerName[]).filter(peer => {
        const missing = peerMissing(peer);
        if (missing !== undefined) process.stderr.write(`${missing}\n`);
        return missing === undefined;
      });
      const options = optionsOf(values);
      // Unless asked for a number: one thread, and two where there are two cores.
      const asked = command.getOptionValueSource('threads') !== 'default';
      const threads = asked ? [options.threads] : os.availableParallelism() > 1 ? [1, 2] : [1];
      const results = await withEngines(async (engines, control) => {
        const all: BenchResult[] = [];
        // Names that a model does not have are refused before any is measured.
        for (const model of models) {
          const opened = await openNamed(engines, model, options.dims, control);
          await checkGroups(engines, opened.model, options, control);
          await engines.close(opened.model);
        }
        for (const model of models) {
          const { repeats, seed } = values;
          const inputs = { kind: 'seeded', seed } as const;
          const toggles = values.onlyBest ? [] : TOGGLES;
          const request = { source: sourceOf(model), options, threads, peers, repeats, inputs, toggles };
          all.push(await benchModel(engines, request, control));
        }
        return all;
      });
      for (const { model, failed } of results) {
        for (const { variant, threads: count, reason } of failed)
          process.stderr.write(`${model}: ${variant} with ${counted(count, 'thread')}: ${reason}\n`);
      }
      print({ models: results }, values.json, () => results.map(describe).join('\n\n'));
      const agree = results.every(result => result.variants.every(({ check }) => check?.ok ?? true));
      done(agree ? 0 : 1);
    });
}

function describe({ model, variants, peakFlopsPerSecond, sharedPeaks }: BenchResult): string {
  const peaks = sharedPeaks.map(({ threads, flopsPerSecond }) => {
    const times = (flopsPerSecond / peakFlopsPerSecond).toFixed(2);
    return `multiply-adds in registers: ${threads} threads reach ${times}× of one`;
  });
  const gains = variants.flatMap(({ threads, medianMs, oneThreadMs }) =>
    oneThreadMs === undefined
      ? []
      : [
          `arenascope: ${threads} threads are ${(oneThreadMs / medianMs).toFixed(2)}× as fast as one, in turns`,
        ],
  );
  const peer = (threads: number): BenchVariant | undefined =>
    variants.find(other => other.threads === threads && isPeer(other.variant));
  const rows = variants.map(variant => {
    const against = peer(variant.threads);
    const ratio = against && against !== variant ? (against.medianMs / variant.medianMs).toFixed(2) : '';
    const error = variant.check
      ? `${variant.check.maxAbsError.toExponential(1)}${variant.check.ok ? '' : ' !'}`
      : '';
    return [
      variant.variant,
      String(variant.threads),
      variant.simd,
      formatMs(variant.createMs),
      formatMs(variant.firstRunMs),
      formatMs(variant.medianMs),
      formatMs(variant.minMs),
      formatMs(variant.p95Ms),
      ratio === '' ? '' : `${ratio}×`,
      error,
      variant.waited === undefined ? '' : `${(100 * variant.waited).toFixed(0)} %`,
    ];
  });
  const head = [
    'variant',
    'threads',
    'SIMD',
    'create',
    'first run',
    'median',
    'min',
    'p95',
    'speed',
    'error',
    'waited',
  ];
  return [model, formatTable([head, ...rows]), ...gains, ...peaks].join('\n');
}
