/** What can be done with a run that waits: it goes forward, back, or out. */
import { ActionButton } from '../actions/ActionButton';
import { moveBack, moveForward, takeOut } from '../actions/run-actions';
import { deleteButtonId } from '../store/deletions';
import type { RunSummary } from '../store/state';

export function QueuedActions({ run }: { readonly run: RunSummary }) {
  return (
    <>
      <ActionButton action={moveForward} of={run} look="icon" />
      <ActionButton action={moveBack} of={run} look="icon" />
      <ActionButton action={takeOut} of={run} look="icon" id={deleteButtonId({ kind: 'run', id: run.id })} />
    </>
  );
}
