// The memory of a whole program: which of its steps are lean, which run as chains, in which workers wait for one
// another, and the plan of all buffers then. Invariant: none of it is done where the arena would be no smaller.

import type { Graph } from '../ir/types.ts';
import type { CompileOptions, Leanness } from '../options.ts';
import type { PlanControl } from '../planner/control.ts';
import type { ChainSummary } from '../select/chain-step.ts';
import type { LeanChoice, SelectedGroup } from '../select/select.ts';
import { inStrips, type StepDraft } from '../select/step.ts';
import type { Storages } from '../select/storage.ts';
import type { Weights } from '../select/weights.ts';
import { type Arena, type Arenas, arenasOf, lowestOf } from './arena.ts';
import { formChains } from './depth-first.ts';
import { leanGroups } from './lean.ts';
import { waitingFor } from './waiting.ts';

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

/** The memory of a program under some options, and the steps that it was planned for. */
export function planProgram(parts: MemoryParts, options: CompileOptions): ProgramMemory {
  const { graph, storages, fastest, reference, control } = parts;
  const drafts = reference ?? fastest.groups.map(({ step }) => step);
  const arenas = arenasOf(graph, storages, drafts, options, control);
  const single = chooseLean(arenas, parts, options);
  return chooseWaiting(reference ? single : chooseChains(single, parts, options), options);
}

/** The plan again, with workers that wait for one another no more often than the arena's height takes. */
function chooseWaiting(planned: ProgramMemory, { threads, overlap, planner }: CompileOptions): ProgramMemory {
  const { arena } = planned;
  if (threads === 1 || !overlap || planner === 'off') return planned;
  const few = arena.withWaiting(waitingFor(arena.greedily(), threads));
  return few.height <= arena.height ? { ...planned, arena: few } : planned;
}

/** The lowest of arenas, with steps on less memory where that makes one smaller still. */
function chooseLean(arenas: Arenas, parts: MemoryParts, options: CompileOptions): ProgramMemory {
  const { fastest } = parts;
  const lean = options.planner === 'off' ? 'off' : options.lean;
  const asTheyAre = () => ({ arena: lowestOf(arenas), selected: fastest, chains: [] });
  if (lean === 'off') return asTheyAre();
  const leanest = selectLean(parts, lean);
  const found = leanGroups(arenas, fastest.groups, leanest.groups);
  if (!found) return asTheyAre();
  const { planned, ids } = found;
  const selected = lean === 'strips' ? someOf(fastest, leanest, ids) : selectLean(parts, lean, ids);
  const places = new Map(fastest.groups.map(({ group, step }) => [step, group.id]));
  const steps = new Map(selected.groups.map(({ group, step }) => [group.id, step]));
  const arena = planned.with(planned.drafts.map(draft => steps.get(places.get(draft) ?? '') ?? draft));
  return arenas.every(other => arena.isLower(other)) ? { arena, selected, chains: [] } : asTheyAre();
}

/**
 * Groups lean: all, or those chosen. Strips are the same kernels on the same weights; anything leaner is selected
 * anew.
 */
function selectLean(
  { fastest, selectAll }: MemoryParts,
  lean: Leanness,
  chosen?: ReadonlySet<string>,
): Selected {
  if (lean !== 'strips') return selectAll(({ id }) => (!chosen || chosen.has(id) ? lean : 'off'));
  const { weights } = fastest;
  return { weights, groups: fastest.groups.map(({ group, step }) => ({ group, step: inStrips(step) })) };
}

/** Those chosen of the leanest, which work on the same weights. */
function someOf(fastest: Selected, leanest: Selected, chosen: ReadonlySet<string>): Selected {
  const { weights, groups } = fastest;
  return {
    weights,
    groups: groups.map((own, at) => (chosen.has(own.group.id) ? (leanest.groups[at] ?? own) : own)),
  };
}

/** The plan again, with steps that follow one another as chains where that pays and the arena is no larger. */
function chooseChains(single: ProgramMemory, parts: MemoryParts, options: CompileOptions): ProgramMemory {
  const { graph, storages, selectAll, control } = parts;
  const selected = options.depthFirst === 'memory' ? selectAll(() => 'full') : single.selected;
  const steps = selected.groups.map(({ step }) => step);
  const { drafts, chains } = formChains({ graph, storages, options, drafts: steps });
  if (chains.length === 0) return single;
  const arena = lowestOf(arenasOf(graph, storages, drafts, options, control));
  return arena.height > single.arena.height ? single : { arena, selected, chains };
}
