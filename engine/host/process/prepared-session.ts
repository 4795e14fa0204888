// From a model and options to a warm session, and what can be asked of it: more runs, its outputs, a check.

import type { Graph, Tensor } from '../../ir/types.ts';
import { writeTensorProto } from '../../onnx/tensor-proto.ts';
import type { CompileOptions } from '../../options.ts';
import type { Datum } from '../../reference/datum.ts';
import { containerOf, tensorsIn } from '../../report/data-file.ts';
import { stepTitle, titledNodes } from '../../report/step-title.ts';
import type { SanitizerReport, TensorExtents } from '../../report/types.ts';
import { checkIndices } from '../../runtime/check-indices.ts';
import { compareTensors } from '../../runtime/compare-tensors.ts';
import { sanitizerReport } from '../../runtime/sanitized-run.ts';
import type { Session } from '../../runtime/session.ts';
import { needsWarmUp } from '../../runtime/warm-up.ts';
import { IndexError } from '../../runtime/worker.ts';
import type {
  ComparedOutput,
  EngineRequestOf,
  InputSource,
  MeasuredRuns,
  OutputCheck,
  PreparedSession,
  PreparedStep,
} from '../engines/engine-requests.ts';
import { badInput, cancelled, Failure } from '../failure.ts';
import { readDataFile } from '../files/tensor-files.ts';
import { compileModel, runnableGraph } from './compile-model.ts';
import { createSession, readySession } from './engine-session.ts';
import { groupErrors } from './group-errors.ts';
import { type OpenModel, withGivenDefaults } from './open-model.ts';
import { dimensionsOf, type GivenInput, inputData, readGivenInputs, withoutIndices } from './run-inputs.ts';
import type { Work } from './work.ts';

const clockMs = (): number => performance.now();
const clockNs = (): number => performance.now() * 1e6;

/** Shapes that a run found, of the model's own tensors. */
function extentsFound({ values }: Graph, session: Session): { readonly extents?: TensorExtents[] } {
  const extents = [...session.extents()].flatMap(([id, shape]) => {
    const { bounded, shape: known } = values[id] ?? { shape };
    return bounded || !known ? [{ tensor: id, shape }] : [];
  });
  return extents.length > 0 ? { extents } : {};
}

/** Steps of a program as reports carry them, after a run and before any time is known. */
function stepsOf(session: Session, imported: Graph): PreparedStep[] {
  const known = titledNodes(imported);
  const inBodies = session.bodyWork();
  return session.program.steps.map(step => ({
    index: step.index,
    name: step.name,
    title: stepTitle(step.origin, step.fusedOps, known),
    op: step.op,
    fusedOps: step.fusedOps,
    nodes: step.origin,
    ...(step.group !== undefined && { group: step.group }),
    kind: step.kind,
    flops: step.flops + (inBodies.get(step.index)?.flops ?? 0),
    ...(inBodies.has(step.index) && { turns: inBodies.get(step.index)?.turns ?? 0 }),
    ...(step.sparedFlops !== undefined && { sparedFlops: step.sparedFlops }),
    bytesRead: step.bytesRead,
    bytesWritten: step.bytesWritten,
  }));
}

const baselines = new WeakMap<OpenModel, { readonly key: string; readonly outputs: readonly Tensor[] }>();

type PrepareRequest = Pick<EngineRequestOf<'prepare'>, 'options' | 'inputs' | 'warmUp'>;

/** A compiled program with its inputs, ready to run; `close` ends its threads. */
export class Prepared {
  readonly model: OpenModel;
  readonly facts: PreparedSession;
  readonly #graph: Graph;
  readonly #session: Session;
  readonly #inputs: readonly Datum[];
  readonly #inputSource: InputSource;

  private constructor(
    model: OpenModel,
    graph: Graph,
    session: Session,
    inputs: { readonly data: readonly Datum[]; readonly source: InputSource },
    facts: PreparedSession,
  ) {
    this.model = model;
    this.#graph = graph;
    this.#session = session;
    this.#inputs = inputs.data;
    this.#inputSource = inputs.source;
    this.facts = facts;
  }

  /** Compiles, loads, runs once and warms up. */
  static async create(model: OpenModel, request: PrepareRequest, work: Work): Promise<Prepared> {
    try {
      return await Prepared.#create(model, request, work);
    } catch (error) {
      // A whole number that was made up may be the index that lies outside: then they are all 0.
      if (!(error instanceof StrayIndex)) throw error;
      return Prepared.#create(model, request, work, withoutIndices);
    }
  }

