// What is looked at in the model shown: what is selected, which step, which part of the graph. None of it reaches the
// engine.

import { FITTING_SCOPES, type OpenModel, type PlanColumn, planOf } from './app-state.ts';
import { entryOf } from './derived/bodies.ts';
import { traced, type Way } from './derived/trace.ts';
import { type Selection, withoutPlan } from './selection.ts';

/** The actions on what is looked at in the model shown; `change` puts another state of it in its place. */
export function createSelecting(change: (update: (model: OpenModel) => OpenModel) => void) {
  return {
    select(selection: Selection | undefined): void {
      change(({ selection: _, ...model }) => (selection ? { ...model, selection } : model));
    },
    setStep: (step: number): void => change(model => ({ ...model, step })),
    setColumn(column: PlanColumn): void {
      change(model => {
        const { selection, ...rest } = model;
        const kept = withoutPlan(selection, planOf(model));
        return { ...rest, column, step: 0, ...(kept && { selection: kept }) };
      });
    },

    /** Opens a closed name scope of the graph, or closes an open one. */
    toggleScope(id: string): void {
      change(model => {
        const toggled = new Set(model.scopes.toggled);
        if (!toggled.delete(id)) toggled.add(id);
        return { ...model, scopes: { ...model.scopes, toggled } };
      });
    },
    setScopes: (scopes: OpenModel['scopes']): void => change(model => ({ ...model, scopes })),
    openScopes: (start: OpenModel['scopes']['start']): void =>
      change(model => ({ ...model, scopes: { start, toggled: new Set() } })),
    /** Selects all that leads to what is selected in the graph, or all that depends on it. */
    trace: (way: Way): void => change(model => ({ ...model, ...traced(model, way) })),
    /** Shows a body of a node of the graph shown. */
    enterBody: (node: number, attribute: string): void =>
      change(({ selection: _, ...model }) => ({
        ...model,
        path: [...model.path, entryOf(node, attribute)],
        scopes: FITTING_SCOPES,
      })),
    /** Goes back out to a depth, and selects what was entered there. */
    leaveBody: (depth: number): void =>
      change(({ selection: _, ...model }) => {
        const [node = ''] = (model.path[depth] ?? '').split(':');
        const path = model.path.slice(0, depth);
        const body = path.length > 0 ? { body: path.join('/') } : {};
        const selection: Selection = { kind: 'node', id: Number(node), ...body };
        return { ...model, path, scopes: FITTING_SCOPES, ...(node !== '' && { selection }) };
      }),

    /** Holds a tensor at the top of the timeline, or lets it go. */
    togglePin: (tensor: number): void =>
      change(model => {
        const pinned = new Set(model.pinned);
        if (!pinned.delete(tensor)) pinned.add(tensor);
        return { ...model, pinned };
      }),
    /** Compares the model shown with another open one; with none again. */
    compareWith: (id: string | undefined): void =>
      change(({ against: _, ...model }) => (id === undefined ? model : { ...model, against: id })),
  };
}
