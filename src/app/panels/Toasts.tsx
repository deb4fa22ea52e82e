/**
 * What was said to the person last, and the way back from each deletion for as long as there is one. Said to everybody who listens,
 * and no status of the page.
 */
import { Undo2 } from 'lucide-react';
import { type Ref, useEffect, useRef } from 'react';
import { placeHeadingId } from '../frame/places';
import { useStudio, useStudioState } from '../store/context';
import type { Deletion } from '../store/deletions';
import { useFocusHandedOn } from '../use-focus-handed-on';
import './toasts.css';

export function Toasts() {
  const studio = useStudio();
  const deletions = useStudioState((s) => s.deletions);
  const said = useStudioState((s) => s.said);
  const newest = useRef<HTMLButtonElement>(null);
  const count = deletions.length;
  // The button that was pressed went with its row.
  useEffect(() => {
    if (count > 0 && document.activeElement === document.body) newest.current?.focus();
  }, [count]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: looking at it holds the time; nothing is done by it
    <div
      className="toasts"
      aria-live="polite"
      onMouseEnter={() => studio.holdDeletions()}
      onMouseLeave={() => studio.goOnDeleting()}
      onFocus={({ target }) => {
        if (target.matches(':focus-visible')) studio.holdDeletions();
      }}
      onBlur={() => studio.goOnDeleting()}
    >
      {said && <div className="toast">{said}</div>}
      {deletions.map((deletion, i) => (
        <UndoToast
          key={`${deletion.kind} ${deletion.id}`}
          deletion={deletion}
          undo={i === deletions.length - 1 ? newest : null}
        />
      ))}
    </div>
  );
}

interface UndoToastProps {
  readonly deletion: Deletion;
  readonly undo: Ref<HTMLButtonElement>;
}

function UndoToast({ deletion, undo }: UndoToastProps) {
  const studio = useStudio();
  const box = useRef<HTMLDivElement>(null);
  useFocusHandedOn(box, () => {
    // Undo has asked for it where the thing is again.
    if (studio.store.getState().focusAsked === null) studio.askFocus(placeHeadingId);
  });
  return (
    <div ref={box} className="toast">
      <span>{deletion.words}</span>
      <span className="toast-actions">
        <button
          ref={undo}
          type="button"
          className="button small"
          onClick={() => studio.undoDeletion(deletion)}
        >
          <Undo2 size={13} aria-hidden /> Undo
        </button>
        <button type="button" className="button small" onClick={() => void studio.deleteNow(deletion)}>
          Delete now
        </button>
      </span>
    </div>
  );
}
