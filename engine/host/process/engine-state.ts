// What is open in an engine process: models, sessions made of them, and values that probe runs captured.

import { loadConstant } from '../../ir/constants/constant.ts';
import type { Constant, Tensor, ValueId } from '../../ir/types.ts';
import { badInput } from '../failure.ts';
import type { OpenModel } from './open-model.ts';
import type { Prepared } from './prepared-session.ts';
import { weightOf } from './summary.ts';

/** What is open in one engine process: models and sessions by name. Errors: bad-input for names it does not know. */
export class EngineState {
  readonly #models = new Map<string, OpenModel>();
  readonly #sessions = new Map<string, Prepared>();
  /** of the last probe run of each model */
  readonly #captured = new Map<string, ReadonlyMap<number, Tensor>>();

  /** Throws bad-input for a name under which none is open. */
  model(name: string): OpenModel {
    const model = this.#models.get(name);
    if (!model) throw badInput(`expected an open model, found "${name}"`, 'model');
    return model;
  }

  /** Whatever had the name is closed. */
  addModel(name: string, model: OpenModel): void {
    this.#models.get(name)?.close();
    this.#models.set(name, model);
  }

  /** Closes a model and all sessions of it, if it is open. */
  closeModel(name: string): void {
    const model = this.#models.get(name);
    for (const [session, prepared] of this.#sessions)
      if (prepared.model === model) this.closeSession(session);
    model?.close();
    this.#models.delete(name);
    this.#captured.delete(name);
  }

  /** Throws bad-input for a name under which none is prepared. */
  session(name: string): Prepared {
    const session = this.#sessions.get(name);
    if (!session) throw badInput(`expected a prepared session, found "${name}"`, 'session');
    return session;
  }

  addSession(name: string, session: Prepared): void {
    this.#sessions.set(name, session);
  }

  closeSession(name: string): void {
    this.#sessions.get(name)?.close();
    this.#sessions.delete(name);
  }

  /** Keeps what a probe run of a model captured, by value id, in the place of what the one before did. */
  capture(model: OpenModel, values: ReadonlyMap<number, Tensor>): void {
    for (const [name, open] of this.#models) if (open === model) this.#captured.set(name, values);
  }

  /** A constant, or what the last probe run captured. Throws bad-input where there is neither. */
  tensor(model: string, id: number): { readonly name: string; readonly data: Tensor } {
    const { graph, read } = this.model(model);
    const value = graph.values[id as ValueId];
    if (!value) throw badInput(`expected the id of a tensor, found ${id}`, 'tensor');
    const known = this.#captured.get(model)?.get(id);
    if (known) return { name: value.name, data: known };
    const constant = weightOf(graph, value) ?? value.constant;
    if (!constant) {
      const message = `${value.name} has no value yet: run with this tensor captured to look at it`;
      throw badInput(message, value.name);
    }
    return { name: value.name, data: loadConstant(constant, read) };
  }
}

/** Throws bad-input for what is no weight of the model. */
export function weightIn({ graph }: OpenModel, id: number): Constant {
  const value = graph.values[id as ValueId];
  const constant = value && (weightOf(graph, value) ?? value.constant);
  if (!constant) throw badInput(`expected the id of a weight, found ${id}`, 'pairs');
  return constant;
}
