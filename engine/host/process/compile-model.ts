// From an open model to its graph for some dimensions, and to a program; what the model cannot do is refused with its
// place.

import { CompileError } from '../../compile/runnable.ts';
import { NodeError } from '../../ir/attributes.ts';
import type { Diagnostic, Graph } from '../../ir/types.ts';
import type { CompileOptions } from '../../options.ts';
import { type Compiled, compile, graphAsGiven, type Purpose } from '../../pipeline.ts';
import { LoopOrders } from '../../select/order-choice.ts';
import { Tiles } from '../../select/tile-choice.ts';
import { badInput, Failure } from '../failure.ts';
import { type OpenModel, preventsPlan } from './open-model.ts';
import { checkCancelled, isCancelled, type Work } from './work.ts';

const clockMs = (): number => performance.now();

/**
 * The model's graph for these dimensions. Throws when it cannot be run: the first reason, and how many more there are.
 */
export function runnableGraph(model: OpenModel, dims: Readonly<Record<string, number>>): Graph {
  const graph = plannableGraph(model, dims);
  const unsupported = model.summary.diagnostics.filter(({ id }) => id === 'unsupported-operator');
  const invalid = model
    .bind(dims)
    .diagnostics.filter(({ id, severity }) => id === 'invalid-node' && severity === 'error');
  refuse([...unsupported, ...invalid], unsupported.length > 0 ? 'unsupported' : 'bad-input');
  return graph;
}

/** The same where operators may be unknown and nodes contradict their inputs: the others still have their place. */
export function plannableGraph(model: OpenModel, dims: Readonly<Record<string, number>>): Graph {
  const bound = model.bind(dims);
  const errors = [...model.model.diagnostics, ...bound.diagnostics].filter(preventsPlan);
  refuse(errors, 'bad-input');
  const open = bound.dimensions.filter(({ reason }) => reason === 'unbound').map(({ key }) => key);
  if (open.length > 0) {
    throw badInput(`expected an extent for ${open.join(', ')} (--dim NAME=N), found none`, model.name);
  }
  return bound.graph;
}

function refuse([first, ...others]: readonly Diagnostic[], id: 'unsupported' | 'bad-input'): void {
  if (!first) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more: info lists them)`;
  throw new Failure(id, `${first.message}${more}`, first.where);
}

/**
 * Compiles a graph of an open model. Throws a Failure: unsupported for operators without kernel and reference,
 * bad-input for nodes that contradict their operators, cancelled.
 */
export function compileModel(
  model: OpenModel,
  graph: Graph,
  options: CompileOptions,
  work: Work,
  purpose: Purpose = 'run',
): Compiled {
  checkCancelled(work);
  try {
    const { progress, known, measured } = work;
    const choices = work.choices ?? { tiles: new Tiles(measured), orders: new LoopOrders(measured) };
    const ports = {
      read: model.read,
      clock: clockMs,
      cancelled: () => isCancelled(work),
      progress,
      ...choices,
      ...(known && { known }),
    };
    return compile(graph, options, ports, purpose);
  } catch (error) {
    if (error instanceof CompileError) throw new Failure('unsupported', error.message, model.name);
    // What shape rules need not look at: an attribute of another type than a kernel reads.
    if (error instanceof NodeError) throw badInput(error.message, model.name);
    throw error;
  }
}

/** The model's graph as it is planned as given. */
export function givenGraph(model: OpenModel, graph: Graph, options: CompileOptions, work: Work): Graph {
  const cancelled = () => isCancelled(work);
  return graphAsGiven(graph, options, { read: model.read, clock: clockMs, cancelled });
}
