// A run as ONNX Runtime's profiler would write it, for the scripts that read such files: an array of X events with
// the same names, categories and arguments. Times are medians, one step after the other, in whole µs as there.

import type { ModelSummary, TensorSummary } from '../types/model.ts';
import type { RunReport, StepReport } from '../types/run.ts';

const PROCESS = 1;
const THREAD = 1;
const PROVIDER = 'ArenascopeExecutionProvider';

interface ProfileEvent {
  readonly cat: 'Session' | 'Node';
  readonly pid: number;
  readonly tid: number;
  readonly dur: number;
  readonly ts: number;
  readonly ph: 'X';
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** The text of a JSON file. */
export function ortProfile(model: ModelSummary, run: RunReport): string {
  const session = (name: string, ts: number, dur: number): ProfileEvent => ({
    cat: 'Session',
    pid: PROCESS,
    tid: THREAD,
    dur,
    ts,
    ph: 'X',
    name,
    args: {},
  });
  const start = Math.round(run.compileMs * 1000);
  const ends = [0];
  for (const { medianNs } of run.steps) ends.push((ends.at(-1) ?? 0) + medianNs);
  const at = (step: number): number => start + Math.round((ends[step] ?? 0) / 1000);
  const endsOf = endsIn(model);
  const nodes = run.steps.map((step, index): ProfileEvent => {
    const ts = at(index);
    return {
      cat: 'Node',
      pid: PROCESS,
      tid: THREAD,
      dur: at(index + 1) - ts,
      ts,
      ph: 'X',
      name: `${step.name}_kernel_time`,
      args: argumentsOf(step, endsOf(step), run),
    };
  });
  const events = [
    session('session_initialization', 0, start),
    session('model_run', start, at(run.steps.length) - start),
    ...nodes,
  ];
  return `${JSON.stringify(events, null, 1)}\n`;
}

/** What a step takes from outside and what it leaves there. */
interface Ends {
  readonly inputs: readonly TensorSummary[];
  readonly outputs: readonly TensorSummary[];
}

/** All numbers are texts there. */
function argumentsOf(step: StepReport, { inputs, outputs }: Ends, run: RunReport): ProfileEvent['args'] {
  const bytes = (tensors: readonly TensorSummary[]): string =>
    String(tensors.reduce((sum, tensor) => sum + (tensor.bytes ?? 0), 0));
  const constants = inputs.filter(({ kind }) => kind === 'constant');
  const activations = inputs.filter(({ kind }) => kind !== 'constant');
  return {
    op_name: step.op,
    provider: PROVIDER,
    node_index: String(step.nodes[0] ?? step.index),
    input_type_shape: activations.map(typeShape),
    output_type_shape: outputs.map(typeShape),
    activation_size: bytes(activations),
    parameter_size: bytes(constants),
    output_size: bytes(outputs),
    thread_scheduling_stats: '',
    title: step.title,
    fused_ops: step.fusedOps.join('+'),
    threads: String(run.options.threads),
  };
}

const typeShape = ({ dtype = 'undefined', shape = [] }: TensorSummary) => ({
  [dtype === 'float32' ? 'float' : dtype]: shape,
});

function endsIn({ graph }: ModelSummary): (step: Pick<StepReport, 'nodes' | 'op'>) => Ends {
  const nodes = new Map(graph.nodes.map(node => [node.id, node]));
  const tensors = new Map(graph.tensors.map(tensor => [tensor.id, tensor]));
  const isOfBody = ({ nodes: ids, op }: Pick<StepReport, 'nodes' | 'op'>): boolean =>
    ids.some(id => (nodes.get(id)?.subgraphs.length ?? 0) > 0 && nodes.get(id)?.op !== op);
  const present = (ids: readonly (number | null)[]): readonly TensorSummary[] =>
    ids.flatMap(id => (id === null ? [] : (tensors.get(id) ?? [])));
  return step => {
    // Of what runs in a body it is not known what the file's tensors have to do with it.
    if (isOfBody(step)) return { inputs: [], outputs: [] };
    const members = new Set(step.nodes);
    const summaries = step.nodes.flatMap(id => nodes.get(id) ?? []);
    const made = present(summaries.flatMap(({ outputs }) => outputs));
    const own = new Set(made.map(({ id }) => id));
    const read = present(summaries.flatMap(({ inputs, captures = [] }) => [...inputs, ...captures])).filter(
      ({ id }) => !own.has(id),
    );
    const outputs = made.filter(
      ({ kind, consumers }) => kind === 'output' || consumers.some(node => !members.has(node)),
    );
    return { inputs: [...new Set(read)], outputs };
  };
}
