// The overview on its canvas: it follows the viewport, the selection and the colours.

import { useStore } from '@xyflow/react';
import { use, useCallback } from 'react';
import type { Highlight } from '../../state/selection.ts';
import { usePalette } from '../../theme/palette.ts';
import { Canvas, type Size } from '../../widgets/canvas.tsx';
import styles from '../graph.module.css';
import type { Scene } from '../scene/scene.ts';
import { HeatContext } from './flow-elements.tsx';
import { drawOverview } from './overview.ts';

/** The whole scene where it is drawn instead of made into elements. */
export function OverviewCanvas(props: {
  readonly scene: Scene;
  readonly highlight: Highlight;
  readonly size: Size;
}) {
  const { scene, highlight, size } = props;
  const palette = usePalette();
  const heat = use(HeatContext);
  const transform = useStore(state => state.transform);
  const draw = useCallback(
    (context: CanvasRenderingContext2D) => {
      const [x, y, zoom] = transform;
      drawOverview(context, scene, { x, y, zoom }, size, palette, highlight, heat);
    },
    [scene, highlight, size, palette, transform, heat],
  );
  return <Canvas className={styles.overview} size={size} draw={draw} aria-hidden />;
}
