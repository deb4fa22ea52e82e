/** What can be told of a part of the page that failed. Made of the error and of the studio; never of texts, tokens or settings. */
import { computedOn, type ExecutorInfo } from '../runs/record';

export interface Crash {
  /** Of the part that failed. */
  readonly part: string;
  readonly error: unknown;
  /** React's; null before it has told. */
  readonly componentStack: string | null;
  readonly executor: ExecutorInfo | undefined;
}

/** A message may be as long as what it complains of. */
const maxMessage = 500;

export function crashReport({ part, error, componentStack, executor }: Crash): string {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  // Chromium repeats name and message before the places.
  const places = (stack ?? '').split('\n').filter((line) => /^\s*at |@/.test(line));
  return [
    `Adapter Studio ${import.meta.env.STUDIO_VERSION}: ${part} could not be shown.`,
    `${name}: ${message.slice(0, maxMessage)}`,
    ...places,
    'Components:',
    ...(componentStack ?? 'not known').split('\n').filter((line) => line.trim() !== ''),
    `Computes: ${executor ? computedOn(executor) : 'not open'}`,
    `Browser: ${navigator.userAgent}`,
  ].join('\n');
}
