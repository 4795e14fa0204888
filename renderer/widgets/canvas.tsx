// A canvas as large as its place on the page, sharp on every display, drawn again when its inputs change.

import { type ComponentProps, type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import styles from './widgets.module.css';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size of an element in CSS pixels, 0×0 until it is laid out; and the element itself, for those who need it too. */
export function useSize(): readonly [
  ref: (element: HTMLElement | null) => void,
  size: Size,
  held: RefObject<HTMLElement | null>,
] {
  const held = useRef<HTMLElement>(null);
  const [element, setElement] = useState<HTMLElement | null>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const ref = useCallback((now: HTMLElement | null): void => {
    held.current = now;
    setElement(now);
  }, []);
  useEffect(() => {
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return [ref, size, held];
}

interface CanvasProps extends ComponentProps<'canvas'> {
  readonly size: Size;
  /** draws in CSS pixels on a cleared canvas; a new function draws again */
  readonly draw: (context: CanvasRenderingContext2D) => void;
}

export function Canvas({ size, draw, className, ...props }: CanvasProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  const { width, height } = size;
  useEffect(() => {
    const canvas = ref.current;
    const context = canvas?.getContext('2d');
    if (!canvas || !context || width === 0 || height === 0) return;
    const frame = requestAnimationFrame(() => {
      const ratio = devicePixelRatio;
      const pixels = [Math.round(width * ratio), Math.round(height * ratio)] as const;
      if (canvas.width !== pixels[0]) canvas.width = pixels[0];
      if (canvas.height !== pixels[1]) canvas.height = pixels[1];
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      draw(context);
    });
    return () => cancelAnimationFrame(frame);
  }, [draw, width, height]);
  return <canvas ref={ref} className={`${styles.canvas} ${className ?? ''}`} {...props} />;
}
