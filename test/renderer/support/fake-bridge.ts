// A bridge without a shell: answers from made-up data at once, and records what was asked.

import { compileOptions } from '../../../engine/options.ts';
import type { Replies, RequestInput, RequestName } from '../../../engine/protocol.ts';
import type { RunReport } from '../../../engine/report/types/run.ts';
import {
  type Bridge,
  type RequestControl,
  RequestFailure,
  type SavedFile,
} from '../../../renderer/bridge/bridge.ts';
import { reportFor, runFor, SUMMARY } from './made-up.ts';

export type Answers = {
  [N in RequestName]?: (body: RequestInput<N>, control: RequestControl) => Replies[N] | Promise<Replies[N]>;
};

export interface FakeBridge extends Bridge {
  readonly asked: readonly { readonly name: RequestName; readonly body: unknown }[];
  readonly saved: readonly SavedFile[];
}

export const refuse = (message: string): never => {
  throw new RequestFailure({ id: 'bad-input', message, where: 'here' });
};

/** `answers` come before the made-up ones. */
export function createFakeBridge(answers: Answers = {}): FakeBridge {
  const asked: { name: RequestName; body: unknown }[] = [];
  const saved: SavedFile[] = [];
  let models = 0;
  let runs = 0;
  const kept = new Map<string, RunReport>();
  const defaults: Required<Answers> = {
    machine: () => ({
      cpu: 'made up',
      cores: 2,
      defaultThreads: 1,
      node: '26',
      v8: '14',
      simd: ['scalar', '128', '256'],
      shell: 'server',
    }),
    samples: () => [{ name: 'six', title: 'Six', description: '' }],
    open: () => ({ model: `m${++models}`, summary: SUMMARY }),
    close: () => ({}),
    compile: ({ options }) => reportFor(compileOptions.parse(options)),
    run: ({ options, against }) => ({
      runs: [options, ...(against ? [against] : [])].map(chosen => {
        const report = runFor(compileOptions.parse(chosen), `r${++runs}`);
        kept.set(report.id, report);
        return report;
      }),
    }),
    runs: ({ ids }) => ({ runs: ids.map(id => kept.get(id)).filter(report => report !== undefined) }),
    tensor: ({ tensor }) => ({ tensor, dtype: 'float32', shape: [1], start: 0, values: [1] }),
    weights: () => ({ changed: [], skipped: [] }),
    npy: () => ({ fileName: 'w.npy', mime: 'application/octet-stream', text: '', encoding: 'base64' }),
    whatIf: () => ({
      base: { peakBytes: 300, lowerBoundBytes: 300, optimal: true, unplannedBytes: 600 },
      multiplyAdds: 0,
      items: [],
      front: [],
      executed: [],
      ms: 1,
    }),
    code: ({ group }) => ({ text: `export function ${group}`, moduleBytes: 1 }),
    export: () => ({ fileName: 'plan.json', mime: 'application/json', text: '{}' }),
    browse: () => ({ folder: '', entries: [] }),
    recent: () => [],
    cache: () => ({ folder: '/cache', programs: 2, sizeBytes: 2048, codeBytes: 1024 }),
    hold: () => ({}),
    input: () => ({ dtype: 'float32', shape: [25] }),
  };
  const table: Required<Answers> = { ...defaults, ...answers };
  return {
    asked,
    saved,
    request: async <N extends RequestName>(name: N, body: RequestInput<N>, control: RequestControl = {}) => {
      asked.push({ name, body });
      const answer = table[name] as NonNullable<Answers[N]> as (
        body: RequestInput<N>,
        control: RequestControl,
      ) => Promise<Replies[N]>;
      return answer(body, control);
    },
    sourceOf: async (_files, entry) => ({ kind: 'upload', upload: 'u1', entry: entry.path }),
    sourceOfMade: async fileName => ({ kind: 'upload', upload: 'made', entry: fileName }),
    save: async file => {
      saved.push(file);
    },
    subscribe: () => () => {},
  };
}