  static async #create(
    opened: OpenModel,
    request: PrepareRequest,
    asked: Work,
    change?: (seeded: readonly Tensor[]) => readonly Tensor[],
  ): Promise<Prepared> {
    const given = readGivenInputs(opened.model, request.inputs);
    const model = withGivenDefaults(opened, given);
    const { programs, ...fresh } = asked;
    // Programs are kept by the model's file, which says nothing of what was given in its place.
    const work = programs && model === opened ? asked : fresh;
    // Tensors that are given fix dimensions, which those bound otherwise must not contradict.
    const fixed = dimensionsOf(model.summary.dimensions, given, request.options.dims);
    const dims = { ...boundDims(model), ...request.options.dims, ...fixed };
    const options = { ...request.options, dims };
    const start = clockMs();
    const graph = runnableGraph(model, options.dims);
    checkGiven(graph, given, model.name);
    // Who does not warm up wants outputs, not times.
    const searching = request.warmUp ? work : { ...work, known: model.searches };
    const compile = () => compileModel(model, graph, options, searching);
    const { session, report, keep } = await readySession(model, options, work, compile);
    const { program } = session;
    try {
      const inputs = inputData(graph, program.inputs, given, request.inputs.seed, change);
      session.setInputs(inputs);
      const compileMs = clockMs() - start;
      const times = [runOnce(session, work, 'first run').totalNs];
      while (request.warmUp && needsWarmUp(times)) times.push(runOnce(session, work, 'warm up').totalNs);
      keep();
      const usage = session.usage().byTag;
      return new Prepared(
        model,
        graph,
        session,
        { data: inputs, source: request.inputs },
        {
          compile: report(),
          importMs: model.importMs,
          compileMs,
          firstRunMs: (times[0] ?? 0) / 1e6,
          warmups: times.length - 1,
          steps: stepsOf(session, opened.model.graph),
          memory: { weightsBytes: usage.weights ?? 0, arenaBytes: usage.arena ?? 0 },
          probe: options.capture.length > 0,
          ...extentsFound(graph, session),
        },
      );
    } catch (error) {
      session.close();
      throw error;
    }
  }

  measure(
    { runs, copyOutputs }: Pick<EngineRequestOf<'measure'>, 'runs' | 'copyOutputs'>,
    work: Work,
  ): MeasuredRuns {
    const totalsNs: number[] = [];
    const stepsNs: number[][] = [];
    for (let run = 0; run < runs; run++) {
      const progress: Work['progress'] = (what, step, steps) =>
        work.progress(what, run * steps + step, runs * steps);
      const times = runOnce(this.#session, { ...work, progress }, 'measure');
      const ran = clockNs();
      if (copyOutputs) this.outputs();
      totalsNs.push(times.totalNs + (copyOutputs ? clockNs() - ran : 0));
      stepsNs.push([...times.stepNs]);
    }
    return { totalsNs, stepsNs };
  }

  /** Tensors in the outputs of the last run, those in captured values of a probe after them. */
  outputs(): { readonly id: number; readonly name: string; readonly tensor: Tensor }[] {
    return this.#session.program.outputs.flatMap(({ value, name }, index) =>
      tensorsIn(name, this.#session.readData(index)).map(found => ({ id: value, ...found })),
    );
  }

  /** The largest errors against the same model without fusion, minimal filtering, SIMD and threads, or interpreted; of groups too if asked. */
  async check(against: 'unfused' | 'reference', groups: boolean, work: Work): Promise<OutputCheck> {
    const expected = await this.#baseline(against, work);
    let [maxAbsError, maxRelError] = [0, 0];
    const outputs = this.outputs();
    if (expected.length !== outputs.length) throw new Error('the two ways give different numbers of tensors');
    expected.forEach((tensor, index) => {
      const output = outputs[index];
      if (!output) return;
      const errors = compareTensors(output.tensor, tensor);
      maxAbsError = Math.max(maxAbsError, errors.maxAbsError);
      maxRelError = Math.max(maxRelError, errors.maxRelError);
    });
    if (!groups) return { against, maxAbsError, maxRelError };
    const { groups: found, chains = [] } = this.facts.compile;
    const kept = chains.flatMap(chain => chain.kept);
    const { options } = this.#session.program;
    const compared = { options, plain: this.#plain('unfused'), outputs, kept };
    const run = (options: CompileOptions) => this.#runAs(options, work);
    return {
      against,
      maxAbsError,
      maxRelError,
      groups: await groupErrors(this.#graph, found, compared, run),
    };
  }

  /** Repeats the last run watched by the sanitizer, beside one in which every buffer has memory of its own. */
  async sanitize(work: Work): Promise<SanitizerReport> {
    const { program } = this.#session;
    const alone = compileModel(this.model, this.#graph, program.options, work, 'apart').program;
    const apart = await createSession(alone, this.model, work, { trace: true });
    try {
      const guarded = await createSession(program, this.model, work, { trace: true, sanitize: true });
      try {
        for (const session of [apart, guarded]) {
          session.setInputs(this.#inputs);
          runOnce(session, work, 'sanitize');
        }
        return sanitizerReport(apart, guarded);
      } finally {
        guarded.close();
      }
    } finally {
      apart.close();
    }
  }

  /** Outputs to check against. The last ones are kept, since one model is run again and again on one input. */
  async #baseline(against: 'unfused' | 'reference', work: Work): Promise<readonly Tensor[]> {
    const plain = this.#plain(against);
    const key = JSON.stringify([plain, this.#inputSource]);
    const known = baselines.get(this.model);
    if (known?.key === key) return known.outputs;
    const outputs = (await this.#runAs(plain, work)).map(({ tensor }) => tensor);
    // Files may change between runs: what was computed from them is not kept.
    if (this.#inputSource.kind === 'seeded') baselines.set(this.model, { key, outputs });
    return outputs;
  }

  #plain(against: 'unfused' | 'reference'): CompileOptions {
    return {
      ...this.#session.program.options,
      fusion: false,
      disabledGroups: [],
      planner: 'size',
      simd: 'scalar',
      threads: 1,
      // What minimal filtering rounds is part of the error.
      winograd: false,
      reference: against === 'reference',
    };
  }

  /** What the model gives on the same inputs when it is compiled otherwise. */
  async #runAs(options: CompileOptions, work: Work): Promise<{ name: string; tensor: Tensor }[]> {
    const { program } = compileModel(this.model, this.#graph, options, work);
    const session = await createSession(program, this.model, work);
    try {
      session.setInputs(this.#inputs);
      runOnce(session, work, 'check');
      return program.outputs.flatMap(({ name }, index) => tensorsIn(name, session.readData(index)));
    } finally {
      session.close();
    }
  }

  /** Each output against the file of the same position; the tensors of a container one by one. */
  compare(request: EngineRequestOf<'compare'>): ComparedOutput[] {
    const { outputs } = this.#session.program;
    const own = {
      ...(request.rtol !== undefined && { rtol: request.rtol }),
      ...(request.atol !== undefined && { atol: request.atol }),
    };
    return request.expected.flatMap((file, index) => {
      const view = outputs[index];
      if (!view) throw badInput(`the model has ${outputs.length} outputs: there is no output ${index}`, file);
      const datum = this.#session.readData(index);
      const actual = tensorsIn(view.name, datum);
      const expected = tensorsIn(view.name, readDataFile(file, containerOf(datum)));
      if (actual.length !== expected.length) {
        throw badInput(`${view.name}: expected ${expected.length} tensors, found ${actual.length}`, file);
      }
      return actual.flatMap(({ name, tensor }, i): ComparedOutput[] => {
        const wanted = expected[i];
        const { dtype, shape } = tensor;
        return wanted ? [{ name, dtype, shape, ...compareTensors(tensor, wanted.tensor, own) }] : [];
      });
    });
  }

  encode(index: number): { name: string; base64: string } {
    const output = this.outputs()[index];
    if (!output) throw badInput(`the model has no output ${index}`);
    const bytes = writeTensorProto(output.name, output.tensor);
    return { name: output.name, base64: Buffer.from(bytes).toString('base64') };
  }

  close(): void {
    this.#session.close();
  }
}

/** Throws bad-input where a given tensor holds an index that its axis does not have. */
function checkGiven(graph: Graph, given: ReadonlyMap<string, GivenInput>, name: string): void {
  try {
    checkIndices(
      graph,
      graph.inputs.map(id => given.get(graph.values[id]?.name ?? '')?.datum),
    );
  } catch (error) {
    if (error instanceof RangeError) throw badInput(error.message, name);
    throw error;
  }
}

/** Steps of a run longer than this are reported as they end. */
const PROGRESS_EVERY_MS = 100;

/** An index that the model computes from its inputs lies outside its axis. */
class StrayIndex extends Failure {
  constructor(message: string) {
    super('bad-input', message, 'the run');
  }
}

function runOnce(session: Session, work: Work, what: string) {
  const steps = session.program.steps.length;
  let told = clockMs();
  const stepped = (step: number): void => {
    if (clockMs() - told < PROGRESS_EVERY_MS) return;
    told = clockMs();
    work.progress(what, step + 1, steps);
  };
  try {
    const times = session.run(stepped);
    if (!times) throw cancelled();
    return times;
  } catch (error) {
    if (error instanceof IndexError) throw new StrayIndex(error.message);
    throw error;
  }
}

/** Dimensions as they were given when the model was opened. */
function boundDims(model: OpenModel): Record<string, number> {
  return Object.fromEntries(
    model.summary.dimensions.flatMap(({ key, extent, reason }) =>
      reason === 'given' && extent !== undefined ? [[key, extent]] : [],
    ),
  );
}
