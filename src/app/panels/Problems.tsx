/** Messages: why the studio opened as it did, and what went wrong, with the way out. They never cover anything. */
import { CircleAlert, Info, X } from 'lucide-react';
import type { ErrorReport } from '../../errors';
import { useStudio, useStudioState } from '../store/context';

export function Problems() {
  const studio = useStudio();
  const openError = useStudioState((s) => s.openError);
  const notice = useStudioState((s) => s.description?.notice);
  const problems = useStudioState((s) => s.problems);
  // A crash also rejects every command that was on its way, with the same words.
  const others = problems.filter(({ message }) => message !== openError?.message);
  return (
    <div className="messages">
      {openError && (
        <Problem report={openError}>
          <button type="button" className="button small" onClick={() => location.reload()}>
            Reload
          </button>
        </Problem>
      )}
      {others.map((problem) => (
        <Problem report={problem} key={`${problem.code} ${problem.message}`}>
          <button
            type="button"
            className="icon-button"
            aria-label="Dismiss message"
            onClick={() => studio.dismissProblem(problem)}
          >
            <X size={15} aria-hidden />
          </button>
        </Problem>
      ))}
      {notice && (
        <div className="message" data-tone="warn">
          <Info size={16} aria-hidden />
          <p>{notice}</p>
        </div>
      )}
    </div>
  );
}

function Problem({ report, children }: { readonly report: ErrorReport; readonly children: React.ReactNode }) {
  return (
    <div className="message" data-tone="bad" role="alert">
      <CircleAlert size={16} aria-hidden />
      <p>
        <strong>{report.message}</strong> {report.hint}
      </p>
      {children}
    </div>
  );
}
