// What an engine does for each request: one table, name → handler.

import { measureCopying, measurePeak } from '../../codegen/measure/peak.ts';
import { ADDRESSABLE_BYTES, tensorBytes } from '../../ir/tensor.ts';
import type { CompileOptions } from '../../options.ts';
import type { MemoryOptions } from '../../pipeline.ts';
import { isTensor } from '../../reference/datum.ts';
import { ofImported } from '../../report/compile-report.ts';
import { givenShared } from '../../report/given-shared.ts';
import { givenView } from '../../report/plan-view.ts';
import { givenSchedule } from '../../report/what-if/given-schedule.ts';
import { orderOf } from '../../report/what-if/order-change.ts';
import { whatIfReport } from '../../report/what-if/report.ts';
import { SAMPLES } from '../../samples/index.ts';
import type { ProgramCache } from '../cache/program-cache.ts';
import type { EngineReplies, EngineRequestName, EngineRequestOf } from '../engines/engine-requests.ts';
import { badInput } from '../failure.ts';
import { writeNpy } from '../files/npy.ts';
import { compareWeights } from './compare-weights.ts';
import { compileOptimised } from './compile-ahead.ts';
import { compileModel, givenGraph, plannableGraph } from './compile-model.ts';
import { runCompiledCase } from './conformance.ts';
import { tooLarge } from './engine-session.ts';
import { EngineState, weightIn } from './engine-state.ts';
import { functionsIn } from './generated-code.ts';
import { untilIdle } from './idle.ts';
import { openModel } from './open-model.ts';
import { Prepared } from './prepared-session.ts';
import { readGivenInputs } from './run-inputs.ts';
import { measureSharedPeak } from './shared-peak.ts';
import { sliceOf, summarizeOutput } from './tensor-slice.ts';
import { tune } from './tune.ts';
import { checkCancelled, isCancelled, type Work } from './work.ts';

/** A message is one string; base64 makes a third more of it. */
const MOST_NPY_BYTES = 2 ** 28;

const PROGRESS_EVERY_MS = 100;

type Handlers = {
  readonly [N in EngineRequestName]: (
    request: EngineRequestOf<N>,
    work: Work,
  ) => EngineReplies[N] | Promise<EngineReplies[N]>;
};

/** `programs`: where sessions that may look for their program. */
export function createHandlers(programs?: ProgramCache): Handlers {
  const state = new EngineState();
  return {
    ...modelHandlers(state),
    ...planHandlers(state),
    ...sessionHandlers(state, programs),
    ...machineHandlers(),
  };
}

