// Input data of the model shown: files the user picks, tensors made from images, or random.
// Invariant: what does not fit its input is not given; who gave it is told what was expected.

import type { GivenFacts } from '../../../engine/protocol.ts';
import { type Bridge, type PickedFile, type RequestControl, RequestFailure } from '../../bridge/bridge.ts';
import { activeModel, type ChosenInput, type OpenModel } from '../app-state.ts';
import { fitOf } from '../derived/given-fit.ts';
import { type AppStore, errorOf, runJob, updateModel } from '../store.ts';
import type { Bound } from './reopening.ts';

/** A tensor made in the page, as the bytes of a .npy file. */
export interface MadeInput {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly label: string;
  readonly found: GivenFacts;
}

/** Why a file was not taken; undefined where it was, or where that was cancelled. */
type Refusal = string | undefined;

/** The actions that give inputs data; `bind` binds the dimensions that a tensor decides. */
export function createGiving(
  store: AppStore,
  bridge: Bridge,
  bind: (model: OpenModel, dims: Readonly<Record<string, number>>) => Promise<Bound>,
) {
  const put = (id: string, name: string, chosen: ChosenInput | undefined): void =>
    updateModel(store, id, (model): OpenModel => {
      const given = new Map(model.inputs.given);
      if (chosen) given.set(name, chosen);
      else given.delete(name);
      return { ...model, inputs: { ...model.inputs, given } };
    });
  /** Gives what was read, if it fits; dimensions that nobody has bound become what it has. */
  const giveFitting = async (model: OpenModel, name: string, chosen: ChosenInput): Promise<Refusal> => {
    if (activeModel(store.getState())?.id !== model.id) return undefined;
    const input = model.summary.graph.tensors.find(tensor => tensor.kind === 'input' && tensor.name === name);
    if (!input) return undefined;
    const fit = fitOf(model.summary, input, chosen.found);
    if (!fit.fits) return fit.why;
    if (Object.keys(fit.dims).length === 0) put(model.id, name, chosen);
    else {
      // By then another model may be shown.
      const bound = await bind(model, { ...boundBy(model), ...fit.dims });
      if (bound.refused !== undefined) return bound.refused;
      if (bound.model !== undefined) put(bound.model, name, chosen);
    }
    return undefined;
  };
  /** Reads, checks and gives. What is wrong with the file is said where it was chosen. */
  const give = async (
    name: string,
    job: string,
    read: (model: OpenModel, control: RequestControl) => Promise<ChosenInput>,
  ): Promise<Refusal> => {
    const model = activeModel(store.getState());
    if (!model) return undefined;
    const chosen = await runJob(store, job, async control => read(model, control).catch(refusalOf), model.id);
    if (chosen === undefined || typeof chosen === 'string') return chosen;
    return giveFitting(model, name, chosen);
  };
  return {
    /** A .npy or .pb file for an input. Resolves with why it was refused, if it was. */
    giveFile: (name: string, picked: PickedFile): Promise<Refusal> =>
      give(name, `Reading ${picked.path}`, async (model, control) => {
        const source = await bridge.sourceOf([picked], picked, control);
        const found = await bridge.request('input', { model: model.id, input: { name, source } }, control);
        const { from, dtype } = found;
        const label = from === undefined ? picked.path : `${picked.path}, ${from} as ${dtype}`;
        return { source, label, found };
      }),
    /** A tensor made from an image in the page. Resolves with why it could not be, if so. */
    giveMade: (name: string, where: string, make: () => Promise<MadeInput>): Promise<Refusal> =>
      give(name, `Reading ${where}`, async (_model, control) => {
        const { bytes, label, found } = await make().catch((error: unknown) => {
          const message = `expected an image that can be decoded (${error instanceof Error ? error.message : error})`;
          throw new RequestFailure({ id: 'bad-input', where, message });
        });
        const source = await bridge.sourceOfMade(`${name.replace(/[^\w.-]+/g, '-')}.npy`, bytes, control);
        return { source, label, found, image: true };
      }),
    /** Random again. */
    giveRandom(name: string): void {
      const shown = activeModel(store.getState());
      if (shown) put(shown.id, name, undefined);
    },
    setSeed(seed: number): void {
      const model = activeModel(store.getState());
      if (model) updateModel(store, model.id, now => ({ ...now, inputs: { ...now.inputs, seed } }));
    },
  };
}

/** Dimensions that the user has bound. */
const boundBy = ({ summary }: OpenModel): Readonly<Record<string, number>> =>
  Object.fromEntries(
    summary.dimensions.flatMap(({ key, extent, reason }) =>
      reason === 'given' && extent !== undefined ? [[key, extent]] : [],
    ),
  );

/** What is said beside the field; that it was cancelled, or that the engine is gone, is said elsewhere. */
function refusalOf(failure: unknown): string {
  const { id, message, where } = errorOf(failure);
  if (id !== 'bad-input' && id !== 'unsupported') throw failure;
  return where === undefined ? message : `${where}: ${message}`;
}
