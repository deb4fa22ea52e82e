/** What can be done with a run that waits: it goes forward, back, or out. */
import { ArrowDown, ArrowUp, X } from 'lucide-react';
import { waitingRuns } from '../../runs/queue';
import { useStudio, useStudioState } from '../store/context';
import type { RunSummary } from '../store/state';

export function QueuedActions({ run: { id, name } }: { readonly run: RunSummary }) {
  const studio = useStudio();
  const at = useStudioState((s) => waitingRuns(s.runs).findIndex((run) => run.id === id));
  const last = useStudioState((s) => waitingRuns(s.runs).length - 1);
  return (
    <>
      <button
        type="button"
        className="icon-button"
        aria-label={`Move ${name} forward`}
        title="Sooner"
        disabled={at <= 0}
        onClick={() => void studio.moveQueued(id, at - 1)}
      >
        <ArrowUp size={16} aria-hidden />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label={`Move ${name} back`}
        title="Later"
        disabled={at >= last}
        onClick={() => void studio.moveQueued(id, at + 1)}
      >
        <ArrowDown size={16} aria-hidden />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label={`Take ${name} out of the queue`}
        title="Take it out of the queue"
        onClick={() => void studio.deleteRun(id)}
      >
        <X size={16} aria-hidden />
      </button>
    </>
  );
}