/** Models, and what can be looked at in them. */
function modelHandlers(state: EngineState) {
  return {
    samples: () => SAMPLES.map(({ name, title, description }) => ({ name, title, description })),

    open({ model, source, dims }) {
      const opened = openModel(source, dims);
      state.addModel(model, opened);
      return opened.summary;
    },

    close({ model }) {
      state.closeModel(model);
      return {};
    },

    input({ model, file }) {
      const [given] = readGivenInputs(state.model(model).model, {
        kind: 'files',
        files: [file],
        seed: 0,
      }).values();
      if (!given || !isTensor(given.datum)) return {};
      const { datum, from } = given;
      return { dtype: datum.dtype, shape: datum.shape, ...(from && { from }) };
    },

    tensor: ({ model, tensor, start, count }) =>
      sliceOf(tensor, state.tensor(model, tensor).data, start, count),

    weights({ model, before, pairs }, work) {
      const [a, b] = [state.model(before), state.model(model)];
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
      const { name, data } = state.tensor(model, tensor);
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
  } satisfies Partial<Handlers>;
}

type PlanRequest = EngineRequestOf<'compile'>;

/** What is compiled to be looked at, and not run. */
function planHandlers(state: EngineState) {
  return {
    compile: (request, work) => compiledFor(state, request, work).report,

    given(request, work) {
      const { imported, given } = givenFor(state, request, work);
      const view = ofImported(imported, givenView(given, request.options.planner, stoppedBy(work)));
      checkCancelled(work);
      return view;
    },

    peaks({ model, options, given: strategy }, work) {
      const { given } = givenFor(state, { model, options }, work);
      const apart: CompileOptions = { ...options, overlap: false, lean: 'off' };
      const { asExecuted } = compiledFor(state, { model, options: apart }, work).report;
      const { peakBytes, lowerBoundBytes, optimal } = asExecuted;
      const withAliasing = givenShared(given, strategy, stoppedBy(work));
      const order = orderOf(givenSchedule(given).schedule, stoppedBy(work));
      checkCancelled(work);
      return { withAliasing, withoutOverlap: { peakBytes, lowerBoundBytes, optimal }, order };
    },

    whatIf({ model, options, budgetBytes, pools, times, changes, limitMs }, work) {
      const { given } = givenFor(state, { model, options }, work);
      const asked = { budgetBytes, pools, times, changes, limitMs };
      const isWanted = changes || budgetBytes !== undefined;
      const program = isWanted ? programMemory(state, { model, options }, work) : undefined;
      const report = whatIfReport(
        given,
        { ...asked, ...(program && { program }) },
        stoppedBy(work),
        work.progress,
      );
      checkCancelled(work);
      return report;
    },

    code({ model, options, group }, work) {
      const { program } = compiledFor(state, { model, options }, work);
      const step = program.steps.find(candidate => candidate.group === group);
      if (step?.kind !== 'kernel')
        throw badInput(`expected the id of a fused group, found "${group}"`, 'group');
      if (program.module.length === 0) throw tooLarge(program, ADDRESSABLE_BYTES, state.model(model).name);
      const names = step.phases.map(phase => phase.function);
      return { text: functionsIn(program.module, names), moduleBytes: program.module.length };
    },

    tune({ model, options }, work) {
      const opened = state.model(model);
      return { measured: tune(opened, plannableGraph(opened, options.dims), options, work) };
    },
  } satisfies Partial<Handlers>;
}

const stoppedBy = (work: Work) => ({ cancelled: () => isCancelled(work) });

function compiledFor(state: EngineState, { model, options }: PlanRequest, work: Work) {
  const opened = state.model(model);
  return compileModel(opened, plannableGraph(opened, options.dims), options, work, 'plan');
}

/** The graph as it was imported, and as it is planned as given. */
function givenFor(state: EngineState, { model, options }: PlanRequest, work: Work) {
  const opened = state.model(model);
  const imported = plannableGraph(opened, options.dims);
  return { imported, given: givenGraph(opened, imported, options, work) };
}

/** What the program needs, and would with other settings. */
function programMemory(state: EngineState, request: PlanRequest, work: Work) {
  const compiled = compiledFor(state, request, work);
  const plan = (settings: MemoryOptions) => {
    checkCancelled(work);
    const { arena, chains } = compiled.plan(settings);
    return { problem: arena.liveness.problem, result: arena.result, chains };
  };
  return { options: request.options, plan };
}

/** Sessions: prepared, run, checked, and what they computed. */
function sessionHandlers(state: EngineState, programs: ProgramCache | undefined) {
  return {
    async prepare(request, work) {
      state.closeSession(request.session);
      const looking = request.cache && programs ? { ...work, programs } : work;
      const session = await Prepared.create(state.model(request.model), request, looking);
      state.addSession(request.session, session);
      return session.facts;
    },

    measure: (request, work) => state.session(request.session).measure(request, work),

    check: ({ session, against, groups }, work) => state.session(session).check(against, groups, work),

    outputs({ session }) {
      const prepared = state.session(session);
      const outputs = prepared.outputs();
      if (prepared.facts.probe) {
        state.capture(prepared.model, new Map(outputs.map(({ id, tensor }) => [id, tensor])));
      }
      const own = new Set<number>(prepared.model.graph.outputs);
      const shown = outputs.filter(({ id }) => own.has(id));
      return shown.map(({ name, tensor }) => summarizeOutput(name, tensor));
    },

    compare: request => state.session(request.session).compare(request),

    encode: ({ session, output }) => state.session(session).encode(output),

    sanitize: ({ session }, work) => state.session(session).sanitize(work),

    release({ session }) {
      state.closeSession(session);
      return {};
    },
  } satisfies Partial<Handlers>;
}

/** What asks for no open model. */
function machineHandlers() {
  return {
    peak({ simd }) {
      const clockMs = () => performance.now();
      return {
        flopsPerSecond: measurePeak(simd, clockMs, compileOptimised),
        bytesPerSecond: measureCopying(clockMs),
      };
    },

    sharedPeak: async ({ simd, threads }) => ({
      flopsPerSecond: await measureSharedPeak(simd, threads, () => performance.now()),
    }),

    async rest() {
      await untilIdle();
      return {};
    },

    case: ({ case: one, options }, work) => runCompiledCase(one, options, work),
  } satisfies Partial<Handlers>;
}
