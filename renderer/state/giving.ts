// Input data of the model shown: files the user picks, tensors made from images, or random.

import { type Bridge, type PickedFile, RequestFailure } from '../bridge/bridge.ts';
import { activeModel, type ChosenInput, type OpenModel } from './app-state.ts';
import { type AppStore, runJob, updateModel } from './store.ts';

/** A tensor made in the page, as the bytes of a .npy file. */
export interface MadeInput {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly label: string;
}

export function createGiving(store: AppStore, bridge: Bridge) {
  const give = (id: string, name: string, chosen: ChosenInput | undefined): void =>
    updateModel(store, id, (model): OpenModel => {
      const given = new Map(model.inputs.given);
      if (chosen) given.set(name, chosen);
      else given.delete(name);
      return { ...model, inputs: { ...model.inputs, given } };
    });
  const withModel = async (work: (model: OpenModel) => Promise<void>): Promise<void> => {
    const model = activeModel(store.getState());
    if (model) await work(model);
  };
  return {
    /** A .npy or .pb file for an input. */
    giveFile: (name: string, picked: PickedFile): Promise<void> =>
      withModel(async ({ id }) => {
        const job = `Reading ${picked.path}`;
        const source = await runJob(store, job, control => bridge.sourceOf([picked], picked, control), id);
        if (source) give(id, name, { source, label: picked.path });
      }),
    /** A tensor made from a file in the page. What goes wrong there becomes a notice. */
    giveMade: (name: string, where: string, make: () => Promise<MadeInput>): Promise<void> =>
      withModel(async ({ id }) => {
        const chosen = await runJob(
          store,
          `Reading ${where}`,
          async (control): Promise<ChosenInput> => {
            const { bytes, label } = await make().catch((error: unknown) => {
              const message = `expected an image that can be decoded (${error instanceof Error ? error.message : error})`;
              throw new RequestFailure({ id: 'bad-input', where, message });
            });
            return {
              source: await bridge.sourceOfMade(`${name.replace(/[^\w.-]+/g, '-')}.npy`, bytes, control),
              label,
            };
          },
          id,
        );
        if (chosen) give(id, name, chosen);
      }),
    /** Random again. */
    giveRandom(name: string): void {
      const model = activeModel(store.getState());
      if (model) give(model.id, name, undefined);
    },
    setSeed(seed: number): void {
      const model = activeModel(store.getState());
      if (model) updateModel(store, model.id, now => ({ ...now, inputs: { ...now.inputs, seed } }));
    },
  };
}
