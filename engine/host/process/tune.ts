// Measures, in the engine, which register tiles are fastest for a model's products on this machine.

import { measureTiles, type TileAnswer } from '../../codegen/measure-tiles.ts';
import type { Graph } from '../../ir/types.ts';
import type { CompileOptions } from '../../options.ts';
import { type TileQuestion, Tiles } from '../../select/tile-choice.ts';
import { compileModel } from './compile-model.ts';
import type { OpenModel } from './open-model.ts';
import { checkCancelled, type Work } from './work.ts';

/** The products of the model's program that nobody measured yet, and the answers. */
export function tune(
  model: OpenModel,
  graph: Graph,
  options: CompileOptions,
  work: Work,
): (TileQuestion & TileAnswer)[] {
  const tiles = new Tiles(work.measuredTiles);
  compileModel(model, graph, options, { ...work, tiles });
  const questions = tiles.open();
  return questions.map((question, index) => {
    checkCancelled(work);
    work.progress('measure tiles', index, questions.length);
    return { ...question, ...measureTiles(question, () => performance.now()) };
  });
}
