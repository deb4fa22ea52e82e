/** Keeps what fails in one part of the page from taking the others with it: says what happened, in that part's place. */
import { ClipboardCopy, RotateCcw } from 'lucide-react';
import { type ErrorInfo, type ReactNode, useRef, useState } from 'react';
import { ErrorBoundary } from 'react-error-boundary';
import { crashReport } from './crash-report';
import { useStudioState } from './store/context';

interface BoundaryProps {
  /** As a person would call the part. */
  readonly name: string;
  readonly children: ReactNode;
}

export function Boundary({ name, children }: BoundaryProps) {
  const [componentStack, setComponentStack] = useState<string | null>(null);
  return (
    <ErrorBoundary
      onError={(_: unknown, info: ErrorInfo) => setComponentStack(info.componentStack ?? null)}
      fallbackRender={({ error, resetErrorBoundary }) => (
        <Failed name={name} error={error} componentStack={componentStack} onRetry={resetErrorBoundary} />
      )}
    >
      {children}
    </ErrorBoundary>
  );
}

interface FailedProps {
  readonly name: string;
  readonly error: unknown;
  readonly componentStack: string | null;
  readonly onRetry: () => void;
}

function Failed({ name, error, componentStack, onRetry }: FailedProps) {
  const executor = useStudioState((s) => s.description?.executor);
  const shown = useRef<HTMLTextAreaElement>(null);
  const [copied, setCopied] = useState<boolean | null>(null);
  const report = crashReport({ part: name, error, componentStack, executor });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(report);
      setCopied(true);
    } catch {
      // Not allowed here: the person can copy what is selected.
      shown.current?.select();
      setCopied(false);
    }
  };
  return (
    <section className="panel failed" aria-label={name}>
      <h2>{name}</h2>
      <p role="alert">
        This part of the page could not be shown: a fault of the studio. The rest goes on, and nothing that is
        stored was changed.
      </p>
      <div className="actions">
        <button type="button" className="button" onClick={onRetry}>
          <RotateCcw size={14} aria-hidden /> Try again
        </button>
        <button type="button" className="button" onClick={() => void copy()}>
          <ClipboardCopy size={14} aria-hidden /> Copy report
        </button>
        <span className="muted" aria-live="polite">
          {copied === true && 'Copied.'}
          {copied === false && 'The browser does not let it be copied: it is selected below.'}
        </span>
      </div>
      <textarea ref={shown} aria-label={`Report on ${name}`} readOnly rows={8} value={report} />
    </section>
  );
}
