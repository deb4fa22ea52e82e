/** Name, tags and notes of a run, as a person types them. */
import { type KeyboardEvent, useEffect, useId, useRef } from 'react';
import { useStudio } from '../store/context';
import type { RunSummary } from '../store/state';
import { useDraft } from '../store/use-draft';

interface RunEditProps {
  readonly run: RunSummary;
  readonly onDone: () => void;
}

export function RunEdit({ run, onDone }: RunEditProps) {
  const studio = useStudio();
  const id = useId();
  // What is typed is not lost with a row that is scrolled out of sight.
  const [typed, setTyped] = useDraft(`edits of ${run.id}`, {
    name: run.name,
    tags: run.tags?.join(', ') ?? '',
    notes: run.notes ?? '',
  });
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const isNameless = typed.name.trim() === '';
  const close = () => {
    studio.drafts.delete(`edits of ${run.id}`);
    // Where it was opened.
    first.current?.closest('li')?.querySelector<HTMLElement>('[aria-expanded="true"]')?.focus();
    onDone();
  };
  const save = () => {
    if (isNameless) return;
    void studio.changeRun(run.id, { ...typed, tags: typed.tags.split(',') });
    close();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') close();
  };
  return (
    <form
      className="run-edit"
      aria-label={`Name, tags and notes of ${run.name}`}
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <label htmlFor={`${id}name`}>Run name</label>
      <input
        id={`${id}name`}
        ref={first}
        value={typed.name}
        autoComplete="off"
        aria-invalid={isNameless || undefined}
        onChange={(event) => setTyped({ ...typed, name: event.target.value })}
      />
      <label htmlFor={`${id}tags`}>Tags</label>
      <input
        id={`${id}tags`}
        value={typed.tags}
        autoComplete="off"
        placeholder="Separated by commas"
        onChange={(event) => setTyped({ ...typed, tags: event.target.value })}
      />
      <label htmlFor={`${id}notes`}>Notes</label>
      <textarea
        id={`${id}notes`}
        rows={2}
        value={typed.notes}
        onChange={(event) => setTyped({ ...typed, notes: event.target.value })}
      />
      <span className="run-edit-actions">
        <button type="submit" className="button small primary" disabled={isNameless}>
          Save run
        </button>
        <button type="button" className="button small" onClick={close}>
          Cancel
        </button>
      </span>
    </form>
  );
}
