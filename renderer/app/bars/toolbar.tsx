// The toggles, the Run button, and what they come to: peak, lower bound, saving and the measured median.

import { Menu } from '@base-ui/react/menu';
import { Download, Play, Redo2, Square, Undo2 } from 'lucide-react';
import type { SimdClass, Strategy } from '../../../engine/options.ts';
import type { Machine } from '../../../engine/protocol.ts';
import type { PlanView } from '../../../engine/report/types/plan.ts';
import { formatBytes, formatNs, formatShare } from '../../format/units.ts';
import { useActions, useApp, useAppParts } from '../../hooks/app-context.ts';
import {
  activeModel,
  failureOf,
  type OpenModel,
  optionsOf,
  reportOf,
  runOf,
  savedShare,
} from '../../state/app-state.ts';
import { COMMANDS, findCommand } from '../../state/commands/commands.ts';
import { isBusy } from '../../state/commands/conditions.ts';
import { misfitsOf } from '../../state/derived/given-fit.ts';
import { leftOutText } from '../../state/derived/left-out.ts';
import { tooLargeText } from '../../state/derived/too-large.ts';
import { LAYOUT_NAMES, SIMD_NAMES, STRATEGY_NAMES, THREAD_COUNTS } from '../../state/settings.ts';
import { Button, IconButton } from '../../widgets/button.tsx';
import controls from '../../widgets/controls.module.css';
import { SelectField, SwitchField } from '../../widgets/fields.tsx';
import popups from '../../widgets/popups.module.css';
import text from '../text.module.css';
import { CommandItems } from './command-items.tsx';
import { MoreToggles } from './more-toggles.tsx';
import styles from './toolbar.module.css';

export function Toolbar({ model }: { readonly model: OpenModel }) {
  return (
    <div className={styles.toolbar} role="toolbar" aria-label="Settings and run">
      <RunButton />
      <Toggles model={model} />
      {!failureOf(model) && <span className={text.grow} />}
      <Outcome model={model} />
      <ExportMenu />
    </div>
  );
}

function RunButton() {
  const { store, actions } = useAppParts();
  const canRun = useApp(state => findCommand('run')?.enabled(state) ?? false);
  const busy = useApp(isBusy);
  const whyNot = useApp(state => {
    const model = activeModel(state);
    return model && (tooLargeText(reportOf(model)) ?? misfitsOf(model));
  });
  if (busy) {
    return (
      <Button className={styles.run} onClick={() => actions.cancelAll()}>
        <Square size={12} aria-hidden /> Cancel
      </Button>
    );
  }
  return (
    <Button
      className={styles.run}
      emphasis="primary"
      disabled={!canRun}
      title={whyNot ?? 'Run with these settings and keep the result (Ctrl+Enter)'}
      onClick={() => findCommand('run')?.run(actions, store.getState())}
    >
      <Play size={12} aria-hidden /> Run
    </Button>
  );
}

const choices = <T extends string>(names: Readonly<Record<T, string>>, among?: readonly T[]) =>
  (among ?? (Object.keys(names) as T[])).map(value => ({ value, label: names[value] }));

/** 1, 2, 4 … up to the cores of the machine, and all of them. */
function threadChoices(machine: Machine | undefined) {
  const cores = machine?.cores ?? 1;
  const counts = THREAD_COUNTS.filter(count => count < cores);
  return [...counts, Math.min(cores, 64)].map(count => ({ value: String(count), label: String(count) }));
}

function Toggles({ model }: { readonly model: OpenModel }) {
  const actions = useActions();
  const machine = useApp(state => state.machine);
  const options = optionsOf(model);
  return (
    <>
      <SwitchField label="Fusion" checked={options.fusion} onChange={fusion => actions.set({ fusion })} />
      <SelectField<Strategy>
        label="Planner"
        value={options.planner}
        items={choices(STRATEGY_NAMES)}
        onChange={planner => actions.set({ planner })}
      />
      <SelectField<SimdClass>
        label="SIMD"
        value={options.simd}
        items={choices(SIMD_NAMES, machine?.simd)}
        onChange={simd => actions.set({ simd })}
      />
      <SelectField
        label="Threads"
        value={String(options.threads)}
        items={threadChoices(machine)}
        onChange={threads => actions.set({ threads: Number(threads) })}
      />
      <SelectField<typeof options.layout>
        label="Layout"
        value={options.layout}
        items={choices(LAYOUT_NAMES)}
        onChange={layout => actions.set({ layout })}
      />
      <MoreToggles model={model} />
      <IconButton
        label="Undo setting"
        shortcut="Ctrl+Z"
        disabled={model.options.past.length === 0}
        onClick={() => void actions.undo()}
      >
        <Undo2 size={14} aria-hidden />
      </IconButton>
      <IconButton
        label="Redo setting"
        shortcut="Ctrl+Shift+Z"
        disabled={model.options.future.length === 0}
        onClick={() => void actions.redo()}
      >
        <Redo2 size={14} aria-hidden />
      </IconButton>
    </>
  );
}

function Outcome({ model }: { readonly model: OpenModel }) {
  const plan = reportOf(model)?.asExecuted;
  const run = runOf(model);
  const failure = failureOf(model);
  const leftOut = leftOutText(model.summary);
  if (failure)
    return (
      <p
        className={styles.outcome}
        role="status"
        title={failure.message}
      >{`Not compiled: ${failure.message}`}</p>
    );
  return (
    <dl className={styles.outcome} aria-label="Outcome of these settings">
      <Figure
        name="Peak"
        value={plan && formatBytes(plan.peakBytes)}
        title={leftOut ?? 'Arena: the most memory the plan uses at once'}
      />
      <Figure
        name="Bound"
        value={plan && (leftOut === undefined ? boundText(plan) : 'sizes unknown')}
        title={leftOut ?? 'Lower bound: no plan for this order can be smaller'}
      />
      <Figure
        name="Saved"
        value={plan && formatShare(savedShare(plan))}
        title="Against every buffer of this plan in memory of its own; views share the buffer they look at, which without a planner they do not"
      />
      <Figure
        name="Median"
        value={run && formatNs(run.report.total.medianNs)}
        title="Measured time of one run with these settings"
      />
    </dl>
  );
}

const boundText = (plan: PlanView): string => (plan.optimal ? 'optimal' : formatBytes(plan.lowerBoundBytes));

function Figure(props: {
  readonly name: string;
  readonly value: string | undefined;
  readonly title: string;
}) {
  return (
    <div className={styles.figure} title={props.title}>
      <dt>{props.name}</dt>
      <dd>{props.value ?? '–'}</dd>
    </div>
  );
}

function ExportMenu() {
  return (
    <Menu.Root>
      <Menu.Trigger className={controls.button}>
        <Download size={12} aria-hidden /> Export
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className={popups.positioner} sideOffset={4} align="end">
          <Menu.Popup className={popups.popup}>
            <CommandItems commands={COMMANDS.filter(command => command.id.startsWith('export-'))} />
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
