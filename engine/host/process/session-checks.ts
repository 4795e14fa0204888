// Whether a session computes what it should: against the same model compiled otherwise, against files, and under the
// sanitizer.

import type { Graph, Tensor } from '../../ir/types.ts';
import type { CompileOptions } from '../../options.ts';
import type { Datum } from '../../reference/datum.ts';
import { containerOf, tensorsIn } from '../../report/data-file.ts';
import type { CompileReport } from '../../report/types/compile.ts';
import type { SanitizerReport } from '../../report/types/run.ts';
import { compareTensors } from '../../runtime/compare-tensors.ts';
import { sanitizerReport } from '../../runtime/sanitized-run.ts';
import type { Session } from '../../runtime/session.ts';
import type {
  ComparedOutput,
  EngineRequestOf,
  InputSource,
  OutputCheck,
} from '../engines/engine-requests.ts';
import { badInput } from '../failure.ts';
import { readDataFile } from '../files/tensor-files.ts';
import { compileModel } from './compile-model.ts';
import { createSession } from './engine-session.ts';
import { groupErrors } from './group-errors.ts';
import type { OpenModel } from './open-model.ts';
import { runOnce } from './run-once.ts';
import type { Work } from './work.ts';

const baselines = new WeakMap<OpenModel, { readonly key: string; readonly outputs: readonly Tensor[] }>();

/** A session, and what it was made of. */
interface Checked {
  readonly model: OpenModel;
  readonly graph: Graph;
  readonly session: Session;
  readonly inputs: readonly Datum[];
  readonly inputSource: InputSource;
}

/** A tensor in an output, by the value it belongs to. */
export interface FoundOutput {
  readonly id: number;
  readonly name: string;
  readonly tensor: Tensor;
}

/** Tensors in the outputs of the last run, those in captured values of a probe after them. */
export function outputsOf(session: Session): FoundOutput[] {
  return session.program.outputs.flatMap(({ value, name }, index) =>
    tensorsIn(name, session.readData(index)).map(found => ({ id: value, ...found })),
  );
}

/** The last run of a session, looked at. */
export class SessionChecks {
  readonly #of: Checked;

  constructor(of: Checked) {
    this.#of = of;
  }

  /**
   * The largest errors against the same model without fusion, minimal filtering, SIMD and threads, or interpreted; of
   * the groups that `compiled` tells of too, if asked.
   */
  async check(
    against: 'unfused' | 'reference',
    compiled: CompileReport | undefined,
    work: Work,
  ): Promise<OutputCheck> {
    const expected = await this.#baseline(against, work);
    let [maxAbsError, maxRelError] = [0, 0];
    const outputs = outputsOf(this.#of.session);
    if (expected.length !== outputs.length) throw new Error('the two ways give different numbers of tensors');
    expected.forEach((tensor, index) => {
      const output = outputs[index];
      if (!output) return;
      const errors = compareTensors(output.tensor, tensor);
      maxAbsError = Math.max(maxAbsError, errors.maxAbsError);
      maxRelError = Math.max(maxRelError, errors.maxRelError);
    });
    if (!compiled) return { against, maxAbsError, maxRelError };
    const { groups: found, chains = [] } = compiled;
    const kept = chains.flatMap(chain => chain.kept);
    const { options } = this.#of.session.program;
    const compared = { options, plain: this.#plain('unfused'), outputs, kept };
    const run = (options: CompileOptions) => this.#runAs(options, work);
    return {
      against,
      maxAbsError,
      maxRelError,
      groups: await groupErrors(this.#of.graph, found, compared, run),
    };
  }

  /** Repeats the last run watched by the sanitizer, beside one in which every buffer has memory of its own. */
  async sanitize(work: Work): Promise<SanitizerReport> {
    const { program } = this.#of.session;
    const alone = compileModel(this.#of.model, this.#of.graph, program.options, work, 'apart').program;
    const apart = await createSession(alone, this.#of.model, work, { trace: true });
    try {
      const guarded = await createSession(program, this.#of.model, work, { trace: true, sanitize: true });
      try {
        for (const session of [apart, guarded]) {
          session.setInputs(this.#of.inputs);
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

  /** Each output against the file of the same position; the tensors of a container one by one. */
  compare(request: EngineRequestOf<'compare'>): ComparedOutput[] {
    const { outputs } = this.#of.session.program;
    const own = {
      ...(request.rtol !== undefined && { rtol: request.rtol }),
      ...(request.atol !== undefined && { atol: request.atol }),
    };
    return request.expected.flatMap((file, index) => {
      const view = outputs[index];
      if (!view) throw badInput(`the model has ${outputs.length} outputs: there is no output ${index}`, file);
      const datum = this.#of.session.readData(index);
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

  /** Outputs to check against. The last ones are kept, since one model is run again and again on one input. */
  async #baseline(against: 'unfused' | 'reference', work: Work): Promise<readonly Tensor[]> {
    const plain = this.#plain(against);
    const key = JSON.stringify([plain, this.#of.inputSource]);
    const known = baselines.get(this.#of.model);
    if (known?.key === key) return known.outputs;
    const outputs = (await this.#runAs(plain, work)).map(({ tensor }) => tensor);
    // Files may change between runs: what was computed from them is not kept.
    if (this.#of.inputSource.kind === 'seeded') baselines.set(this.#of.model, { key, outputs });
    return outputs;
  }

  #plain(against: 'unfused' | 'reference'): CompileOptions {
    return {
      ...this.#of.session.program.options,
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
    const { program } = compileModel(this.#of.model, this.#of.graph, options, work);
    const session = await createSession(program, this.#of.model, work);
    try {
      session.setInputs(this.#of.inputs);
      runOnce(session, work, 'check');
      return program.outputs.flatMap(({ name }, index) => tensorsIn(name, session.readData(index)));
    } finally {
      session.close();
    }
  }
}
