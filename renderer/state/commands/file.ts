// Opening, exporting and closing.

import type { ExportKind } from '../../../engine/report/types/export-kind.ts';
import type { Command } from './command.ts';
import { always, hasModel, hasPlan, hasRuns, valuesTarget } from './conditions.ts';

/** A file for another tool. */
const exporting = (what: ExportKind, title: string, enabled: Command['enabled']): Command => ({
  id: `export-${what}`,
  title,
  menu: 'File',
  enabled,
  run: a => void a.exportAs(what),
});

export const FILE: readonly Command[] = [
  {
    id: 'open-file',
    title: 'Open file…',
    menu: 'File',
    shortcut: 'Ctrl+O',
    enabled: always,
    run: a => void a.pickAndOpen('files'),
  },
  {
    id: 'open-folder',
    title: 'Open folder with external data…',
    menu: 'File',
    enabled: always,
    run: a => void a.pickAndOpen('folder'),
  },
  {
    id: 'open-known',
    title: 'Open sample or recent file…',
    menu: 'File',
    enabled: state => state.samples.length + state.recent.length > 0,
    run: a => a.showDialog('openable'),
  },
  {
    id: 'browse',
    title: 'Browse the served folder…',
    menu: 'File',
    enabled: state => state.machine?.root !== undefined,
    run: a => a.showDialog('browse'),
  },
  {
    id: 'export-plan',
    title: 'Export plan as JSON',
    menu: 'File',
    section: true,
    shortcut: 'Ctrl+S',
    enabled: hasPlan,
    run: a => void a.exportAs('plan'),
  },
  {
    id: 'export-report',
    title: 'Export report to send (HTML)',
    menu: 'File',
    shortcut: 'Ctrl+Shift+S',
    enabled: hasPlan,
    run: a => void a.exportAs('report'),
  },
  exporting('trace', 'Export run as Chrome trace', hasRuns),
  exporting('ort-profile', 'Export run as ONNX Runtime profile', hasRuns),
  exporting('csv', 'Export planning problem as CSV', hasPlan),
  exporting('csv-offsets', 'Export plan with its offsets as CSV', hasPlan),
  exporting('offline-plan-c', 'Export offline plan for TFLite Micro as C', hasPlan),
  exporting('offline-plan', 'Export offline plan for TFLite Micro as metadata', hasPlan),
  exporting('netron', 'Export attachment for Netron', hasPlan),
  exporting('model-explorer', 'Export node data for Model Explorer', hasPlan),
  {
    id: 'export-graph-svg',
    title: 'Export graph as SVG',
    menu: 'File',
    enabled: hasModel,
    run: a => void a.exportGraph('svg'),
  },
  {
    id: 'export-graph-png',
    title: 'Export graph as PNG',
    menu: 'File',
    enabled: hasModel,
    run: a => void a.exportGraph('png'),
  },
  {
    id: 'export-npy',
    title: 'Export values of the tensor selected as .npy',
    menu: 'File',
    enabled: state => valuesTarget(state) !== undefined,
    run: (a, state) => {
      const tensor = valuesTarget(state);
      if (tensor !== undefined) void a.saveTensor(tensor);
    },
  },
  {
    id: 'clear-programs',
    title: 'Clear compiled programs…',
    menu: 'File',
    section: true,
    enabled: always,
    run: a => a.showDialog('kept-programs'),
  },
  {
    id: 'close-model',
    title: 'Close model',
    menu: 'File',
    enabled: hasModel,
    run: (a, state) => state.active !== undefined && void a.close(state.active),
  },
];
