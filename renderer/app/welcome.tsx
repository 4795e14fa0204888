// The first screen: where a model can come from.

import { FileUp, FolderOpen, FolderSearch } from 'lucide-react';
import { useActions, useApp } from '../hooks/app-context.ts';
import { nameAmong } from '../state/derived/model-name.ts';
import { Button } from '../widgets/button.tsx';
import text from './text.module.css';
import styles from './welcome.module.css';

export function Welcome() {
  const actions = useActions();
  const root = useApp(state => state.machine?.root);
  return (
    <div className={styles.welcome}>
      <section>
        <h2 className={styles.welcomeTitle}>See where a network’s memory and time go</h2>
        <p className={styles.welcomeText}>
          Open an ONNX model, look at the life of every tensor, switch fusion and memory planning on and off,
          run it, and compare what each decision bought.
        </p>
        <div className={styles.dropTarget}>
          <FileUp size={20} aria-hidden />
          <p>Drop a model here, or a folder with its external data</p>
          <div className={styles.buttons}>
            <Button emphasis="primary" onClick={() => void actions.pickAndOpen('files')}>
              Open file…
            </Button>
            <Button onClick={() => void actions.pickAndOpen('folder')}>
              <FolderOpen size={12} aria-hidden /> Open folder…
            </Button>
            {root !== undefined && (
              <Button onClick={() => actions.showDialog('browse')}>
                <FolderSearch size={12} aria-hidden /> Browse {root}
              </Button>
            )}
          </div>
        </div>
      </section>
      <div className={styles.welcomeLists}>
        <Samples />
        <Recent />
      </div>
    </div>
  );
}

function Samples() {
  const actions = useActions();
  const samples = useApp(state => state.samples);
  return (
    <section className={styles.welcomeList} aria-labelledby="samples">
      <h3 id="samples" className={text.heading}>
        Samples
      </h3>
      {samples.length === 0 && <p className={text.muted}>Here as soon as the engine has started.</p>}
      <ul>
        {samples.map(sample => (
          <li key={sample.name}>
            <button
              type="button"
              className={styles.listButton}
              onClick={() => void actions.open({ kind: 'sample', name: sample.name })}
            >
              <b>{sample.title}</b>
              <span>{sample.description}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Recent() {
  const actions = useActions();
  const recent = useApp(state => state.recent);
  const paths = recent.map(({ path }) => path);
  return (
    <section className={styles.welcomeList} aria-labelledby="recent">
      <h3 id="recent" className={text.heading}>
        Recent
      </h3>
      {recent.length === 0 ? (
        <p className={text.muted}>Models you open are listed here.</p>
      ) : (
        <ul>
          {recent.map(file => (
            <li key={file.path}>
              <button
                type="button"
                className={styles.listButton}
                onClick={() => void actions.open({ kind: 'path', path: file.path })}
              >
                <b>{nameAmong(file.path, paths)}</b>
                <span className="mono">{file.path}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
