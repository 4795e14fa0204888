// What the graph is coloured by: what was chosen, as far as there is something to compare for it.

import { type AppState, activeModel, comparedRuns, type GraphLook, type OpenModel } from '../app-state.ts';
import { isInComparison } from './versions.ts';

type Colour = GraphLook['colour'];

/** Whether a colour says something of this model: those of a comparison need one. */
export function isColourOf(state: AppState, model: OpenModel, colour: Colour): boolean {
  if (colour === 'changes') return isInComparison(state, model);
  return colour !== 'difference' || comparedRuns(model).every(run => run !== undefined);
}

/** The colour chosen; families of operators where it would compare the model shown with nothing. */
export function colourOf(state: AppState): Colour {
  const model = activeModel(state);
  const { colour } = state.graph;
  return model && !isColourOf(state, model, colour) ? 'family' : colour;
}
