// Cases in the layout of the ONNX backend tests: folders with model.onnx and test_data_set_N, and flat files
// X.onnx beside X_output_K.pb (and X_input_K.pb, or seeded inputs where there are none).

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { findOperator } from '../ir/ops/index.ts';
import type { CompileOptions } from '../options.ts';
import type { ModelSummary } from '../report/types.ts';
import type { CallControl } from './engine-child.ts';
import type { InputSource } from './engine-requests.ts';
import type { Engines } from './engines.ts';
import { badInput, Failure } from './failure.ts';
import { withSession } from './measure.ts';

export interface DataSet {
  readonly inputs: readonly { readonly path: string; readonly index: number }[];
  /** in order of the model's outputs */
  readonly outputs: readonly string[];
}

export interface Case {
  /** path below the searched folder */
  readonly name: string;
  readonly model: string;
  readonly data: readonly DataSet[];
}

export interface CaseResult {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'unsupported';
  /** why it did not pass */
  readonly reason?: string;
}

/** input_K.pb and output_K.pb of a folder, after a prefix. Throws bad-input when an output is missing. */
export function readDataSet(folder: string, prefix = ''): DataSet {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw badInput(
      `expected a folder of test data (${error instanceof Error ? error.message : error})`,
      folder,
    );
  }
  const numbered = (kind: string) => {
    const start = `${prefix}${kind}_`;
    const files = names.filter(name => name.startsWith(start) && /^\d+\.pb$/.test(name.slice(start.length)));
    return files
      .map(name => ({ path: path.join(folder, name), index: Number.parseInt(name.slice(start.length), 10) }))
      .sort((a, b) => a.index - b.index);
  };
  const outputs = numbered('output');
  const hole = outputs.findIndex(({ index }, position) => index !== position);
  if (hole >= 0) throw badInput(`expected ${prefix}output_${hole}.pb, found none`, folder);
  return { inputs: numbered('input'), outputs: outputs.map(output => output.path) };
}

/** Every case below a folder, by name. */
export function findCases(root: string): Case[] {
  if (!existsSync(root)) throw badInput('expected a folder of cases, found none', root);
  const cases: Case[] = [];
  const visit = (folder: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true });
    const isCase = entries.some(entry => entry.name === 'model.onnx');
    if (isCase) cases.push(folderCase(root, folder));
    for (const entry of entries) {
      if (entry.isDirectory() && !isCase) visit(path.join(folder, entry.name));
      else if (!isCase && entry.name.endsWith('.onnx')) {
        const prefix = `${entry.name.slice(0, -'.onnx'.length)}_`;
        const data = readDataSet(folder, prefix);
        const model = path.join(folder, entry.name);
        if (data.outputs.length > 0) cases.push({ name: path.relative(root, model), model, data: [data] });
      }
    }
  };
  visit(root);
  return cases.sort((a, b) => a.name.localeCompare(b.name));
}

function folderCase(root: string, folder: string): Case {
  const sets = readdirSync(folder)
    .filter(name => /^test_data_set_\d+$/.test(name))
    .sort();
  return {
    name: path.relative(root, folder) || path.basename(folder),
    model: path.join(folder, 'model.onnx'),
    data: sets.map(set => readDataSet(path.join(folder, set))),
  };
}

/**
 * Runs one case. Unsupported is decided from the model before anything runs; whatever goes wrong after that is a
 * failure. Engines must be allowed to read the case's folder.
 */
export async function runCase(
  engines: Engines,
  { name, model, data }: Case,
  options: CompileOptions,
  control: CallControl,
): Promise<CaseResult> {
  try {
    const opened = await engines.open({ kind: 'path', path: model }, options.dims, control);
    try {
      const missing = opened.summary.diagnostics.find(({ id }) => id === 'unsupported-operator');
      if (missing) return { name, status: 'unsupported', reason: missing.message };
      if (data.length === 0) return { name, status: 'failed', reason: 'there is no test data' };
      const random = outputsAreRandom(opened.summary);
      for (const set of data) {
        const problem = await runDataSet(engines, opened.model, set, options, random, control);
        if (problem !== undefined) return { name, status: 'failed', reason: problem };
      }
      return { name, status: 'passed' };
    } finally {
      await engines.close(opened.model);
    }
  } catch (error) {
    const status = error instanceof Failure && error.id === 'unsupported' ? 'unsupported' : 'failed';
    return { name, status, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Some node draws random numbers: only types and shapes can be compared. */
const outputsAreRandom = ({ graph }: ModelSummary): boolean =>
  graph.nodes.some(({ op, version }) => findOperator(op, version)?.random);

/** What is wrong with the outputs; undefined when nothing is. */
async function runDataSet(
  engines: Engines,
  model: string,
  { inputs: files, outputs: expected }: DataSet,
  options: CompileOptions,
  random: boolean,
  control: CallControl,
): Promise<string | undefined> {
  const inputs: InputSource =
    files.length === 0 ? { kind: 'seeded', seed: 1 } : { kind: 'files', files: [...files], seed: 1 };
  const outputs = await withSession(engines, { model, options, inputs }, control, (child, session) =>
    child.call('compare', { session, expected: [...expected] }, control),
  );
  for (const { name, mismatch, mismatched, compared, maxAbsError } of outputs) {
    if (mismatch !== undefined) return `${name}: ${mismatch}`;
    if (mismatched > 0 && !random)
      return `${name}: ${mismatched} of ${compared} differ, by up to ${maxAbsError}`;
  }
  return undefined;
}
