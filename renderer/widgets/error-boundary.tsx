// Keeps a bug in one view from taking the window with it: says what happened, and offers to try again.

import { Component, type ReactNode } from 'react';
import { Button } from './button.tsx';
import { EmptyState } from './empty-state.tsx';

interface State {
  readonly failure?: unknown;
}

export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = {};

  static getDerivedStateFromError(failure: unknown): State {
    return { failure };
  }

  override render(): ReactNode {
    const { failure } = this.state;
    if (failure === undefined) return this.props.children;
    return (
      <EmptyState
        title="This view has failed"
        action={<Button onClick={() => this.setState({ failure: undefined })}>Try again</Button>}
      >
        <p>{failure instanceof Error ? failure.message : String(failure)}</p>
        <p>The model and the runs are kept. The other views still work.</p>
      </EmptyState>
    );
  }
}
