// Buttons: with a label, or as an icon whose name is its tooltip.

import { Tooltip } from '@base-ui/react/tooltip';
import type { ComponentProps, ReactNode } from 'react';
import controls from './controls.module.css';

interface ButtonProps extends ComponentProps<'button'> {
  readonly emphasis?: 'primary' | 'quiet';
}

export function Button({ emphasis, className, ...props }: ButtonProps) {
  const kind = emphasis === 'primary' ? controls.primary : emphasis === 'quiet' ? controls.quiet : '';
  return <button type="button" className={`${controls.button} ${kind} ${className ?? ''}`} {...props} />;
}

interface IconButtonProps extends ComponentProps<'button'> {
  readonly label: string;
  readonly shortcut?: string;
  readonly children: ReactNode;
}

export function IconButton({ label, shortcut, children, className, ...props }: IconButtonProps) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger
        aria-label={label}
        className={`${controls.iconButton} ${className ?? ''}`}
        render={<button type="button" {...props} />}
      >
        {children}
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={4}>
          <Tooltip.Popup className={controls.tooltip}>
            {label}
            {shortcut && <kbd className={controls.kbd}>{shortcut}</kbd>}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
