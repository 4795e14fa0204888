// Measures, in the engine, which register tiles are fastest for a model's products on this machine, and then in which
// order their loops are.

import type { Answer } from '../../codegen/measure/in-turns.ts';
import { measureOrders } from '../../codegen/measure/orders.ts';
import { measureTiles } from '../../codegen/measure/tiles.ts';
import type { Graph } from '../../ir/types.ts';
import type { CompileOptions } from '../../options.ts';
import type { Measured, Question } from '../../select/choices.ts';
import { LoopOrders } from '../../select/order-choice.ts';
import type { LoopOrder } from '../../select/spec/product.ts';
import { Tiles } from '../../select/tile-choice.ts';
import type { Tile } from '../../select/tile-cost.ts';
import { compileModel } from './compile-model.ts';
import type { OpenModel } from './open-model.ts';
import { checkCancelled, type Work } from './work.ts';

const clockMs = (): number => performance.now();

/** The choices of the model's program that nobody measured yet, and the answers. */
export function tune(
  model: OpenModel,
  graph: Graph,
  options: CompileOptions,
  work: Work,
): Answer<Tile | LoopOrder>[] {
  const asked = (measured: Measured) => {
    const choices = { tiles: new Tiles(measured), orders: new LoopOrders(measured) };
    compileModel(model, graph, options, { ...work, choices });
    return choices;
  };
  const { measured = {} } = work;
  const tiles = eachOf(work, 'measure tiles', asked(measured).tiles.open(), measureTiles);
  const found = Object.fromEntries(tiles.map(({ key, choice }) => [key, choice]));
  const { orders } = asked({ ...measured, ...found });
  return [...tiles, ...eachOf(work, 'measure orders of loops', orders.open(), measureOrders)];
}

function eachOf<Choice, Asked extends Question<Choice>>(
  work: Work,
  what: string,
  questions: readonly Asked[],
  measure: (question: Asked, clockMs: () => number) => Answer<Choice>,
): Answer<Choice>[] {
  return questions.map((question, index) => {
    checkCancelled(work);
    work.progress(what, index, questions.length);
    return measure(question, clockMs);
  });
}
