// What an engine does for each request: one table, name → handler. State: open models and prepared sessions.

import { measureCopying, measurePeak } from '../../codegen/peak.ts';
import { loadConstant } from '../../ir/constant.ts';
import { ADDRESSABLE_BYTES, tensorBytes } from '../../ir/tensor.ts';
import type { Constant, Tensor, ValueId } from '../../ir/types.ts';
import type { CompileOptions } from '../../options.ts';
import type { MemoryOptions } from '../../pipeline.ts';
import { isTensor } from '../../reference/datum.ts';
import { givenShared } from '../../report/given-shared.ts';
import { givenSchedule } from '../../report/what-if/given-schedule.ts';
import { orderOf } from '../../report/what-if/order-change.ts';
import { whatIfReport } from '../../report/what-if/report.ts';
import { SAMPLES } from '../../samples/index.ts';
import type { ProgramCache } from '../cache/program-cache.ts';
import type { EngineReplies, EngineRequestName, EngineRequestOf } from '../engines/engine-requests.ts';
import { badInput } from '../failure.ts';
import { writeNpy } from '../files/npy.ts';
import { compareWeights } from './compare-weights.ts';
import { compileModel, givenGraph, plannableGraph } from './compile-model.ts';
import { runCompiledCase } from './conformance.ts';
import { tooLarge } from './engine-session.ts';
import { functionsIn } from './generated-code.ts';
import { type OpenModel, openModel } from './open-model.ts';
import { Prepared } from './prepared-session.ts';
import { readGivenInputs } from './run-inputs.ts';
import { measureSharedPeak } from './shared-peak.ts';
import { weightOf } from './summary.ts';
import { sliceOf, summarizeOutput } from './tensor-slice.ts';
import { tune } from './tune.ts';
import { checkCancelled, type Work } from './work.ts';

/** A message is one string; base64 makes a third more of it. */
const MOST_NPY_BYTES = 2 ** 28;

const PROGRESS_EVERY_MS = 100;

/** Throws bad-input for what is no weight of the model. */
function weightIn({ graph }: OpenModel, id: number): Constant {
  const value = graph.values[id as ValueId];
  const constant = value && (weightOf(graph, value) ?? value.constant);
  if (!constant) throw badInput(`expected the id of a weight, found ${id}`, 'pairs');
  return constant;
}

type Handlers = {
  readonly [N in EngineRequestName]: (
    request: EngineRequestOf<N>,
    work: Work,
  ) => EngineReplies[N] | Promise<EngineReplies[N]>;
};

