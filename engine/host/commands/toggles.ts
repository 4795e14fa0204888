// The toggles as command line options, the same for every command that has them, and a model argument as a source.

import os from 'node:os';
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type CompileOptions,
  compileOptions,
  DEPTH_FIRST,
  defaultThreads,
  LAYOUTS,
  LEANNESS,
  SIMD_CLASSES,
  STRATEGIES,
} from '../../options.ts';
import type { EngineSource } from '../engines/engine-requests.ts';
import { availableSimdClasses } from '../engines/simd-classes.ts';
import { unlinked } from '../files/unlinked.ts';

/** Paths resolve against the caller's folder, also when npm runs the command from the repository. */
export const resolvePath = (file: string): string =>
  unlinked(path.resolve(process.env.INIT_CWD ?? process.cwd(), file));

const SAMPLE = 'sample:';

/** A file, or 'sample:NAME'. */
export const sourceOf = (model: string): EngineSource =>
  model.startsWith(SAMPLE)
    ? { kind: 'sample', name: model.slice(SAMPLE.length) }
    : { kind: 'path', path: resolvePath(model) };

/** Parses a whole number of at least `least`, and of at most `most` if given. */
export const wholeNumber =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least || value > most) {
      const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
      throw new InvalidArgumentError(`expected a whole number ${range}, found "${text}"`);
    }
    return value;
  };

/** Parses a number of at least 0. */
export function numberFromZero(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError(`expected a number from 0, found "${text}"`);
  }
  return value;
}

/** NAME=VALUE pairs, collected into one object. */
export function assignment(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.lastIndexOf('=');
  if (at < 1 || at === text.length - 1)
    throw new InvalidArgumentError(`expected NAME=VALUE, found "${text}"`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

function dimension(text: string, before: Record<string, number> = {}): Record<string, number> {
  const [[name, extent] = ['', '']] = Object.entries(assignment(text));
  return { ...before, [name]: wholeNumber(0)(extent) };
}

/** Commander takes '--no-group' for a switch that is on: the first value finds `true` before it. */
const collect = (text: string, before: readonly string[] | boolean): string[] =>
  Array.isArray(before) ? [...before, text] : [text];

/** Adds what a model may ask for before it can be looked at. */
export function withDimensions(command: Command): Command {
  return command.option(
    '--dim <name=n>',
    'extent of a dimension, or of INPUT:AXIS; INPUT:rank where no shape is declared (again for more)',
    dimension,
  );
}

/** Adds all toggles of one model to a command. */
export function withToggles(command: Command): Command {
  return withDimensions(withSettings(command)).option(
    '--no-group <id>',
    'do not fuse this group (again for more)',
    collect,
  );
}

/** Adds the toggles that mean the same for any model. */
export function withSettings(command: Command): Command {
  const best = availableSimdClasses().at(-1) ?? '128';
  return command
    .addOption(new Option('--fusion <switch>', 'fuse operators').choices(['on', 'off']).default('on'))
    .addOption(new Option('--planner <strategy>', 'memory planner').choices(STRATEGIES).default('size'))
    .addOption(
      new Option('--in-place <switch>', 'results over operands').choices(['on', 'off']).default('on'),
    )
    .addOption(
      new Option('--overlap <switch>', 'results partly over operands that are read ahead of them')
        .choices(['on', 'off'])
        .default('on'),
    )
    .addOption(
      new Option(
        '--lean <how>',
        'less scratch in steps that pin the peak: smaller strips, or no winograd too',
      )
        .choices(LEANNESS)
        .default('strips'),
    )
    .addOption(
      new Option('--reorder <switch>', 'another order of steps where it saves memory')
        .choices(['on', 'off'])
        .default('on'),
    )
    .addOption(
      new Option('--depth-first <when>', 'steps row by row: where it costs no time, or for the least memory')
        .choices(DEPTH_FIRST)
        .default('off'),
    )
    .addOption(new Option('--simd <class>', 'SIMD class of the kernels').choices(SIMD_CLASSES).default(best))
    .option('--threads <n>', 'worker threads', wholeNumber(1), defaultThreads(os.availableParallelism()))
    .addOption(new Option('--layout <order>', 'layout of images').choices(LAYOUTS).default('auto'))
    .addOption(new Option('--fma <switch>', 'contract a·b + c').choices(['on', 'off']).default('on'))
    .addOption(
      new Option('--winograd <switch>', 'minimal filtering of 3×3 convolutions')
        .choices(['on', 'off'])
        .default('on'),
    )
    .option('--reseed <n>', 'replace constant-filled weights by seeded values', wholeNumber(0));
}

interface ToggleValues {
  readonly fusion: string;
  readonly group?: readonly string[] | boolean;
  readonly planner: string;
  readonly inPlace: string;
  readonly overlap: string;
  readonly lean: string;
  readonly reorder: string;
  readonly depthFirst: string;
  readonly simd: string;
  readonly threads: number;
  readonly layout: string;
  readonly fma: string;
  readonly winograd: string;
  readonly dim?: Record<string, number>;
  readonly reseed?: number;
}

/** The options that a command's toggles stand for. */
export function optionsOf(values: ToggleValues): CompileOptions {
  return compileOptions.parse({
    fusion: values.fusion === 'on',
    disabledGroups: Array.isArray(values.group) ? values.group : [],
    planner: values.planner,
    inPlace: values.inPlace === 'on',
    overlap: values.overlap === 'on',
    lean: values.lean,
    reorder: values.reorder === 'on',
    depthFirst: values.depthFirst,
    simd: values.simd,
    threads: values.threads,
    layout: values.layout,
    fma: values.fma === 'on',
    winograd: values.winograd === 'on',
    dims: values.dim ?? {},
    ...(values.reseed !== undefined && { reseed: values.reseed }),
  });
}
