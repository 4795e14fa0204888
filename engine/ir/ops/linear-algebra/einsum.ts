// Einstein summation: 'bij,bjk->bik', with ellipsis and implicit output, resolved to axes and extents.

import type { Shape } from '../../types.ts';

/** An equation resolved against the shapes of its operands. */
export interface EinsumPlan {
  /** every label with its extent; the output's labels come first, in its order */
  readonly labels: readonly string[];
  readonly extents: readonly number[];
  readonly outputShape: Shape;
  /** label index of each axis of each operand */
  readonly operands: readonly (readonly number[])[];
}

/** Labels of one term; '...' becomes numbered labels counted from the right, so that operands align. */
function termLabels(term: string, ellipsisRank: number): string[] {
  const labels: string[] = [];
  for (let i = 0; i < term.length; i++) {
    if (term.startsWith('...', i)) {
      for (let axis = ellipsisRank; axis > 0; axis--) labels.push(`.${axis}`);
      i += 2;
    } else labels.push(term.charAt(i));
  }
  return labels;
}

/** Without '->' the output has every label that occurs once, in alphabetical order, after the ellipsis. */
function implicitOutput(terms: readonly string[]): string {
  const letters = terms.join('').replaceAll('.', '');
  const once = [...new Set(letters)].filter(label => letters.split(label).length === 2).sort();
  return `${terms.some(term => term.includes('...')) ? '...' : ''}${once.join('')}`;
}

/** The plan, or a sentence that says why the equation does not fit the operands. */
export function einsumPlan(equation: string, shapes: readonly Shape[]): EinsumPlan | string {
  const [left = '', right] = equation.replaceAll(' ', '').split('->');
  const terms = left.split(',');
  if (terms.length !== shapes.length)
    return `'${equation}' has ${terms.length} operands, not ${shapes.length}`;
  const named = terms.map(term => term.replace('...', '').length);
  const ellipsis = Math.max(0, ...shapes.map((shape, i) => shape.length - (named[i] ?? 0)));
  const operandLabels = terms.map((term, i) => termLabels(term, (shapes[i]?.length ?? 0) - (named[i] ?? 0)));
  const outputLabels = termLabels(right ?? implicitOutput(terms), ellipsis);
  const labels = [...new Set([...outputLabels, ...operandLabels.flat()])];
  const extents = new Array<number>(labels.length).fill(1);
  for (const [i, own] of operandLabels.entries()) {
    const shape = shapes[i] ?? [];
    if (own.length !== shape.length) return `'${terms[i]}' does not fit [${shape.join(', ')}]`;
    for (const [axis, label] of own.entries()) {
      const at = labels.indexOf(label);
      const extent = shape[axis] ?? 1;
      if (extent === 1) continue;
      if (extents[at] !== 1 && extents[at] !== extent) {
        return `'${equation}': ${label} is both ${extents[at]} and ${extent}`;
      }
      extents[at] = extent;
    }
  }
  return {
    labels,
    extents,
    outputShape: extents.slice(0, outputLabels.length),
    operands: operandLabels.map(own => own.map(label => labels.indexOf(label))),
  };
}
