// What an open model is called wherever several are: by its name, as long as that tells it from the others.

import type { OpenModel } from '../app-state.ts';

type Named = Pick<OpenModel, 'id' | 'summary' | 'source'>;

/** The name; with the folder that tells it from other open models of the same, and a number where none does. */
export function modelName(model: Named, models: readonly Named[]): string {
  const alike = models.filter(other => other.summary.name === model.summary.name);
  if (alike.length < 2) return model.summary.name;
  const places = alike.map(placeOf);
  const name = nameAmong(placeOf(model), places);
  const same = alike.filter(other => nameAmong(placeOf(other), places) === name);
  const place = same.findIndex(({ id }) => id === model.id);
  return same.length < 2 ? name : `${name} (${place + 1})`;
}

function placeOf({ summary, source }: Named): string {
  if (source.kind === 'sample') return summary.name;
  return source.kind === 'path' ? source.path : source.entry;
}

/** 'bert/model.onnx': the file, with the folder in which the way to it first differs from the others that end alike. */
export function nameAmong(path: string, paths: readonly string[]): string {
  const parts = partsOf(path);
  const others = [...new Set(paths)].filter(other => other !== path).map(partsOf);
  const rivals = others.filter(other => other.at(-1) === parts.at(-1));
  if (rivals.length === 0) return parts.at(-1) ?? path;
  let length = 2;
  while (length < parts.length && rivals.some(other => endsAlike(other, parts, length))) length++;
  const shown = parts.slice(-length);
  return shown.length <= 2 ? shown.join('/') : `${shown[0]}/…/${shown.at(-1)}`;
}

const partsOf = (path: string): readonly string[] => path.split(/[\\/]/).filter(part => part !== '');

const endsAlike = (a: readonly string[], b: readonly string[], length: number): boolean =>
  a.slice(-length).join('/') === b.slice(-length).join('/');

/** What files made of a model are called before their first full stop: no sign that a file system or shell minds. */
export const stemOf = (name: string): string =>
  name
    .replace(/\.onnx(?= \(\d+\)$|$)/, '')
    .replace(/[^\w.-]+/g, '-')
    .replace(/-+$/, '');

/** The name of a file that is called after its model, with what tells the model from the others that are open. */
export function fileNameAmong(fileName: string, model: Named, models: readonly Named[]): string {
  const stem = engineStem(model.summary.name);
  if (!fileName.startsWith(`${stem}.`)) return fileName;
  return `${stemOf(modelName(model, models))}${fileName.slice(stem.length)}`;
}

/** As the engine names its files, which knows one model at a time. */
const engineStem = (name: string): string => name.replace(/\.onnx$/, '').replace(/[^\w.-]+/g, '-');
