// `info MODEL`: what a model is made of, and what is wrong with it.

import type { Command } from 'commander';
import { counted } from '../../report/counted.ts';
import type { ModelSummary } from '../../report/types/model.ts';
import { openNamed } from './open-named.ts';
import { type ExitStatus, formatBytes, print, withEngines } from './terminal.ts';
import { withDimensions } from './toggles.ts';

export function infoCommand(program: Command, done: (status: ExitStatus) => void): void {
  withDimensions(program.command('info').description('inputs, outputs, operators, parameters, diagnostics'))
    .argument('<model>', 'a file, or sample:NAME')
    .option('--json', 'print one JSON object')
    .action(async (model: string, values) => {
      const dims: Record<string, number> = values.dim ?? {};
      const { summary } = await withEngines((engines, control) => openNamed(engines, model, dims, control));
      print(infoOf(summary), values.json, () => describe(summary));
      done(0);
    });
}

interface TensorInfo {
  readonly name: string;
  readonly dtype?: string;
  readonly shape?: readonly number[];
  /** per axis: `shape` has a capacity there, the extent is known when the model runs */
  readonly bounded?: readonly boolean[];
  readonly declared?: readonly (number | string)[];
}

function infoOf(summary: ModelSummary) {
  const { graph } = summary;
  const tensors = (ids: readonly number[]): TensorInfo[] =>
    ids.flatMap(id => {
      const tensor = graph.tensors.find(candidate => candidate.id === id);
      if (!tensor) return [];
      const { name, dtype, shape, bounded, declared } = tensor;
      return [
        {
          name,
          ...(dtype && { dtype }),
          ...(shape && { shape }),
          ...(bounded && { bounded }),
          ...(declared && { declared }),
        },
      ];
    });
  const ops: Record<string, number> = {};
  for (const { op } of graph.nodes) ops[op] = (ops[op] ?? 0) + 1;
  return {
    name: summary.name,
    format: summary.format,
    fileBytes: summary.fileBytes,
    sha256: summary.sha256,
    irVersion: summary.irVersion,
    opsets: summary.opsets,
    producer: summary.producer,
    nodes: graph.nodes.length,
    ops,
    parameters: summary.parameters,
    parameterBytes: summary.parameterBytes,
    inputs: tensors(graph.inputs),
    outputs: tensors(graph.outputs),
    dimensions: summary.dimensions,
    diagnostics: summary.diagnostics,
    runnable: summary.runnable,
    plannable: summary.plannable,
  };
}

function verdict({ runnable, plannable, diagnostics }: ModelSummary): string {
  if (runnable) return 'it can be run';
  if (plannable) return 'it can be planned, not run';
  const broken = diagnostics.some(({ severity }) => severity === 'error');
  return broken ? 'it cannot be run' : 'it can be run once its dimensions are given (--dim NAME=N)';
}

/** As declared where the file says more; `N ≤ 1000` where the extent is known when the model runs. */
function extentsOf({ shape, bounded, declared }: TensorInfo): readonly (number | string)[] | undefined {
  if (!bounded) return declared ?? shape;
  return shape?.map((capacity, axis) => {
    const name = declared?.[axis];
    if (!bounded[axis]) return name ?? capacity;
    return `${typeof name === 'string' && name !== '?' ? name : 'N'} ≤ ${capacity}`;
  });
}

function describe(summary: ModelSummary): string {
  const info = infoOf(summary);
  const tensor = (info: TensorInfo): string =>
    `  ${info.name}: ${info.dtype ?? '?'} [${extentsOf(info)?.join(', ') ?? '?'}]`;
  const counts = Object.entries(info.ops).sort(([, a], [, b]) => b - a);
  const opsets = Object.entries(info.opsets).map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`);
  return [
    `${info.name}: ${info.format}, ${formatBytes(info.fileBytes)}, IR ${info.irVersion}, ${opsets.join(', ')}`,
    ...(info.producer ? [`made by ${info.producer}`] : []),
    `${counted(info.nodes, 'node')}, ${counted(info.parameters, 'parameter')} (${formatBytes(info.parameterBytes)})`,
    'inputs',
    ...info.inputs.map(tensor),
    'outputs',
    ...info.outputs.map(tensor),
    'operators',
    `  ${counts.map(([op, count]) => `${op} ${count}`).join(', ')}`,
    ...info.dimensions.map(
      ({ key, extent, reason, smallest }) =>
        `dimension ${key}: ${extent ?? 'not given'} (${smallest === undefined ? reason : `${reason}, ${smallest} fits`})`,
    ),
    ...info.diagnostics.map(({ severity, where, message }) => `${severity}: ${where}: ${message}`),
    verdict(summary),
  ].join('\n');
}
