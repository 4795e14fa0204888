// Going through numbered moments: play, back, forth, and a slider.

import { Pause, Play, SkipBack, SkipForward } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from './button.tsx';
import { SliderField } from './fields.tsx';
import styles from './widgets.module.css';

/** Widths of a letter, on average, in those of a figure. */
const LETTER = 0.82;

export interface PlayBarProps {
  /** of the slider: 'Step', 'Placement' */
  readonly label: string;
  /** names of the buttons, with the keys that do the same */
  readonly names: {
    readonly play: string;
    readonly previous: string;
    readonly next: string;
    readonly keys?: readonly [previous: string, next: string];
  };
  readonly value: number;
  readonly first: number;
  readonly last: number;
  /** what the value means, in words */
  readonly text: string;
  readonly count: string;
  /** characters the longest count has: the slider does not move as they change */
  readonly countRoom?: number;
  /** between two moments while it plays */
  readonly paceMs: number;
  readonly onChange: (value: number) => void;
}

export function PlayBar(props: PlayBarProps) {
  const { names, value, first, last, paceMs, onChange } = props;
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    if (!playing) return;
    if (value >= last) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => onChange(value + 1), paceMs);
    return () => clearTimeout(timer);
  }, [playing, value, last, paceMs, onChange]);
  const play = (): void => {
    if (!playing && value >= last) onChange(first);
    setPlaying(!playing);
  };
  const [previousKey, nextKey] = names.keys ?? [];
  return (
    <div className={styles.playBar}>
      <IconButton label={playing ? 'Pause' : names.play} onClick={play}>
        {playing ? <Pause size={14} aria-hidden /> : <Play size={14} aria-hidden />}
      </IconButton>
      <IconButton
        label={names.previous}
        {...(previousKey !== undefined && { shortcut: previousKey })}
        disabled={value <= first}
        onClick={() => onChange(value - 1)}
      >
        <SkipBack size={14} aria-hidden />
      </IconButton>
      <IconButton
        label={names.next}
        {...(nextKey !== undefined && { shortcut: nextKey })}
        disabled={value >= last}
        onClick={() => onChange(value + 1)}
      >
        <SkipForward size={14} aria-hidden />
      </IconButton>
      <SliderField label={props.label} value={value} max={last} text={props.text} onChange={onChange} />
      <span
        className={styles.playCount}
        style={props.countRoom === undefined ? {} : { width: `${props.countRoom * LETTER}ch` }}
        title={props.count}
      >
        {props.count}
      </span>
    </div>
  );
}
