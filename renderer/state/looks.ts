// How the page looks, whichever model is shown: the view, what is drawn in it, dialogs, notices. None of it reaches the
// engine.

import type { AppState, DialogName, GraphLook, Theme, TimelineLook, ViewName } from './app-state.ts';
import type { AppStore } from './store.ts';

/** The actions on what the page shows. */
export function createLooks(store: AppStore) {
  return {
    setTimelineLook: (look: Partial<TimelineLook>): void =>
      store.setState(state => ({ timeline: { ...state.timeline, ...look } })),
    setGraphLook: (look: Partial<GraphLook>): void =>
      store.setState(state => ({ graph: { ...state.graph, ...look } })),
    setPeakOwners: (peakOwners: boolean): void => store.setState({ peakOwners }),
    setRoofline: (roofline: boolean): void => store.setState({ roofline }),
    setView: (view: ViewName): void => store.setState({ view }),
    setCompareWhat: (compareWhat: AppState['compareWhat']): void => store.setState({ compareWhat }),
    /** In every view; in the graph by its colours. */
    setComparing: (comparing: boolean): void =>
      store.setState(({ graph, colourBefore = 'family' }) => {
        if (comparing && graph.colour === 'difference') return { comparing };
        if (comparing)
          return { comparing, colourBefore: graph.colour, graph: { ...graph, colour: 'difference' } };
        // A colour chosen meanwhile stays.
        const colour = graph.colour === 'difference' ? colourBefore : graph.colour;
        return { comparing, graph: { ...graph, colour } };
      }),
    setTheme: (theme: Theme): void => store.setState({ theme }),
    setIterations: (iterations: number): void => store.setState({ iterations }),
    setFinding: (finding: boolean): void =>
      store.setState(state =>
        finding ? { finding, findAsked: state.findAsked + 1, view: 'graph' } : { finding },
      ),
    showDialog: (dialog: DialogName): void => store.setState({ dialog }),
    closeDialog: (): void => store.setState(({ dialog: _, ...rest }) => rest, true),
    dismiss: (id: number): void =>
      store.setState(state => ({ notices: state.notices.filter(notice => notice.id !== id) })),
    cancelAll(): void {
      const { jobs } = store.getState();
      const asked = jobs.filter(job => !job.background);
      for (const job of asked.length > 0 ? asked : jobs) job.cancel();
    },
  };
}
