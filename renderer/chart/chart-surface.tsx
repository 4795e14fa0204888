// A canvas that is used with pointer and keys: tells clicks from drags, gives positions, shows the card at the pointer.

import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef, useState } from 'react';
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
  /** pixels since the last call */
  readonly onDrag: (dx: number, dy: number) => void;
  readonly onWheel: (event: WheelEvent, at: Point) => void;
  /** returns whether the key was used */
  readonly onKey: (event: KeyboardEvent, pointer: Point | undefined) => boolean;
  /** what to say about a point, if anything */
  readonly card: (at: Point) => ReactNode;
}

const CLICK_PX = 4;

export function ChartSurface(props: ChartSurfaceProps) {
  const { sizeRef, size } = props;
  const [pointer, setPointer] = useState<Point>();
  const wheelRef = useWheel(props.onWheel);
  const drag = useRef<{ readonly start: Point; last: Point; moved: boolean }>(undefined);
  const onPointerDown = (event: PointerEvent): void => {
    const at = pointOf(event);
    drag.current = { start: at, last: at, moved: false };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent): void => {
    const at = pointOf(event);
    setPointer(at);
    const held = drag.current;
    if (!held) return;
    held.moved ||= Math.hypot(at.x - held.start.x, at.y - held.start.y) > CLICK_PX;
    if (held.moved) {
      props.onDrag(at.x - held.last.x, at.y - held.last.y);
      held.last = at;
    }
  };
  const onPointerUp = (event: PointerEvent): void => {
    if (drag.current && !drag.current.moved) props.onClick(pointOf(event));
    drag.current = undefined;
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
      onKeyDown={event => props.onKey(event, pointer) && event.preventDefault()}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
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
