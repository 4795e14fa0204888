// Labelled inputs of the toolbar and forms: switch, select, slider. The label is on the screen, but where there is no room.

import { Select } from '@base-ui/react/select';
import { Slider } from '@base-ui/react/slider';
import { Switch } from '@base-ui/react/switch';
import { Check, ChevronDown } from 'lucide-react';
import { type KeyboardEvent, useId } from 'react';
import controls from './controls.module.css';
import popups from './popups.module.css';

export function SwitchField(props: {
  readonly label: string;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChange: (checked: boolean) => void;
}) {
  const id = useId();
  return (
    <span className={controls.field}>
      <label id={id} className={controls.label} htmlFor={`${id}-switch`}>
        {props.label}
      </label>
      <Switch.Root
        id={`${id}-switch`}
        className={controls.switch}
        aria-labelledby={id}
        checked={props.checked}
        disabled={props.disabled ?? false}
        onCheckedChange={props.onChange}
      >
        <Switch.Thumb className={controls.thumb} />
      </Switch.Root>
    </span>
  );
}

/** A closed list does not jump to what is typed: a letter is a shortcut, and must not change a setting by the way. */
const isShortcut = ({ key, currentTarget }: KeyboardEvent): boolean =>
  key.length === 1 && key !== ' ' && currentTarget.getAttribute('aria-expanded') !== 'true';

/** As wide as its widest choice: what stands beside it does not move with the value. */
export function SelectField<T extends string>(props: {
  readonly label: string;
  /** for those who cannot see where it stands; for the others its place says it */
  readonly labelHidden?: boolean;
  readonly value: T | null;
  readonly items: readonly { readonly value: T; readonly label: string }[];
  readonly placeholder?: string;
  readonly disabled?: boolean;
  readonly onChange: (value: T) => void;
}) {
  return (
    <Select.Root
      items={props.items}
      value={props.value}
      disabled={props.disabled ?? false}
      onValueChange={value => value !== null && props.onChange(value)}
    >
      <span className={controls.field}>
        <Select.Label className={props.labelHidden ? 'visually-hidden' : controls.label}>
          {props.label}
        </Select.Label>
        <Select.Trigger
          className={controls.select}
          onKeyDown={event => isShortcut(event) && event.preventBaseUIHandler()}
        >
          <span className={controls.selectValue}>
            <Select.Value placeholder={props.placeholder ?? ''} />
            {props.items.map(item => (
              <span key={item.value} className={controls.selectRoom} data-text={item.label} aria-hidden />
            ))}
          </span>
          <Select.Icon className={controls.selectIcon}>
            <ChevronDown size={12} aria-hidden />
          </Select.Icon>
        </Select.Trigger>
      </span>
      <Select.Portal>
        <Select.Positioner className={popups.positioner} sideOffset={4} alignItemWithTrigger={false}>
          <Select.Popup className={popups.popup}>
            <Select.List>
              {props.items.map(item => (
                <Select.Item key={item.value} value={item.value} className={popups.menuItem}>
                  <span className={popups.check}>
                    <Select.ItemIndicator>
                      <Check size={12} aria-hidden />
                    </Select.ItemIndicator>
                  </span>
                  <Select.ItemText>{item.label}</Select.ItemText>
                </Select.Item>
              ))}
            </Select.List>
          </Select.Popup>
        </Select.Positioner>
      </Select.Portal>
    </Select.Root>
  );
}

export function SliderField(props: {
  readonly label: string;
  readonly value: number;
  readonly max: number;
  readonly text: string;
  readonly onChange: (value: number) => void;
}) {
  return (
    <Slider.Root
      className={controls.slider}
      value={props.value}
      min={0}
      max={Math.max(props.max, 1)}
      disabled={props.max === 0}
      onValueChange={value => props.onChange(value)}
    >
      <Slider.Control className={controls.sliderControl}>
        <Slider.Track className={controls.sliderTrack}>
          <Slider.Indicator className={controls.sliderIndicator} />
          <Slider.Thumb
            className={controls.sliderThumb}
            aria-label={props.label}
            getAriaValueText={() => props.text}
          />
        </Slider.Track>
      </Slider.Control>
    </Slider.Root>
  );
}
