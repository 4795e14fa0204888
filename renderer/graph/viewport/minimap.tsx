// The whole scene in a corner, with the part that is on the screen. A click or drag goes there.
// It is for the pointer; the arrow keys and the search go everywhere too.

import { Panel, useReactFlow, useStore } from '@xyflow/react';
import { type PointerEvent, use, useCallback, useMemo } from 'react';
import { useApp } from '../../hooks/app-context.ts';
import { usePalette } from '../../theme/palette.ts';
import { Canvas, type Size } from '../../widgets/canvas.tsx';
import { heatColour } from '../colour/heat-scale.ts';
import { HeatContext } from '../draw/flow-elements.tsx';
import styles from '../panels.module.css';
import type { Scene } from '../scene/scene.ts';
import { boundsOf, contains } from './bounds.ts';
import { minimapOf } from './minimap-geometry.ts';

export function Minimap({ scene, size }: { readonly scene: Scene; readonly size: Size }) {
  const shown = useApp(state => state.graph.minimap);
  // What is on the screen as a whole needs no map, which would only cover some of it.
  const whole = useStore(({ transform: [x, y, zoom], width, height }) =>
    contains(boundsOf({ x, y, zoom }, width, height), scene),
  );
  if (!shown || whole || size.width === 0) return null;
  return (
    <Panel position="bottom-right">
      <MinimapBox scene={scene} size={size} />
    </Panel>
  );
}

function MinimapBox({ scene, size }: { readonly scene: Scene; readonly size: Size }) {
  const flow = useReactFlow();
  const palette = usePalette();
  const heat = use(HeatContext);
  const [x, y, zoom] = useStore(state => state.transform);
  const map = useMemo(() => minimapOf(scene), [scene]);
  const framed = useMemo(
    () =>
      new Set(scene.nodes.flatMap(node => (node.kind === 'group' && node.frame ? (node.members ?? []) : []))),
    [scene],
  );
  const draw = useCallback(
    (context: CanvasRenderingContext2D) => {
      for (const node of scene.nodes) {
        if (node.kind === 'scope' && node.frame) continue;
        const hot = heat.get(node.key);
        // In a fused group that is hot, the frame says it all.
        if (heat.size > 0 && !hot && node.kind === 'node' && framed.has(Number(node.id))) continue;
        if (heat.size > 0) context.fillStyle = heatColour(hot, palette, palette.color['line-strong']);
        else if (node.frame) context.fillStyle = palette.color['accent-soft'];
        else context.fillStyle = palette.family[node.family];
        context.fillRect(
          map.xOf(node.x),
          map.yOf(node.y),
          Math.max(1, node.width * map.scaleX),
          Math.max(1, node.height * map.scaleY),
        );
      }
    },
    [scene, heat, palette, map, framed],
  );
  const bounds = boundsOf({ x, y, zoom }, size.width, size.height);
  const go = (event: PointerEvent<HTMLElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const at = map.sceneAt(event.clientX - box.left, event.clientY - box.top);
    void flow.setCenter(at.x, at.y, { zoom });
  };
  const [left, top] = [map.xOf(bounds.left), map.yOf(bounds.top)];
  return (
    <div
      className={`${styles.minimap} nopan nowheel`}
      style={{ width: map.width, height: map.height }}
      aria-hidden
      onPointerDown={event => {
        event.currentTarget.setPointerCapture(event.pointerId);
        go(event);
      }}
      onPointerMove={event => event.currentTarget.hasPointerCapture(event.pointerId) && go(event)}
    >
      <Canvas size={map} draw={draw} />
      <div
        className={styles.minimapView}
        style={{
          left,
          top,
          width: map.xOf(bounds.right) - left,
          height: map.yOf(bounds.bottom) - top,
        }}
      />
    </div>
  );
}
