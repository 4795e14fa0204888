// The report of a run, from what its process prepared and what it measured.

import type { CompileOptions } from '../../options.ts';
import { timeStatistics } from '../../report/statistics.ts';
import type { ModelSummary } from '../../report/types/model.ts';
import type { MachinePeak, OutputSummary, RunReport, SanitizerReport } from '../../report/types/run.ts';
import type { EngineFacts, MeasuredRuns, OutputCheck, PreparedSession } from './engine-requests.ts';

export interface RunParts {
  readonly id: string;
  readonly model: ModelSummary;
  readonly prepared: PreparedSession;
  readonly measured: MeasuredRuns;
  readonly outputs: readonly OutputSummary[];
  readonly facts: EngineFacts;
  readonly peak?: MachinePeak;
  readonly check?: OutputCheck;
  readonly sanitizer?: SanitizerReport;
  readonly interleavedWith?: string;
}

/** Times are in nanoseconds, as they were measured. */
export function runReport(parts: RunParts): RunReport {
  const { prepared, measured, model } = parts;
  const options: CompileOptions = prepared.compile.options;
  const { cpu, node, v8, cores } = parts.facts;
  const samplesNs = measured.totalsNs.map(Math.round);
  return {
    id: parts.id,
    model: { name: model.name, sha256: model.sha256 },
    options,
    environment: { cpu, node, v8, cores },
    iterations: samplesNs.length,
    warmups: prepared.warmups,
    total: timeStatistics(samplesNs),
    samplesNs,
    steps: prepared.steps.map((step, index) => ({
      ...step,
      ...timeStatistics(measured.stepsNs.map(run => Math.round(run[index] ?? 0))),
    })),
    compileMs: prepared.compileMs,
    firstRunMs: prepared.firstRunMs,
    compile: prepared.compile,
    memory: {
      weightsBytes: prepared.memory.weightsBytes,
      arenaBytes: prepared.memory.arenaBytes,
      lowerBoundBytes: prepared.compile.asExecuted.lowerBoundBytes,
      unplannedBytes: prepared.compile.asExecuted.unplannedBytes,
      ...(parts.sanitizer && { touchedBytes: parts.sanitizer.touchedBytes }),
    },
    outputs: parts.outputs,
    ...(prepared.extents && { extents: prepared.extents }),
    ...(parts.peak && { peak: parts.peak }),
    ...(parts.check && { check: parts.check }),
    ...(parts.sanitizer && { sanitizer: parts.sanitizer }),
    ...(parts.interleavedWith !== undefined && { interleavedWith: parts.interleavedWith }),
    probe: prepared.probe,
  };
}
