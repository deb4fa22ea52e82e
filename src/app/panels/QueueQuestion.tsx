/** What Train asks while a run trains: whether this one waits for it. */
import { ListEnd } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { waitingRuns } from '../../runs/queue';
import { useStudio, useStudioState } from '../store/context';
import { isActive } from '../store/state';

export function QueueQuestion() {
  const studio = useStudio();
  const name = useStudioState((s) =>
    isActive(s.live) ? s.runs.find(({ id }) => id === s.live?.runId)?.name : undefined,
  );
  const waiting = useStudioState((s) => waitingRuns(s.runs).length);
  const queue = useRef<HTMLButtonElement>(null);
  // The answer is what comes next for a person at the keyboard, and after it what they were at.
  useEffect(() => {
    const before = document.activeElement;
    queue.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape, in any of its buttons, does what one of them does
    <div
      className="queue-question"
      onKeyDown={(event) => {
        if (event.key === 'Escape') studio.answerQueueQuestion(false);
      }}
    >
      <p id="queue-question">
        {name ?? 'Another run'} is training. Queue this one behind it{othersThatWait(waiting)}? It begins by
        itself.
      </p>
      <button
        ref={queue}
        type="button"
        className="button"
        aria-describedby="queue-question"
        onClick={() => studio.answerQueueQuestion(true)}
      >
        <ListEnd size={16} aria-hidden /> Queue
      </button>
      <button type="button" className="button" onClick={() => studio.answerQueueQuestion(false)}>
        Do not queue
      </button>
    </div>
  );
}

function othersThatWait(count: number): string {
  if (count === 0) return '';
  return count === 1 ? ' and another one that waits' : ` and ${count} others that wait`;
}
