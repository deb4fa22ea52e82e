/** The adapter that came in as a file last: that it is there, and what to know of it. Above the list, and elsewhere with the way to it. */
import { CircleCheck, X } from 'lucide-react';
import { LinkTo } from '../frame/LinkTo';
import { useStudio, useStudioState } from '../store/context';

export function Imported() {
  const studio = useStudio();
  const imported = useStudioState((s) => s.imported);
  const isThere = useStudioState((s) => s.place === 'use');
  if (!imported) return null;
  return (
    <div className="message" data-tone="good" aria-live="polite">
      <CircleCheck size={18} aria-hidden />
      <p>
        <strong>{imported.name} is in the list of adapters.</strong> {imported.warning}
      </p>
      {!isThere && (
        <LinkTo place="use" className="button small">
          Use it
        </LinkTo>
      )}
      <button
        type="button"
        className="icon-button"
        aria-label="Close the note"
        onClick={() => studio.dismissImported()}
      >
        <X size={16} aria-hidden />
      </button>
    </div>
  );
}
