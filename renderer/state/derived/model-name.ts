// What an open model is called wherever several are: by its name, as long as that tells it from the others.

import type { OpenModel } from '../app-state.ts';

type Named = Pick<OpenModel, 'id' | 'summary' | 'source'>;

/** The name; with the folder where another open model has the same, and a number where that is the same too. */
export function modelName(model: Named, models: readonly Named[]): string {
  const alike = models.filter(other => other.summary.name === model.summary.name);
  if (alike.length < 2) return model.summary.name;
  const name = withFolder(model);
  const same = alike.filter(other => withFolder(other) === name);
  const place = same.findIndex(({ id }) => id === model.id);
  return same.length < 2 ? name : `${name} (${place + 1})`;
}

function withFolder({ summary, source }: Named): string {
  if (source.kind === 'sample') return summary.name;
  const path = source.kind === 'path' ? source.path : source.entry;
  return path.split(/[\\/]/).slice(-2).join('/');
}
