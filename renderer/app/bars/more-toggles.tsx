// The toggles that are seldom touched, in a popover behind the toolbar: what may share memory, in which order steps run,
// how kernels compute. The button tells how many stand elsewhere than at the start.

import { Popover } from '@base-ui/react/popover';
import { SlidersHorizontal } from 'lucide-react';
import type { CompileOptions, Leanness } from '../../../engine/options.ts';
import { useActions, useApp } from '../../hooks/app-context.ts';
import { type OpenModel, optionsOf } from '../../state/app-state.ts';
import { DEPTH_FIRST_NAMES, type DepthFirst, firstOptions, LEANNESS_NAMES } from '../../state/settings.ts';
import controls from '../../widgets/controls.module.css';
import { SelectField, SwitchField } from '../../widgets/fields.tsx';
import popups from '../../widgets/popups.module.css';
import styles from './toggles.module.css';

type Switches = 'inPlace' | 'overlap' | 'reorder' | 'fma' | 'winograd';
type Toggle = Switches | 'lean' | 'depthFirst';

interface SwitchText {
  readonly name: Switches;
  readonly label: string;
  readonly hint: string;
}

const MEMORY: readonly SwitchText[] = [
  { name: 'inPlace', label: 'In place', hint: 'Results take the place of operands nobody needs any more' },
  { name: 'overlap', label: 'Overlap', hint: 'Results lie partly over operands that are read ahead of them' },
  { name: 'reorder', label: 'Reorder', hint: 'Steps run in another order where that lowers the peak' },
];
const KERNELS: readonly SwitchText[] = [
  { name: 'fma', label: 'Multiply-add', hint: 'a·b + c in one rounding' },
  { name: 'winograd', label: 'Winograd', hint: '3×3 convolutions by minimal filtering where that is faster' },
];
const TOGGLES: readonly Toggle[] = [...MEMORY, ...KERNELS]
  .map(({ name }): Toggle => name)
  .concat(['lean', 'depthFirst']);

export function MoreToggles({ model }: { readonly model: OpenModel }) {
  const actions = useActions();
  const first = firstOptions(useApp(state => state.machine));
  const options = optionsOf(model);
  const changed = TOGGLES.filter(name => options[name] !== first[name]).length;
  const switches = (texts: readonly SwitchText[]) =>
    texts.map(({ name, label, hint }) => (
      <Line key={name} hint={hint}>
        <SwitchField
          label={label}
          checked={options[name]}
          onChange={on => actions.set({ [name]: on } satisfies Partial<CompileOptions>)}
        />
      </Line>
    ));
  return (
    <Popover.Root>
      <Popover.Trigger className={controls.button} title="Depth-first, overlap and other settings">
        <SlidersHorizontal size={12} aria-hidden /> More{changed > 0 && ` (${changed})`}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className={popups.positioner} sideOffset={4}>
          <Popover.Popup className={popups.popup} aria-label="More settings">
            <div className={styles.more}>
              <h2 className={styles.heading}>Memory</h2>
              <Line hint="Steps that follow one another run row by row; only rows of what lies between them are kept">
                <SelectField<DepthFirst>
                  label="Depth-first"
                  value={options.depthFirst}
                  items={itemsOf(DEPTH_FIRST_NAMES)}
                  onChange={depthFirst => actions.set({ depthFirst })}
                />
              </Line>
              <Line hint="Steps that make the peak run on less scratch memory">
                <SelectField<Leanness>
                  label="Lean steps"
                  value={options.lean}
                  items={itemsOf(LEANNESS_NAMES)}
                  onChange={lean => actions.set({ lean })}
                />
              </Line>
              {switches(MEMORY)}
              <h2 className={styles.heading}>Kernels</h2>
              {switches(KERNELS)}
            </div>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

const itemsOf = <T extends string>(names: Readonly<Record<T, string>>) =>
  (Object.keys(names) as T[]).map(value => ({ value, label: names[value] }));

function Line({ hint, children }: { readonly hint: string; readonly children: React.ReactNode }) {
  return (
    <div className={styles.line}>
      {children}
      <p className={styles.hint}>{hint}</p>
    </div>
  );
}
