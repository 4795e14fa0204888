// The centre: one view at a time, chosen by tabs. All of them show the same model, plan, selection and step.

import { Tabs } from '@base-ui/react/tabs';
import { type ComponentType, lazy, Suspense, useEffect, useRef } from 'react';
import { CompareBar } from '../compare/compare-bar.tsx';
import { useActions, useApp, useModel } from '../hooks/app-context.ts';
import {
  failureOf,
  type PlanColumn,
  planOf,
  unboundDimensions,
  VIEWS,
  type ViewName,
  wasStopped,
} from '../state/app-state.ts';
import { EmptyState } from '../widgets/empty-state.tsx';
import { ErrorBoundary } from '../widgets/error-boundary.tsx';
import { SelectField } from '../widgets/fields.tsx';
import { showSideways } from '../widgets/show-sideways.ts';
import { Later } from './later.tsx';
import text from './text.module.css';
import styles from './views.module.css';

/** Views are loaded when they are first looked at, so that the window is there at once. */
const COMPONENTS: Readonly<Record<ViewName, ComponentType>> = {
  graph: lazy(async () => ({ default: (await import('../graph/graph-view.tsx')).GraphView })),
  timeline: lazy(async () => ({ default: (await import('../timeline/timeline-view.tsx')).TimelineView })),
  memory: lazy(async () => ({ default: (await import('../memory/memory-view.tsx')).MemoryView })),
  allocation: lazy(async () => ({
    default: (await import('../allocation/allocation-view.tsx')).AllocationView,
  })),
  planner: lazy(async () => ({ default: (await import('../planner/planner-view.tsx')).PlannerView })),
  operators: lazy(async () => ({ default: (await import('../operators/operators-view.tsx')).OperatorsView })),
  weights: lazy(async () => ({ default: (await import('../weights/weights-view.tsx')).WeightsView })),
  fusion: lazy(async () => ({ default: (await import('../fusion/fusion-view.tsx')).FusionView })),
  compare: lazy(async () => ({ default: (await import('../compare/compare-view.tsx')).CompareView })),
};

/** Views that show a plan: they need one, and have the choice of its column. */
const NEEDS_PLAN: readonly ViewName[] = [
  'timeline',
  'memory',
  'allocation',
  'planner',
  'operators',
  'fusion',
];
const HAS_COLUMNS: readonly ViewName[] = ['timeline', 'memory', 'allocation', 'planner'];

const COLUMNS: readonly { readonly value: PlanColumn; readonly label: string }[] = [
  { value: 'asExecuted', label: 'As executed' },
  { value: 'asGiven', label: 'As given' },
];

export function Views({ pending }: { readonly pending: boolean }) {
  const actions = useActions();
  const view = useApp(state => state.view);
  const { id, column } = useModel();
  const tabs = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: however the view was chosen, its tab is on the screen
  useEffect(() => {
    const list = tabs.current;
    if (!list) return;
    // At once, and whenever there is more or less room.
    const resized = new ResizeObserver(() => {
      const tab = list.querySelector('[data-active]');
      if (tab) showSideways(tab);
    });
    resized.observe(list);
    return () => resized.disconnect();
  }, [view]);
  return (
    <Tabs.Root className={styles.views} value={view} onValueChange={value => actions.setView(value)}>
      <div className={styles.tabLine}>
        <Tabs.List
          ref={tabs}
          className={styles.tabs}
          aria-label="Views"
          onWheel={event => event.currentTarget.scrollBy(event.deltaX || event.deltaY, 0)}
        >
          {Object.entries(VIEWS).map(([name, title]) => (
            <Tabs.Tab key={name} value={name} className={styles.tab}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {HAS_COLUMNS.includes(view) && (
          <SelectField
            label="Plan"
            labelHidden
            value={column}
            items={COLUMNS}
            onChange={chosen => actions.setColumn(chosen)}
          />
        )}
      </div>
      <CompareBar />
      <Tabs.Panel value={view} className={styles.view} tabIndex={-1} aria-busy={pending}>
        <Later key={id}>
          <ViewBody view={view} />
        </Later>
      </Tabs.Panel>
    </Tabs.Root>
  );
}

function ViewBody({ view }: { readonly view: ViewName }) {
  const model = useModel();
  const comparesRuns = useApp(state => state.compareWhat === 'runs' && state.models.length < 2);
  const View = COMPONENTS[view];
  if (NEEDS_PLAN.includes(view) && !planOf(model)) return <NoPlan />;
  const canRun = model.summary.runnable && unboundDimensions(model).length === 0;
  if (view === 'compare' && comparesRuns && model.runs.length < 2 && !canRun) return <NoPlan />;
  return (
    <ErrorBoundary key={view}>
      <Suspense fallback={<p className={text.muted}>Loading…</p>}>
        <View />
      </Suspense>
    </ErrorBoundary>
  );
}

function NoPlan() {
  const model = useModel();
  const failure = failureOf(model);
  if (unboundDimensions(model).length > 0) {
    return (
      <EmptyState title="Some dimensions have no size yet">
        Give them one under Dimensions, in the panel on the left; then the model can be planned and run.
      </EmptyState>
    );
  }
  if (!model.summary.plannable) {
    return (
      <EmptyState title="This model cannot be planned">
        The diagnostics on the left say why. Its graph can still be looked at.
      </EmptyState>
    );
  }
  if (failure && wasStopped(failure)) {
    return (
      <EmptyState title="There is no plan for these settings">
        <p>{failure.message}</p>
      </EmptyState>
    );
  }
  if (failure) {
    return (
      <EmptyState title="These settings could not be compiled">
        {failure.where && <p className="mono">{failure.where}</p>}
        <p>{failure.message}</p>
        <p>Undo the last setting (Ctrl+Z) to go back to a plan that worked.</p>
      </EmptyState>
    );
  }
  return <EmptyState title="Planning…">The plan for these settings is on its way.</EmptyState>;
}
