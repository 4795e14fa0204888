// Commands as the items of a menu: what is on, what can be done now, and the shortcut.

import { Menu } from '@base-ui/react/menu';
import { Check } from 'lucide-react';
import { Fragment } from 'react';
import { useApp, useAppParts } from '../../hooks/app-context.ts';
import type { Command } from '../../state/commands/command.ts';
import controls from '../../widgets/controls.module.css';
import popups from '../../widgets/popups.module.css';

export function CommandItems({ commands }: { readonly commands: readonly Command[] }) {
  const { actions, store } = useAppParts();
  const state = useApp(state => state);
  const checkable = commands.some(({ checked }) => checked !== undefined);
  return commands.map((command, index) => (
    <Fragment key={command.id}>
      {command.section && index > 0 && <Menu.Separator className={popups.menuSeparator} />}
      <Menu.Item
        className={popups.menuItem}
        disabled={!command.enabled(state)}
        onClick={() => command.run(actions, store.getState())}
      >
        {checkable && (
          <span className={popups.check}>
            {command.checked?.(state) && <Check size={12} aria-label="on" />}
          </span>
        )}
        {command.title}
        {command.shortcut && <kbd className={controls.kbd}>{command.shortcut}</kbd>}
      </Menu.Item>
    </Fragment>
  ));
}
