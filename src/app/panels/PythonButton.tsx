/** Opens and closes the Python script of the form, or of a run. */
import { lazy, Suspense } from 'react';
import { ActionButton } from '../actions/ActionButton';
import { pythonOfForm } from '../actions/page-actions';
import { pythonOfRun } from '../actions/run-actions';
import { useStudioState } from '../store/context';
import type { RunSummary } from '../store/state';

/** What writes scripts is loaded with the first of them. */
const PythonDialog = lazy(() =>
  import('./PythonDialog').then((module) => ({ default: module.PythonDialog })),
);

/** Of the form where there is no run. */
export function PythonButton({ run }: { readonly run?: RunSummary }) {
  const isOpen = useStudioState((s) => s.python !== null && s.python.runId === (run?.id ?? null));
  return run ? (
    <ActionButton action={pythonOfRun} of={run} look="icon" opensDialog isExpanded={isOpen} />
  ) : (
    <ActionButton action={pythonOfForm} of={undefined} look="small" opensDialog isExpanded={isOpen} />
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
