/**
 * Where the time goes: spans as the User Timing API keeps them (developer tools show them as they are), and as a file in the
 * Trace Event Format, which Chrome's `chrome://tracing` and Perfetto's ui.perfetto.dev open. Spans of one thread may lie in one
 * another. Any layer may use it.
 *
 * Source of the format: "Trace Event Format", docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
 */

/** Keeps our spans apart from those of libraries. */
const prefix = 'studio: ';

/** A run takes thousands of steps; this many spans of a thread say what there is to say, and cost nothing. */
const mostSpans = 2000;

let spans = 0;

/** The part of a trace that one thread has. Times are microseconds since 1970. */
export interface TraceEvent {
  readonly name: string;
  readonly cat: string;
  /** `X`: from `ts` for `dur`; `M`: names the thread. */
  readonly ph: 'X' | 'M';
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args?: Readonly<Record<string, string>>;
}

/** Does `work` and notes when; also where it fails. */
export async function traced<T>(name: string, work: () => Promise<T> | T): Promise<T> {
  const start = performance.now();
  try {
    return await work();
  } finally {
    note(name, start);
  }
}

/** A span from `start` (`performance.now()`) until now; for what begins in one place and ends in another. */
export function note(name: string, start: number): void {
  spans += 1;
  if (spans <= mostSpans) performance.measure(prefix + name, { start, end: performance.now() });
}

/** This thread's spans so far; `tid` tells the threads of a trace apart. */
export function traceEvents(thread: string, tid: number): readonly TraceEvent[] {
  const common = { cat: 'studio', pid: 1, tid };
  const measures = performance.getEntriesByType('measure').filter(({ name }) => name.startsWith(prefix));
  return [
    { ...common, name: 'thread_name', ph: 'M', ts: 0, args: { name: thread } },
    ...measures.map(
      ({ name, startTime, duration }): TraceEvent => ({
        ...common,
        name: name.slice(prefix.length),
        ph: 'X',
        ts: 1000 * (performance.timeOrigin + startTime),
        dur: 1000 * duration,
      }),
    ),
  ];
}

/** The file: begins with the first span. */
export function traceFile(events: readonly TraceEvent[]): string {
  const first = Math.min(...events.flatMap(({ ph, ts }) => (ph === 'X' ? [ts] : [])));
  const traceEvents = events.map((event) => (event.ph === 'X' ? { ...event, ts: event.ts - first } : event));
  return JSON.stringify({ displayTimeUnit: 'ms', traceEvents });
}
