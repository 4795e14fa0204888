// Binding a model's open input dimensions to numbers: symbols (one extent wherever they stand) and anonymous axes.

import { isSoundShape, SOUND_SHAPE } from '../../ir/tensor.ts';
import type { Diagnostic, Graph, Shape, Value, ValueId } from '../../ir/types.ts';
import type { OpenDimension } from '../../report/types/model.ts';

/** Graph inputs once their open dimensions are bound. */
export interface BoundInputs {
  /** inputs whose every axis has an extent */
  readonly shapes: ReadonlyMap<ValueId, Shape>;
  readonly dimensions: readonly OpenDimension[];
  readonly diagnostics: readonly Diagnostic[];
}

interface Occurrence {
  readonly name: string;
  readonly axis: number;
  readonly rank: number;
}

const axisKey = (name: string, axis: number): string => `${name}:${axis}`;

type Extents = Readonly<Record<string, number>>;

/** Stands for the number of axes, of an input that is declared without a shape. */
export const RANK_AXIS = -1;
/** Key of the dimension that stands for an input's number of axes. */
export const rankKey = (name: string): string => `${name}:rank`;
const MOST_AXES = 64;

/** A tensor whose rank nobody declared. */
const isShapeless = ({ declared, shape, dtype, container }: Value): boolean =>
  dtype !== undefined && container === undefined && declared === undefined && shape === undefined;

/** Axes of an input as declared; without a declaration the shape it has, or as many open ones as it is said to have. */
function axesOf(value: Value, dims: Extents): readonly (number | string | undefined)[] | undefined {
  if (!isShapeless(value)) return value.declared ?? value.shape;
  const rank = dims[rankKey(value.name)];
  return rank === undefined || rank < 0 || rank > MOST_AXES
    ? undefined
    : Array.from({ length: rank }, () => undefined);
}

/** Open dimensions by key: a symbol, 'input:axis' where the axis has no name, 'input:rank' where there is no shape. */
function openDimensions(graph: Graph, dims: Extents): Map<string, Occurrence[]> {
  const open = new Map<string, Occurrence[]>();
  for (const id of graph.inputs) {
    const value = graph.values[id];
    if (value === undefined) continue;
    if (isShapeless(value)) open.set(rankKey(value.name), [{ name: value.name, axis: RANK_AXIS, rank: 0 }]);
    const axes = axesOf(value, dims);
    if (axes === undefined) continue;
    for (const [axis, extent] of axes.entries()) {
      if (typeof extent === 'number') continue;
      const key = extent ?? axisKey(value.name, axis);
      const occurrences = open.get(key) ?? [];
      occurrences.push({ name: value.name, axis, rank: axes.length });
      open.set(key, occurrences);
    }
  }
  return open;
}

/** A leading axis of something with more than one axis is taken for the batch. */
const isBatch = (occurrences: readonly Occurrence[]): boolean =>
  occurrences.some(({ axis, rank }) => axis === 0 && rank > 1);

function bindOne(
  key: string,
  occurrences: readonly Occurrence[],
  dims: Readonly<Record<string, number>>,
): OpenDimension {
  const inputs = occurrences.map(({ name, axis }) => ({ name, axis }));
  const byAxis = inputs.map(({ name, axis }) => dims[axisKey(name, axis)]);
  const given = byAxis.find(extent => extent !== undefined) ?? dims[key];
  if (given !== undefined) return { key, inputs, extent: given, reason: 'given' };
  if (isBatch(occurrences)) return { key, inputs, extent: 1, reason: 'batch default' };
  return { key, inputs, reason: 'unbound' };
}

function unboundDiagnostic({ key, inputs }: OpenDimension): Diagnostic {
  const places = inputs
    .map(({ name, axis }) => `${axis === RANK_AXIS ? 'number of axes' : `axis ${axis}`} of input "${name}"`)
    .join(', ');
  return {
    severity: 'warning',
    id: 'unbound-dimension',
    where: places,
    message: `expected an extent for dimension "${key}" (${places}), found none`,
  };
}

/** Extents given twice, differently, or for dimensions that are not open. */
function checkGiven(
  dims: Readonly<Record<string, number>>,
  dimensions: readonly OpenDimension[],
): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const [name, extent] of Object.entries(dims)) {
    const dimension = dimensions.find(
      ({ key, inputs }) => key === name || inputs.some(input => axisKey(input.name, input.axis) === name),
    );
    if (dimension === undefined) {
      const open = dimensions.map(({ key }) => `"${key}"`).join(', ') || 'none';
      const message = `expected the name of an open dimension (${open}), found "${name}"`;
      diagnostics.push({ severity: 'warning', id: 'unknown-dimension', where: name, message });
    } else if (dimension.extent !== extent) {
      const message = `dimension "${dimension.key}" is bound to ${dimension.extent}, "${name}" says ${extent}`;
      diagnostics.push({ severity: 'error', id: 'contradicting-dimension', where: name, message });
    }
  }
  return diagnostics;
}

const untyped = (name: string): Diagnostic => ({
  severity: 'error',
  id: 'no-type',
  where: `input "${name}"`,
  message: 'expected a type of elements, found none',
});

function unsound(name: string, shape: Shape): Diagnostic {
  const message = `expected ${SOUND_SHAPE}, found [${shape.join(', ')}]`;
  return { severity: 'error', id: 'bad-dimensions', where: `input "${name}"`, message };
}

/**
 * Extents for every open dimension: given ones first (`dims` by symbol or 'input:axis'; one axis binds its symbol
 * everywhere), 1 for a leading batch dimension, else unbound, with a diagnostic.
 */
export function bindInputs(graph: Graph, dims: Readonly<Record<string, number>>): BoundInputs {
  const dimensions = [...openDimensions(graph, dims)].map(([key, places]) => bindOne(key, places, dims));
  const extents = new Map(dimensions.map(({ key, extent }) => [key, extent]));
  const shapes = new Map<ValueId, Shape>();
  const diagnostics = checkGiven(dims, dimensions);
  for (const id of graph.inputs) {
    const value = graph.values[id];
    const axes = value && axesOf(value, dims);
    if (value === undefined || axes === undefined) continue;
    const shape = axes.map((extent, axis) =>
      typeof extent === 'number' ? extent : extents.get(extent ?? axisKey(value.name, axis)),
    );
    if (!shape.every(extent => extent !== undefined)) continue;
    if (isSoundShape(shape)) shapes.set(id, shape);
    else diagnostics.push(unsound(value.name, shape));
  }
  for (const id of graph.inputs) {
    const value = graph.values[id];
    if (value && value.dtype === undefined && value.container === undefined)
      diagnostics.push(untyped(value.name));
  }
  const unbound = dimensions.filter(({ reason }) => reason === 'unbound').map(unboundDiagnostic);
  return { shapes, dimensions, diagnostics: [...diagnostics, ...unbound] };
}
