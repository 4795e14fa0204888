// The plan file: what was planned for a model, how, and what it measured. Same input, same text.

import { FORMAT_VERSION, type PlanFile, planFile } from './plan-schema.ts';
import type { CompileReport } from './types/compile.ts';
import type { ModelSummary } from './types/model.ts';
import type { PlannedPeak, PlanPeaks, PlanTensor, PlanView } from './types/plan.ts';
import type { RunReport, TimeStatistics } from './types/run.ts';

/** What a plan file is written from. */
export interface PlanSource {
  readonly generator: PlanFile['generator'];
  readonly model: ModelSummary;
  readonly compile: CompileReport;
  /** runs of the same compiled program, for their times */
  readonly runs?: readonly RunReport[];
}

/** The file's text, checked against its own format: a file that does not conform is a bug and throws. */
export function planJson(source: PlanSource): string {
  return `${JSON.stringify(planFile.parse(planFileOf(source)), null, 2)}\n`;
}

function planFileOf({ generator, model, compile, runs = [] }: PlanSource): PlanFile {
  return {
    $schema: 'plan.schema.json',
    formatVersion: FORMAT_VERSION,
    generator,
    model: {
      name: model.name,
      format: model.format,
      sha256: model.sha256,
      irVersion: model.irVersion,
      opsets: { ...model.opsets },
      producer: model.producer,
      dimensions: boundDimensions(model),
    },
    config: configOf(compile.options),
    weightsBytes: compile.weightsBytes,
    groups: compile.groups.map(groupOf),
    ...(compile.apart && {
      apart: compile.apart.map(({ title, nodes, op, reasons }) => ({
        ...{ title, op },
        nodes: [...nodes],
        reasons: [...reasons],
      })),
    }),
    account: compile.account,
    plans: [compile.asGiven, compile.asExecuted].map(view => planOf(view, model)),
    ...(compile.peaks && { peaks: peaksOf(compile.peaks) }),
    measurements: runs.flatMap(measurementsOf),
    warnings: model.diagnostics
      .filter(({ severity }) => severity !== 'info')
      .map(({ id, where, message }) => ({ id, where, message })),
  };
}

function groupOf(group: CompileReport['groups'][number]): PlanFile['groups'][number] {
  const { id, title, ops, nodes, anchorOp, expression, kernel, vanishedBytes } = group;
  const { before, after, reasons } = group;
  return {
    ...{ id, title, ops: [...ops], nodes: [...nodes] },
    ...(anchorOp === undefined ? {} : { anchorOp }),
    ...{ expression, kernel, vanishedBytes, before, after, reasons: [...reasons] },
  };
}

function configOf(options: CompileReport['options']): PlanFile['config'] {
  const { fusion, disabledGroups, planner, inPlace, overlap, lean, reorder, depthFirst } = options;
  const { simd, threads, layout, fma, winograd } = options;
  return {
    ...{ fusion, disabledGroups: [...disabledGroups] },
    ...{ planner, inPlace, overlap, lean, reorder, depthFirst },
    ...{ simd, threads, layout, fma, winograd },
  };
}

function peaksOf({ withAliasing, withoutOverlap }: PlanPeaks): PlanFile['peaks'] {
  const one = ({ peakBytes, lowerBoundBytes, optimal }: PlannedPeak) => ({
    ...{ sizeBytes: peakBytes, lowerBoundBytes, optimal },
  });
  return { withAliasing: one(withAliasing), withoutOverlap: one(withoutOverlap) };
}

function boundDimensions(model: ModelSummary): Record<string, number> {
  const bound = model.dimensions.flatMap(({ key, extent }) => (extent === undefined ? [] : [[key, extent]]));
  return Object.fromEntries(bound);
}

function planOf(view: PlanView, model: ModelSummary): PlanFile['plans'][number] {
  return {
    column: view.column,
    planner: view.strategy,
    alignment: view.alignment,
    steps: view.steps.map(({ index, name, title, op, fusedOps, nodes, group }) => ({
      index,
      name,
      title,
      opType: op,
      fusedFrom: [...fusedOps],
      nodes: [...nodes],
      ...(group === undefined ? {} : { group }),
    })),
    tensors: view.tensors.map(tensor => tensorOf(tensor, model)),
    placements: [...view.placements],
    arena: {
      sizeBytes: view.peakBytes,
      lowerBoundBytes: view.lowerBoundBytes,
      peakStep: view.peakStep,
      unplannedBytes: view.unplannedBytes,
      optimal: view.optimal,
    },
  };
}

function tensorOf(tensor: PlanTensor, model: ModelSummary): PlanFile['plans'][number]['tensors'][number] {
  const { id, name, kind, tensors, bytes, offset, lower, upper, writer, readers, inPlaceOf } = tensor;
  const imported = model.graph.tensors.find(candidate => candidate.id === tensors[0]);
  return {
    id,
    name,
    kind,
    graphTensors: [...tensors],
    ...(imported?.dtype === undefined ? {} : { dtype: imported.dtype }),
    ...(imported?.shape === undefined ? {} : { shape: [...imported.shape] }),
    ...(imported?.bounded && { bounded: [...imported.bounded] }),
    sizeBytes: bytes,
    offset,
    lower,
    upper,
    ...(writer === undefined ? {} : { writer }),
    readers: [...readers],
    ...(inPlaceOf === undefined ? {} : { inPlaceOf: inPlaceOf.map(place => ({ ...place })) }),
  };
}

function measurementsOf(run: RunReport): PlanFile['measurements'] {
  const measurement = (times: TimeStatistics) => ({
    run: run.id,
    minNs: times.minNs,
    medianNs: times.medianNs,
    p95Ns: times.p95Ns,
    lowNs: times.lowNs,
    highNs: times.highNs,
    iterations: run.iterations,
  });
  return [measurement(run.total), ...run.steps.map(step => ({ ...measurement(step), step: step.index }))];
}
