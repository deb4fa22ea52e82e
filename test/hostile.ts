/** Damaged files for the tests of readers: every one must end in a `StudioError`, never in another exception. */
import fc from 'fast-check';
import { StudioError } from '../src/errors';

/** Copies of `bytes` with a few bytes changed, cut off, repeated, inserted or removed. */
export function mutations(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const position = fc.nat({ max: bytes.length - 1 });
  const interesting = fc.oneof(
    fc.nat({ max: 255 }),
    fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x22, 0x2c, 0x7b),
  );
  const changed = fc.array(fc.tuple(position, interesting), { minLength: 1, maxLength: 4 }).map((changes) => {
    const copy = bytes.slice();
    for (const [at, value] of changes) copy[at] = value;
    return copy;
  });
  const cut = position.map((end) => bytes.slice(0, end));
  const spliced = fc
    .tuple(position, fc.nat({ max: 64 }), fc.uint8Array({ maxLength: 64 }))
    .map(([at, removed, inserted]) => concatenate(bytes.slice(0, at), inserted, bytes.slice(at + removed)));
  const repeated = fc
    .tuple(position, position)
    .map(([a, b]) => concatenate(bytes.slice(0, Math.max(a, b)), bytes.slice(Math.min(a, b))));
  return fc.oneof({ weight: 4, arbitrary: changed }, cut, spliced, repeated);
}

/** Runs `read`; a `StudioError` is fine, a result goes to `check`, any other exception fails the test. */
export function expectErrorOr<T>(read: () => T, check: (result: T) => void): void {
  let result: T;
  try {
    result = read();
  } catch (error) {
    if (error instanceof StudioError) return;
    throw error;
  }
  check(result);
}

/** The code of the `StudioError` that `act` throws; any other end is a failure. */
export function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof StudioError) return error.code;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function concatenate(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** What the issue allows a hostile file to cost. */
export const limits = { ms: 1000, bytes: 300e6 } as const;

function bytesInUse(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * The dearest of many calls: the slowest, and the one after which the heap and its buffers had grown most. Garbage counts unless a
 * collection happened to come in between; `hostile-size.test.ts` measures the peak of the process.
 */
export class Costs {
  slowestMs = 0;
  largestBytes = 0;

  /** `act` must be repeatable: any call can be stalled by a busy machine, so the better of two is a slow one's time. */
  of<T>(act: () => T): T {
    const before = bytesInUse();
    const [value, first] = timed(act);
    this.largestBytes = Math.max(this.largestBytes, bytesInUse() - before);
    const ms = first > limits.ms ? Math.min(first, timed(act)[1]) : first;
    this.slowestMs = Math.max(this.slowestMs, ms);
    return value;
  }

  toString(): string {
    return `slowest ${this.slowestMs.toFixed(1)} ms, largest ${(this.largestBytes / 1e6).toFixed(1)} MB`;
  }
}

/** What a call returns, and its time: that of the clock, or that of the processor where others kept it waiting. */
export function timed<T>(act: () => T): readonly [value: T, ms: number] {
  const [start, startCpu] = [performance.now(), process.cpuUsage()];
  const value = act();
  const { user, system } = process.cpuUsage(startCpu);
  return [value, Math.min(performance.now() - start, (user + system) / 1000)];
}
