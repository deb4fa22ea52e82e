/**
 * The two kinds of error of the studio. A user error is a `StudioError`: it names the thing, the values and the way
 * out, and crosses the worker boundary as plain data. A programmer error is a failed `invariant`.
 */

/** What crosses the worker boundary and what the page shows: the message says what happened, the hint what to do. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** An error that a person can do something about. `code` is stable and is what tests and the page switch on. */
export class StudioError extends Error {
  override readonly name = 'StudioError';

  constructor(
    readonly code: string,
    message: string,
    readonly hint: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Plain data for any thrown value; what is not a `StudioError` is reported as a bug of the studio. */
export function toErrorReport(error: unknown): ErrorReport {
  if (error instanceof StudioError) return { code: error.code, message: error.message, hint: error.hint };
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'internal',
    message,
    hint: 'This is a fault of the studio, not of your data. Saved adapters and runs are kept; reload the page and try again.',
  };
}

/** Throws a programmer error where `condition` does not hold. The message names the thing and the values. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant: ${message}`);
}
