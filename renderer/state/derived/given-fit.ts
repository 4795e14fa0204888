// Whether a tensor fits the input it is given for, as the model is bound now, and which open dimensions it fixes. Pure.

import type { GivenFacts } from '../../../engine/protocol.ts';
import { typeText } from '../../../engine/report/shape-text.ts';
import type { ModelSummary, OpenDimension, TensorSummary } from '../../../engine/report/types/model.ts';
import type { ChosenInput, OpenModel } from '../app-state.ts';

export type Fit =
  /** extents of dimensions that nobody has bound yet, where they differ from what they are now */
  | { readonly fits: true; readonly dims: Readonly<Record<string, number>> }
  | { readonly fits: false; readonly why: string };

type Dimensioned = Pick<ModelSummary, 'dimensions'>;

/** Whether a tensor of these facts can be the input; if so, the open dimensions that it decides. */
export function fitOf(summary: Dimensioned, input: TensorSummary, { dtype, shape }: GivenFacts): Fit {
  const axes = input.declared ?? input.shape;
  // A sequence, or an input of any rank, is looked at when it runs.
  if (dtype === undefined || shape === undefined || !axes) return { fits: true, dims: {} };
  const dimensions = axes.map((_, axis) => dimensionOf(summary, input.name, axis));
  const expected = axes.map((extent, axis) => {
    const dimension = dimensions[axis];
    if (!dimension) return input.shape?.[axis] ?? extent;
    return dimension.reason === 'given' ? (dimension.extent ?? extent) : dimension.key;
  });
  const refuse = (reason = ''): Fit => ({
    fits: false,
    why: `Expected ${typeText({ dtype: input.dtype, declared: expected })}${reason}, found ${typeText({ dtype, shape })}.`,
  });
  if (input.dtype !== undefined && dtype !== input.dtype) return refuse();
  if (shape.length !== axes.length) return refuse();
  const dims: Record<string, number> = {};
  for (const [axis, wanted] of expected.entries()) {
    const extent = shape[axis] ?? 0;
    const dimension = dimensions[axis];
    if (typeof wanted === 'number' ? wanted !== extent : (dims[wanted] ?? extent) !== extent)
      return refuse(dimension && reasonOf(dimension));
    if (typeof wanted === 'string') dims[wanted] = extent;
  }
  const changed = Object.entries(dims).filter(([key, extent]) => extentIn(summary, key) !== extent);
  return { fits: true, dims: Object.fromEntries(changed) };
}

/** Why what was given for an input fits no more: dimensions can be bound anew. Undefined where it fits. */
export function misfitOf(
  summary: Dimensioned,
  input: TensorSummary,
  { label, found }: Pick<ChosenInput, 'label' | 'found'>,
): string | undefined {
  const fit = fitOf(summary, input, found);
  if (!fit.fits) return `${label}: ${fit.why}`;
  const wanted = Object.entries(fit.dims).map(([key, extent]) => `${key} = ${extent}`);
  return wanted.length > 0 ? `${label}: Bind ${wanted.join(', ')} for it.` : undefined;
}

/** The same for all that is given for a model: undefined where all of it fits. */
export function misfitsOf({ summary, inputs }: Pick<OpenModel, 'summary' | 'inputs'>): string | undefined {
  if (inputs.given.size === 0) return undefined;
  const misfits = summary.graph.tensors.flatMap(input => {
    const chosen = input.kind === 'input' ? inputs.given.get(input.name) : undefined;
    return (chosen && misfitOf(summary, input, chosen)) ?? [];
  });
  return misfits.length > 0 ? misfits.join(' ') : undefined;
}

const reasonOf = ({ key, reason, extent }: OpenDimension): string =>
  reason === 'given' ? ` (${key} is bound to ${extent})` : '';

const dimensionOf = ({ dimensions }: Dimensioned, name: string, axis: number): OpenDimension | undefined =>
  dimensions.find(({ inputs }) => inputs.some(use => use.name === name && use.axis === axis));

const extentIn = ({ dimensions }: Dimensioned, key: string): number | undefined =>
  dimensions.find(dimension => dimension.key === key)?.extent;
