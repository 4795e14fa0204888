// From a model and options to a warm session, and what can be asked of it: more runs, its outputs, a check.

import type { Graph, Tensor } from '../../ir/types.ts';
import { writeTensorProto } from '../../onnx/tensor-proto.ts';
import { stepTitle, titledNodes } from '../../report/step-title.ts';
import type { SanitizerReport, TensorExtents } from '../../report/types/run.ts';
import { checkIndices } from '../../runtime/check-indices.ts';
import type { Session } from '../../runtime/session.ts';
import { needsWarmUp } from '../../runtime/warm-up.ts';
import type {
  ComparedOutput,
  EngineRequestOf,
  MeasuredRuns,
  OutputCheck,
  PreparedSession,
  PreparedStep,
} from '../engines/engine-requests.ts';
import { badInput } from '../failure.ts';
import { compileModel, runnableGraph } from './compile-model.ts';
import { readySession } from './engine-session.ts';
import { untilIdle } from './idle.ts';
import { type OpenModel, withGivenDefaults } from './open-model.ts';
import { dimensionsOf, type GivenInput, inputData, readGivenInputs, withoutIndices } from './run-inputs.ts';
import { runOnce, StrayIndex } from './run-once.ts';
import { type FoundOutput, outputsOf, SessionChecks } from './session-checks.ts';
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

type PrepareRequest = Pick<EngineRequestOf<'prepare'>, 'options' | 'inputs' | 'warmUp'>;

/** A compiled program with its inputs, ready to run; `close` ends its threads. */
export class Prepared {
  readonly model: OpenModel;
  readonly facts: PreparedSession;
  readonly #session: Session;
  readonly #checks: SessionChecks;

  private constructor(model: OpenModel, session: Session, checks: SessionChecks, facts: PreparedSession) {
    this.model = model;
    this.#session = session;
    this.#checks = checks;
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
      // Of a large program V8 compiles on when runs have settled: what is timed beside it has fewer cores.
      if (request.warmUp) await untilIdle();
      keep();
      const usage = session.usage().byTag;
      const checks = new SessionChecks({ model, graph, session, inputs, inputSource: request.inputs });
      return new Prepared(model, session, checks, {
        compile: report(),
        importMs: model.importMs,
        compileMs,
        firstRunMs: (times[0] ?? 0) / 1e6,
        warmups: times.length - 1,
        steps: stepsOf(session, opened.model.graph),
        memory: { weightsBytes: usage.weights ?? 0, arenaBytes: usage.arena ?? 0 },
        probe: options.capture.length > 0,
        ...extentsFound(graph, session),
      });
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** Runs again, so many times; with outputs that are copied, the copying counts. */
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

  /** See `outputsOf`. */
  outputs(): FoundOutput[] {
    return outputsOf(this.#session);
  }

  /** See `SessionChecks`. */
  check(against: 'unfused' | 'reference', groups: boolean, work: Work): Promise<OutputCheck> {
    return this.#checks.check(against, groups ? this.facts.compile : undefined, work);
  }

  sanitize(work: Work): Promise<SanitizerReport> {
    return this.#checks.sanitize(work);
  }

  compare(request: EngineRequestOf<'compare'>): ComparedOutput[] {
    return this.#checks.compare(request);
  }

  /** An output as a TensorProto. Throws bad-input for one that there is not. */
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

/** Dimensions as they were given when the model was opened. */
function boundDims(model: OpenModel): Record<string, number> {
  return Object.fromEntries(
    model.summary.dimensions.flatMap(({ key, extent, reason }) =>
      reason === 'given' && extent !== undefined ? [[key, extent]] : [],
    ),
  );
}
