/** The way back from a deletion, for as long as there is one. Said to everybody, and no status of the page. */
import { Undo2 } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useStudio, useStudioState } from '../store/context';

export function UndoToast() {
  const studio = useStudio();
  const deletions = useStudioState((s) => s.deletions);
  const runs = useStudioState((s) => s.runs);
  const unstored = useStudioState((s) => s.unstored);
  const newest = useRef<HTMLButtonElement>(null);
  const count = deletions.length;
  // The button that was pressed went with its row.
  useEffect(() => {
    if (count > 0 && document.activeElement === document.body) newest.current?.focus();
  }, [count]);
  const deleted = deletions.flatMap((id) => runs.find((run) => run.id === id) ?? []);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: looking at it holds the time; nothing is done by it
    <div
      className="undo-toasts"
      aria-live="polite"
      onMouseEnter={() => studio.holdDeletions()}
      onMouseLeave={() => studio.goOnDeleting()}
      onFocus={({ target }) => {
        if (target.matches(':focus-visible')) studio.holdDeletions();
      }}
      onBlur={() => studio.goOnDeleting()}
    >
      {deleted.map(({ id, name }, i) => (
        <div key={id} className="undo-toast">
          <span>
            Deleted {name}
            {unstored.some(({ runId }) => runId === id)
              ? ' with its adapter, which is not stored.'
              : '. Its adapter stays.'}
          </span>
          <button
            ref={i === deleted.length - 1 ? newest : null}
            type="button"
            className="button small"
            onClick={() => studio.undoDeletion(id)}
          >
            <Undo2 size={13} aria-hidden /> Undo
          </button>
          <button type="button" className="button small" onClick={() => void studio.deleteNow(id)}>
            Delete now
          </button>
        </div>
      ))}
    </div>
  );
}
