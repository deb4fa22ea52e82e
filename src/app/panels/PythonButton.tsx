/** Opens and closes the Python script of the form, or of a run. */
import { FileCode } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { useStudio, useStudioState } from '../store/context';

/** What writes scripts is loaded with the first of them. */
const PythonDialog = lazy(() =>
  import('./PythonDialog').then((module) => ({ default: module.PythonDialog })),
);

interface PythonButtonProps {
  /** Null: of the form. */
  readonly runId: string | null;
}

export function PythonButton({ runId }: PythonButtonProps) {
  const studio = useStudio();
  const open = useStudioState((s) => s.python?.runId === runId);
  const isOfRun = runId !== null;
  return (
    <button
      type="button"
      className={isOfRun ? 'icon-button' : 'button small'}
      aria-label="Python"
      aria-haspopup="dialog"
      aria-expanded={open}
      title={`${isOfRun ? 'This run' : 'What the form trains'} as a Python script`}
      onClick={() => (open ? studio.hidePython() : studio.showPython(runId))}
    >
      <FileCode size={isOfRun ? 16 : 14} aria-hidden /> {!isOfRun && 'Python'}
    </button>
  );
}

/** The script that is open, wherever its button is. */
export function OpenPython() {
  const shown = useStudioState((s) => s.python);
  return (
    shown && (
      <Suspense>
        <PythonDialog key={shown.runId} runId={shown.runId} />
      </Suspense>
    )
  );
}
