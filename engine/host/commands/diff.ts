// `diff BEFORE AFTER`: two models or versions: which operators were added, removed or changed, and what memory it is
// for. As diff does, it ends with 1 where there is a difference.

import type { Command } from 'commander';
import {
  compareModels,
  type ModelDifference,
  weightPairs,
  withChangedWeights,
} from '../../report/compare-models.ts';
import { counted } from '../../report/counted.ts';
import type { CompileReport } from '../../report/types/compile.ts';
import type { ModelSummary, NodeSummary } from '../../report/types/model.ts';
import { openNamed } from './open-named.ts';
import { type ExitStatus, formatBytes, formatTable, print, withEngines } from './terminal.ts';
import { optionsOf, withToggles } from './toggles.ts';

export function diffCommand(program: Command, done: (status: ExitStatus) => void): void {
  withToggles(program.command('diff').description('two models: what was added, removed and changed'))
    .argument('<before>', 'a file, or sample:NAME')
    .argument('<after>', 'a file, or sample:NAME')
    .option('--json', 'print one JSON object')
    .action(async (before: string, after: string, values) => {
      const [a, b, difference, skipped] = await compareBoth(before, after, optionsOf(values));
      const result = { ...resultOf(a, b, difference), weightsNotCompared: skipped };
      print(result, values.json, () => describe(result));
      const { added, removed, changed } = result;
      done(added.length + removed.length + changed.length === 0 ? 0 : 1);
    });
}

interface Side {
  readonly summary: ModelSummary;
  /** absent where it cannot be planned: dimensions are missing, or the model is broken */
  readonly compile?: CompileReport;
}

/** Both sides, what differs, and how many weights were too large to compare. */
function compareBoth(
  before: string,
  after: string,
  options: ReturnType<typeof optionsOf>,
): Promise<readonly [Side, Side, ModelDifference, number]> {
  return withEngines(async (engines, control) => {
    const open = async (name: string): Promise<Side & { readonly model: string }> => {
      const { model, summary } = await openNamed(engines, name, options.dims, control);
      if (!summary.plannable) return { model, summary };
      return { model, summary, compile: await engines.call('compile', { model, options }, control) };
    };
    const [a, b] = [await open(before), await open(after)];
    const [older, newer] = [a.summary.graph, b.summary.graph];
    const difference = compareModels(older, newer);
    const weights = weightPairs(older, newer, difference);
    const pairs = weights.map(({ a, b }): [number, number] => [a, b]);
    const { changed, skipped } = await engines.weights({ model: b.model, before: a.model, pairs }, control);
    const names = new Map(newer.tensors.map(({ id, name }) => [id, name]));
    const differing = changed.flatMap(at => weights[at] ?? []);
    const whole = withChangedWeights(difference, differing, id => names.get(id) ?? '');
    return [a, b, whole, skipped.length];
  });
}

interface NodeName {
  readonly name: string;
  readonly op: string;
}

const memoryOf = ({ summary, compile }: Side) => ({
  name: summary.name,
  nodes: summary.graph.nodes.length,
  parameterBytes: summary.parameterBytes,
  ...(compile && {
    peakAsGivenBytes: compile.asGiven.peakBytes,
    peakAsExecutedBytes: compile.asExecuted.peakBytes,
  }),
});

function resultOf(a: Side, b: Side, { pairs, added, removed }: ModelDifference) {
  const nodesOf = ({ summary }: Side) => new Map(summary.graph.nodes.map(node => [node.id, node]));
  const [before, after] = [nodesOf(a), nodesOf(b)];
  const named = (nodes: ReadonlyMap<number, NodeSummary>, ids: readonly number[]): NodeName[] =>
    ids.flatMap(id => {
      const node = nodes.get(id);
      return node ? [{ name: node.name, op: node.op }] : [];
    });
  return {
    before: memoryOf(a),
    after: memoryOf(b),
    matched: pairs.length,
    added: named(after, added),
    removed: named(before, removed),
    changed: pairs
      .filter(({ changes }) => changes.length > 0)
      .flatMap(({ b: id, by, changes }) => named(after, [id]).map(node => ({ ...node, by, changes }))),
  };
}

const LISTED = 50;

type Result = ReturnType<typeof resultOf> & { readonly weightsNotCompared: number };

function describe({ before, after, matched, added, removed, changed, weightsNotCompared }: Result): string {
  const row = (title: string, key: 'nodes' | 'parameterBytes' | 'peakAsGivenBytes' | 'peakAsExecutedBytes') =>
    [title, ...[before[key], after[key]].map(value => text(key, value))] as const;
  const text = (key: string, value: number | undefined): string =>
    value === undefined ? '–' : key === 'nodes' ? String(value) : formatBytes(value);
  const lines = [
    ...removed.map(({ name, op }) => `- ${op} ${name}`),
    ...added.map(({ name, op }) => `+ ${op} ${name}`),
    ...changed.map(({ name, op, changes }) => `~ ${op} ${name}: ${changes.join('; ')}`),
  ];
  return [
    formatTable([
      ['', before.name, after.name],
      [...row('nodes', 'nodes')],
      [...row('weights', 'parameterBytes')],
      [...row('peak as given', 'peakAsGivenBytes')],
      [...row('peak as executed', 'peakAsExecutedBytes')],
    ]),
    `${counted(matched, 'operator')} matched, ${added.length} added, ${removed.length} removed, ${changed.length} changed`,
    ...(weightsNotCompared > 0
      ? [`${counted(weightsNotCompared, 'weight')} not compared: all together are too large`]
      : []),
    ...lines.slice(0, LISTED),
    ...(lines.length > LISTED ? [`and ${lines.length - LISTED} more (--json lists them)`] : []),
  ].join('\n');
}
