// The memory of a whole program: which of its steps are lean, which run as chains, in which workers wait for one
// another, and the plan of all buffers then. Invariant: none of it is done where the arena would be no smaller.

import { type Arena, planArena } from './arena.ts';
import { formChains } from './depth-first.ts';
import type { Graph } from './ir/types.ts';
import { leanGroups, waitingSteps } from './lean.ts';
import type { CompileOptions, Leanness } from './options.ts';
import type { PlanControl } from './planner/control.ts';
import type { ChainSummary } from './select/chain-step.ts';
import type { LeanChoice, SelectedGroup } from './select/select.ts';
import { inStrips, type StepDraft } from './select/step.ts';
import type { Storages } from './select/storage.ts';
import type { Weights } from './select/weights.ts';

/** Every group's step, and the weights that these steps have packed. */
export interface Selected {
  readonly weights: Weights;
  readonly groups: readonly SelectedGroup[];
}

/** What a program's memory is planned from, whatever its options say of memory. */
export interface MemoryParts {
  readonly graph: Graph;
  readonly storages: Storages;
  /** every step at its fastest */
  readonly fastest: Selected;
  readonly selectAll: (lean: LeanChoice) => Selected;
  /** interpreted ones, in the place of the fastest */
  readonly reference?: readonly StepDraft[];
  readonly control: PlanControl;
}

/** A plan, and the steps that it was made of: alone, or some of them as chains. */
export interface ProgramMemory {
  readonly arena: Arena;
  readonly selected: Selected;
  readonly chains: readonly ChainSummary[];
}

export function planProgram(parts: MemoryParts, options: CompileOptions): ProgramMemory {
  const { graph, storages, fastest, reference, control } = parts;
  const drafts = reference ?? fastest.groups.map(({ step }) => step);
  const arena = planArena(graph, storages, drafts, options, control);
  const single = chooseLean(arena, parts, options);
  return chooseWaiting(reference ? single : chooseChains(single, parts, options), options);
}

/** The plan again, with workers that wait for one another only in steps without which the arena would be larger. */
function chooseWaiting(planned: ProgramMemory, { threads, overlap, planner }: CompileOptions): ProgramMemory {
  const { arena } = planned;
  if (threads === 1 || !overlap || planner === 'off') return planned;
  const few = arena.withWaiting(waitingSteps(arena.greedily()));
  return few.height <= arena.height ? { ...planned, arena: few } : planned;
}

/** The plan again, with steps on less memory where that makes the arena smaller. */
function chooseLean(planned: Arena, parts: MemoryParts, options: CompileOptions): ProgramMemory {
  const { fastest } = parts;
  const asTheyAre = { arena: planned, selected: fastest, chains: [] };
  const lean = options.planner === 'off' ? 'off' : options.lean;
  if (lean === 'off') return asTheyAre;
  const least = selectLean(parts, lean, () => true);
  const chosen = leanGroups(planned.greedily(), fastest.groups, least.groups);
  if (chosen.size === 0) return asTheyAre;
  const selected = selectLean(parts, lean, id => chosen.has(id));
  const places = new Map(fastest.groups.map(({ group, step }) => [step, group.id]));
  const steps = new Map(selected.groups.map(({ group, step }) => [group.id, step]));
  const drafts = planned.drafts.map(draft => steps.get(places.get(draft) ?? '') ?? draft);
  const arena = planned.with(drafts);
  return arena.height < planned.height ? { arena, selected, chains: [] } : asTheyAre;
}

/** Some groups lean. Strips are the same kernels on the same weights; anything leaner is selected anew. */
function selectLean(
  { fastest, selectAll }: MemoryParts,
  lean: Leanness,
  isChosen: (id: string) => boolean,
): Selected {
  if (lean !== 'strips') return selectAll(({ id }) => (isChosen(id) ? lean : 'off'));
  const { weights } = fastest;
  const groups = fastest.groups.map(({ group, step }) => ({
    group,
    step: isChosen(group.id) ? inStrips(step) : step,
  }));
  return { weights, groups };
}

/** The plan again, with steps that follow one another as chains where that pays and the arena is no larger. */
function chooseChains(single: ProgramMemory, parts: MemoryParts, options: CompileOptions): ProgramMemory {
  const { graph, storages, selectAll, control } = parts;
  const selected = options.depthFirst === 'memory' ? selectAll(() => 'full') : single.selected;
  const steps = selected.groups.map(({ step }) => step);
  const { drafts, chains } = formChains({ graph, storages, options, drafts: steps });
  if (chains.length === 0) return single;
  const arena = planArena(graph, storages, drafts, options, control);
  return arena.height > single.arena.height ? single : { arena, selected, chains };
}