/** `programs`: where sessions that may look for their program. */
export function createHandlers(programs?: ProgramCache): Handlers {
  const models = new Map<string, OpenModel>();
  const sessions = new Map<string, Prepared>();
  /** values captured by the last probe run of each model */
  const captured = new Map<string, ReadonlyMap<number, Tensor>>();

  const modelOf = (name: string): OpenModel => {
    const model = models.get(name);
    if (!model) throw badInput(`expected an open model, found "${name}"`, 'model');
    return model;
  };
  /** A constant, or what the last probe run captured. */
  const tensorIn = (model: string, id: number): { readonly name: string; readonly data: Tensor } => {
    const { graph, read } = modelOf(model);
    const value = graph.values[id as ValueId];
    if (!value) throw badInput(`expected the id of a tensor, found ${id}`, 'tensor');
    const known = captured.get(model)?.get(id);
    if (known) return { name: value.name, data: known };
    const constant = weightOf(graph, value) ?? value.constant;
    if (!constant) {
      const message = `${value.name} has no value yet: run with this tensor captured to look at it`;
      throw badInput(message, value.name);
    }
    return { name: value.name, data: loadConstant(constant, read) };
  };
  const sessionOf = (name: string): Prepared => {
    const session = sessions.get(name);
    if (!session) throw badInput(`expected a prepared session, found "${name}"`, 'session');
    return session;
  };
  const release = (name: string): void => {
    sessions.get(name)?.close();
    sessions.delete(name);
  };
  const compiledFor = (request: EngineRequestOf<'compile'>, work: Work) => {
    const model = modelOf(request.model);
    const graph = plannableGraph(model, request.options.dims);
    return compileModel(model, graph, request.options, work, 'plan');
  };
  const compileFor = (request: EngineRequestOf<'compile'>, work: Work) => compiledFor(request, work).report;
  /** What the program needs, and would with other settings. */
  const programMemory = (request: EngineRequestOf<'compile'>, work: Work) => {
    const compiled = compiledFor(request, work);
    const plan = (settings: MemoryOptions) => {
      checkCancelled(work);
      const { arena, chains } = compiled.plan(settings);
      return { problem: arena.liveness.problem, result: arena.result, chains };
    };
    return { options: request.options, plan };
  };

  return {
    samples: () => SAMPLES.map(({ name, title, description }) => ({ name, title, description })),

    open({ model, source, dims }) {
      const opened = openModel(source, dims);
      models.get(model)?.close();
      models.set(model, opened);
      return opened.summary;
    },

    close({ model }) {
      for (const [name, session] of sessions) if (session.model === models.get(model)) release(name);
      models.get(model)?.close();
      models.delete(model);
      captured.delete(model);
      return {};
    },

    input({ model, file }) {
      const [given] = readGivenInputs(modelOf(model).model, {
        kind: 'files',
        files: [file],
        seed: 0,
      }).values();
      return given && isTensor(given.datum) ? { dtype: given.datum.dtype, shape: given.datum.shape } : {};
    },

    compile: compileFor,

    peaks({ model, options }, work) {
      const opened = modelOf(model);
      const given = givenGraph(opened, plannableGraph(opened, options.dims), options, work);
      const cancelled = () => Atomics.load(work.cancel, 0) !== 0;
      const apart: CompileOptions = { ...options, overlap: false, lean: 'off' };
      const { asExecuted } = compileFor({ model, options: apart }, work);
      const { peakBytes, lowerBoundBytes, optimal } = asExecuted;
      const withAliasing = givenShared(given, options.planner, { cancelled });
      const order = orderOf(givenSchedule(given).schedule, { cancelled });
      checkCancelled(work);
      return { withAliasing, withoutOverlap: { peakBytes, lowerBoundBytes, optimal }, order };
    },

    whatIf({ model, options, budgetBytes, pools, times, changes }, work) {
      const opened = modelOf(model);
      const graph = givenGraph(opened, plannableGraph(opened, options.dims), options, work);
      const control = { cancelled: () => Atomics.load(work.cancel, 0) !== 0 };
      const asked = { budgetBytes, pools, times, changes };
      const isWanted = changes || budgetBytes !== undefined;
      const program = isWanted ? programMemory({ model, options }, work) : undefined;
      const report = whatIfReport(graph, { ...asked, ...(program && { program }) }, control, work.progress);
      checkCancelled(work);
      return report;
    },

    tensor: ({ model, tensor, start, count }) => sliceOf(tensor, tensorIn(model, tensor).data, start, count),

    weights({ model, before, pairs }, work) {
      const [a, b] = [modelOf(before), modelOf(model)];
      const constants = pairs.map(([x, y]) => ({ before: weightIn(a, x), after: weightIn(b, y) }));
      let told = performance.now();
      return compareWeights(constants, { before: a.read, after: b.read }, done => {
        checkCancelled(work);
        if (performance.now() - told < PROGRESS_EVERY_MS) return;
        told = performance.now();
        work.progress('weights', done, constants.length);
      });
    },

    npy({ model, tensor }) {
      const { name, data } = tensorIn(model, tensor);
      const bytes = tensorBytes(data.dtype, data.shape);
      if (bytes > MOST_NPY_BYTES)
        throw badInput(`expected at most ${MOST_NPY_BYTES} bytes to send, found ${bytes}`, name);
      const text = Buffer.from(writeNpy(data, name)).toString('base64');
      return {
        fileName: `${name.replace(/[^\w.-]+/g, '-')}.npy`,
        mime: 'application/octet-stream',
        text,
        encoding: 'base64',
      };
    },

    code({ model, options, group }, work) {
      const opened = modelOf(model);
      const { program } = compileModel(opened, plannableGraph(opened, options.dims), options, work, 'plan');
      const step = program.steps.find(candidate => candidate.group === group);
      if (step?.kind !== 'kernel')
        throw badInput(`expected the id of a fused group, found "${group}"`, 'group');
      if (program.module.length === 0) throw tooLarge(program, ADDRESSABLE_BYTES, opened.name);
      const names = step.phases.map(phase => phase.function);
      return { text: functionsIn(program.module, names), moduleBytes: program.module.length };
    },

    async prepare(request, work) {
      release(request.session);
      const looking = request.cache && programs ? { ...work, programs } : work;
      const session = await Prepared.create(modelOf(request.model), request, looking);
      sessions.set(request.session, session);
      return session.facts;
    },

    measure: (request, work) => sessionOf(request.session).measure(request, work),

    check: ({ session, against, groups }, work) => sessionOf(session).check(against, groups, work),

    outputs({ session }) {
      const prepared = sessionOf(session);
      const outputs = prepared.outputs();
      if (prepared.facts.probe) {
        const name = [...models].find(([, model]) => model === prepared.model)?.[0] ?? '';
        captured.set(name, new Map(outputs.map(({ id, tensor }) => [id, tensor])));
      }
      const own = new Set<number>(prepared.model.graph.outputs);
      const shown = outputs.filter(({ id }) => own.has(id));
      return shown.map(({ name, tensor }) => summarizeOutput(name, tensor));
    },

    compare: request => sessionOf(request.session).compare(request),

    encode: ({ session, output }) => sessionOf(session).encode(output),

    sanitize: ({ session }, work) => sessionOf(session).sanitize(work),

    tune({ model, options }, work) {
      const opened = modelOf(model);
      return { measured: tune(opened, plannableGraph(opened, options.dims), options, work) };
    },

    peak({ simd }) {
      const clockMs = () => performance.now();
      return { flopsPerSecond: measurePeak(simd, clockMs), bytesPerSecond: measureCopying(clockMs) };
    },

    sharedPeak: async ({ simd, threads }) => ({
      flopsPerSecond: await measureSharedPeak(simd, threads, () => performance.now()),
    }),

    release({ session }) {
      release(session);
      return {};
    },

    case: ({ case: one, options }, work) => runCompiledCase(one, options, work),
  };
}
