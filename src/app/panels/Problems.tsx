/** Messages: why the studio opened as it did, and what went wrong, with the way out. They never cover anything. */
import { CircleAlert, Info, X } from 'lucide-react';
import { useStudio, useStudioState } from '../store/context';
import { Imported } from './Imported';
import { ProtectionLine } from './ProtectionLine';

export function Problems() {
  const studio = useStudio();
  const openError = useStudioState((s) => s.openError);
  const notice = useStudioState((s) => s.description?.notice);
  const problems = useStudioState((s) => s.problems);
  const otherBase = useStudioState((s) => s.otherBase);
  const refusedFile = useStudioState((s) => s.refusedFile);
  // There the note stands above the list.
  const isAtUse = useStudioState((s) => s.place === 'use');
  return (
    <section className="messages" aria-label="Messages">
      {openError && (
        <div className="message" data-tone="bad" role="alert">
          <CircleAlert size={18} aria-hidden />
          <p>
            <strong>{openError.message}</strong> {openError.hint}
          </p>
          <button type="button" className="button small" onClick={() => location.reload()}>
            Reload
          </button>
        </div>
      )}
      <div className="problems">
        {problems
          .filter((problem) => problem !== openError)
          .map((problem) => (
            <div
              className="message"
              // The run goes on: something to know, nothing that failed.
              data-tone={problem.code === 'other-base' ? 'warn' : 'bad'}
              role="alert"
              key={`${problem.code} ${problem.message}`}
            >
              <CircleAlert size={18} aria-hidden />
              <p>
                <strong>{problem.message}</strong> {problem.hint}
              </p>
              {problem === otherBase?.problem && (
                <button type="button" className="button small" onClick={() => void studio.acceptOtherBase()}>
                  Use it all the same
                </button>
              )}
              {problem === refusedFile?.problem && (
                <button type="button" className="button small" onClick={() => void studio.keepMarks()}>
                  Keep the marks as text
                </button>
              )}
              <button
                type="button"
                className="icon-button"
                aria-label="Dismiss message"
                onClick={() => studio.dismissProblem(problem)}
              >
                <X size={16} aria-hidden />
              </button>
            </div>
          ))}
      </div>
      {notice && (
        <div className="message notice" data-tone="warn">
          <Info size={18} aria-hidden />
          <p>{notice}</p>
        </div>
      )}
      {!isAtUse && <Imported />}
      <ProtectionLine />
    </section>
  );
}
