import { expect, test } from 'vitest';
import { KeptRuns } from '../../../../engine/host/shell/kept-runs.ts';
import { compileOptions } from '../../../../engine/options.ts';
import { OPTIONS, runFor } from '../../../renderer/support/made-up.ts';

const run = (id: string) => runFor(compileOptions.parse(OPTIONS), id);

test('the oldest runs go first, and asking for one that has gone is bad input', () => {
  const runs = new KeptRuns(2);
  runs.keep([run('a'), run('b')]);
  runs.keep([run('c')]);
  expect(runs.among(['a', 'c', 'b']).map(({ id }) => id)).toEqual(['c', 'b']);
  expect(runs.get('b', 'runs').id).toBe('b');
  expect(() => runs.get('a', 'runs')).toThrow(/expected the id of a run that is kept, found "a"/);
});
