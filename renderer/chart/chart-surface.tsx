// A canvas that is used with pointer and keys: tells clicks from drags, gives positions, shows the card at the pointer.

import { type PointerEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { type KeyPress, useUnfocusedKeys } from '../hooks/use-unfocused-keys.ts';
import { Canvas, type Size } from '../widgets/canvas.tsx';
import styles from './chart.module.css';
import { type Point, Tooltip } from './tooltip.tsx';

export interface ChartSurfaceProps {
  /** what it shows and how it is used, for those who cannot see it */
  readonly label: string;
  readonly sizeRef: (element: HTMLElement | null) => void;
  readonly size: Size;
  readonly draw: (context: CanvasRenderingContext2D) => void;
  readonly onClick: (at: Point) => void;
  /** dragged with Shift or the middle button: pixels since the last call */
  readonly onPan: (dx: number, dy: number) => void;
  /** dragged otherwise: from where to where, and whether the button is up again */
  readonly onArea: (from: Point, to: Point, done: boolean) => void;
  readonly onWheel: (event: WheelEvent, at: Point) => void;
  /** returns whether the key was used */
  readonly onKey: (event: KeyPress, pointer: Point | undefined) => boolean;
  /** what to say about a point, if anything */
  readonly card: (at: Point) => ReactNode;
}

const CLICK_PX = 4;

interface Drag {
  readonly start: Point;
  readonly pan: boolean;
  last: Point;
  moved: boolean;
}

export function ChartSurface(props: ChartSurfaceProps) {
  const { sizeRef, size } = props;
  const [pointer, setPointer] = useState<Point>();
  const wheelRef = useWheel(props.onWheel);
  const drag = useRef<Drag>(undefined);
  const onKeyDown = (event: KeyPress): void => {
    if (props.onKey(event, pointer)) event.preventDefault();
  };
  useUnfocusedKeys(onKeyDown);
  const onPointerDown = (event: PointerEvent): void => {
    const at = pointOf(event);
    drag.current = { start: at, last: at, moved: false, pan: event.shiftKey || event.button === 1 };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent): void => {
    const at = pointOf(event);
    setPointer(at);
    const held = drag.current;
    if (!held) return;
    held.moved ||= Math.hypot(at.x - held.start.x, at.y - held.start.y) > CLICK_PX;
    if (!held.moved) return;
    if (held.pan) props.onPan(at.x - held.last.x, at.y - held.last.y);
    else props.onArea(held.start, at, false);
    held.last = at;
  };
  const onPointerUp = (event: PointerEvent): void => {
    const held = drag.current;
    drag.current = undefined;
    if (!held || event.type === 'pointercancel') return;
    if (!held.moved) props.onClick(pointOf(event));
    else if (!held.pan) props.onArea(held.start, pointOf(event), true);
  };
  const card = pointer && !drag.current?.moved ? props.card(pointer) : undefined;
  return (
    <div
      ref={element => {
        sizeRef(element);
        wheelRef.current = element;
      }}
      className={styles.chart}
      role="application"
      aria-label={props.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is used with the keyboard
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={onPointerUp}
      onPointerLeave={() => setPointer(undefined)}
    >
      <Canvas size={size} draw={props.draw} aria-hidden />
      {pointer && card && (
        <Tooltip at={pointer} within={size}>
          {card}
        </Tooltip>
      )}
    </div>
  );
}

/** React's own wheel listeners are passive: they could not keep the page from zooming with Ctrl. */
function useWheel(onWheel: ChartSurfaceProps['onWheel']) {
  const ref = useRef<HTMLElement>(null);
  const latest = useRef(onWheel);
  useEffect(() => {
    latest.current = onWheel;
  }, [onWheel]);
  useEffect(() => {
    const element = ref.current;
    const listen = (event: WheelEvent): void => {
      event.preventDefault();
      const box = element?.getBoundingClientRect();
      latest.current(event, { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) });
    };
    element?.addEventListener('wheel', listen, { passive: false });
    return () => element?.removeEventListener('wheel', listen);
  }, []);
  return ref;
}

function pointOf(event: PointerEvent): Point {
  const box = event.currentTarget.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}
