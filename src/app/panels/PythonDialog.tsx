/** The Python script of the form's present settings, or of a run, beside the page: the form can be edited meanwhile. */
import { Dialog } from '@base-ui/react/dialog';
import { ClipboardCopy, X } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { pythonScript } from '../../python/script';
import { useStudio, useStudioState } from '../store/context';
import { sourceOfForm, sourceOfRun } from '../store/python-source';

/** `runId` null: the form's. */
export function PythonDialog({ runId }: { readonly runId: string | null }) {
  const studio = useStudio();
  const run = useStudioState((s) => s.runs.find(({ id }) => id === runId));
  const form = useStudioState((s) => s.form);
  const description = useStudioState((s) => s.description);
  const library = useStudioState((s) => s.library);
  const adapters = useStudioState((s) => s.adapters);
  const datasets = useStudioState((s) => s.datasets);
  const source = useMemo(() => {
    const known = { form, description, library, adapters, datasets };
    if (runId === null) return sourceOfForm(known);
    return run ? sourceOfRun(run, known) : 'The run is not here any more.';
  }, [runId, run, form, description, library, adapters, datasets]);
  return (
    // Beside the page, which stays in use; closing gives the focus back to where it was.
    <Dialog.Root
      open
      modal={false}
      disablePointerDismissal
      onOpenChange={(open) => {
        if (!open) studio.hidePython();
      }}
    >
      <Dialog.Portal>
        <Dialog.Popup className="python">
          <div className="python-head">
            <Dialog.Title>Python</Dialog.Title>
            <p className="muted">
              {runId === null ? 'Of the form as it is now' : `Of the run ${run?.name ?? ''}`}
            </p>
            <Dialog.Close className="icon-button" aria-label="Close the script">
              <X size={16} aria-hidden />
            </Dialog.Close>
          </div>
          {typeof source === 'string' ? (
            <p className="field-problem">{source}</p>
          ) : (
            <Script text={pythonScript(source)} />
          )}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Script({ text }: { readonly text: string }) {
  const shown = useRef<HTMLTextAreaElement>(null);
  const [copied, setCopied] = useState<{ readonly text: string; readonly done: boolean } | null>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied({ text, done: true });
    } catch {
      // Not allowed here: the person can copy what is selected.
      shown.current?.focus();
      shown.current?.select();
      setCopied({ text, done: false });
    }
  };
  // Of this text: what was copied before is another script now.
  const note = copied?.text === text ? copied : null;
  return (
    <>
      <textarea
        ref={shown}
        className="python-text"
        aria-label="Python script"
        readOnly
        spellCheck={false}
        wrap="off"
        value={text}
      />
      <div className="actions">
        <button type="button" className="button primary" onClick={() => void copy()}>
          <ClipboardCopy size={14} aria-hidden /> Copy
        </button>
        <span className="muted" aria-live="polite">
          {note?.done === true && 'Copied.'}
          {note?.done === false && 'The browser does not let it be copied: it is selected above.'}
        </span>
      </div>
    </>
  );
}
