// The graph that is shown, whole, as a file: laid out as on the screen, in the colours of the theme.

import type { SavedFile } from '../../bridge/bridge.ts';
import { atOnce } from '../../page/in-slices.ts';
import { type AppState, activeModel, reportOf, runOf } from '../../state/app-state.ts';
import { insideOf } from '../../state/derived/bodies.ts';
import { comparisonOf } from '../../state/derived/comparing.ts';
import { colourOf } from '../../state/derived/graph-colour.ts';
import { modelName, stemOf } from '../../state/derived/model-name.ts';
import { changesOf } from '../../state/derived/versions.ts';
import { readPalette } from '../../theme/palette.ts';
import { changeHeat } from '../colour/change-heat.ts';
import { heatOf, stepValues } from '../colour/heat.ts';
import { draftScene, executionOf, layoutInputOf, type Scene, sceneOf } from '../scene/scene.ts';
import { openScopesOf, scopeTreeOf } from '../scene/scopes.ts';
import { layOut } from '../scene/use-scene.ts';
import { svgOf } from './svg.ts';

/** What browsers draw at most, per side and in all; larger scenes are drawn smaller. */
const LONGEST_SIDE = 16_000;
const MOST_PIXELS = 64e6;
const SHARP = 2;

export async function drawGraph(state: AppState, format: 'svg' | 'png'): Promise<SavedFile> {
  const whole = activeModel(state);
  if (!whole) throw new Error('there is no graph to draw without a model');
  const model = insideOf(whole);
  const { direction, wrap, fusion } = state.graph;
  const colour = colourOf(state);
  const execution = executionOf(reportOf(model), fusion);
  const tree = scopeTreeOf(model.summary.graph, execution.groups);
  const open = openScopesOf(tree, model.scopes);
  const draft = atOnce(draftScene(model.summary.graph, model.index, execution, tree, open));
  const scene = atOnce(sceneOf(draft, await layOut(layoutInputOf(draft, direction, wrap)), direction));
  const changes = colour === 'changes' ? changesOf(state, whole) : undefined;
  const [plan, run] = [reportOf(model)?.asExecuted, runOf(model)?.report];
  const heat = changes
    ? changeHeat(scene, changes)
    : heatOf(scene, stepValues(colour, plan, run, comparisonOf(model)?.comparison));
  const text = svgOf(scene, readPalette(), heat);
  const stem = stemOf(modelName(whole, state.models));
  if (format === 'svg') return { fileName: `${stem}.graph.svg`, mime: 'image/svg+xml', text };
  return {
    fileName: `${stem}.graph.png`,
    mime: 'image/png',
    text: await pngOf(text, scene),
    encoding: 'base64',
  };
}

async function pngOf(svg: string, scene: Scene): Promise<string> {
  const image = new Image();
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    image.src = url;
    await image.decode();
    const [width, height] = [Math.max(image.width, 1), Math.max(image.height, 1)];
    const scale = Math.min(
      SHARP,
      LONGEST_SIDE / width,
      LONGEST_SIDE / height,
      Math.sqrt(MOST_PIXELS / (width * height)),
    );
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext('2d');
    if (!context)
      throw new Error(`no canvas of ${canvas.width}×${canvas.height} for ${scene.nodes.length} nodes`);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await encoded(canvas);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Many pixels take seconds to be packed: not on the page's own thread. */
async function encoded(canvas: HTMLCanvasElement): Promise<string> {
  const blob = await new Promise<Blob | null>(resolve => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error(`no image of ${canvas.width}×${canvas.height} could be made`);
  const reader = new FileReader();
  const read = new Promise((resolve, reject) => {
    reader.onload = resolve;
    reader.onerror = () => reject(reader.error);
  });
  reader.readAsDataURL(blob);
  await read;
  return String(reader.result).slice(String(reader.result).indexOf(',') + 1);
}
