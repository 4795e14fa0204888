// The bottom line: what is going on, with its progress and a way to stop it; the machine; privacy.

import { formatCount } from '../../format/units.ts';
import { useApp } from '../../hooks/app-context.ts';
import { type AppState, activeModel, type Job } from '../../state/app-state.ts';
import { Button } from '../../widgets/button.tsx';
import text from '../text.module.css';
import styles from './status-bar.module.css';

/** Undefined while there is a connection. */
function connectionText({ connected, refused }: AppState): string | undefined {
  if (connected) return undefined;
  return refused
    ? 'The server was started anew: open the address it printed'
    : 'Connection lost. Trying again…';
}

export function StatusBar() {
  const job = useApp(state => state.jobs.at(-1));
  const lost = useApp(connectionText);
  const machine = useApp(state => state.machine);
  return (
    <footer className={styles.statusBar}>
      <span role="status" className={styles.status}>
        {lost ?? (job ? <JobLine job={job} /> : 'Ready')}
      </span>
      <span className={text.grow} />
      <span>No data leaves this computer</span>
      {machine && (
        <span title={`Node ${machine.node}, V8 ${machine.v8}`}>
          {machine.cpu} · {machine.cores} {machine.cores === 1 ? 'core' : 'cores'} · SIMD{' '}
          {machine.simd.at(-1)}
        </span>
      )}
    </footer>
  );
}

function JobLine({ job }: { readonly job: Job }) {
  // Where a model is shown, Run becomes Cancel for what the user asked for.
  const inToolbar = useApp(state => activeModel(state) !== undefined) && !job.background;
  const known = job.of > 0;
  return (
    <>
      <span>
        {job.title}
        {job.what && `: ${job.what}`}
        {known && ` ${formatCount(Math.floor(job.done))} of ${formatCount(job.of)}`}
      </span>
      <progress
        className={styles.progress}
        aria-label={job.title}
        {...(known && { value: job.done, max: job.of })}
      />
      {!inToolbar && (
        <Button emphasis="quiet" onClick={job.cancel}>
          Cancel
        </Button>
      )}
    </>
  );
}
