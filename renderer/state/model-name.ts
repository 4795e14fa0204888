// What an open model is called wherever several are: by its name, as long as that tells it from the others.

import type { OpenModel } from './app-state.ts';

type Named = Pick<OpenModel, 'summary' | 'source'>;

/** The name; with the folder where another open model has the same. */
export function modelName({ summary, source }: Named, models: readonly Named[]): string {
  const alone = models.filter(other => other.summary.name === summary.name).length < 2;
  if (alone || source.kind === 'sample') return summary.name;
  const path = source.kind === 'path' ? source.path : source.entry;
  return path.split(/[\\/]/).slice(-2).join('/');
}
