/**
 * How fast this machine computes with one thread and with more, right now: before ONNX Runtime starts, since its number of threads
 * is fixed from then on. As many workers as will be tried share out portions of work and wait for one another after each, as the
 * threads of ONNX Runtime share an operator: where something else has a core, all wait for the one that has none. Knows nothing of
 * ONNX Runtime, whose 14 MB would have to start anew for each number.
 */
import { chooseThreads, type ThreadChoice, threadCounts } from './thread-choice';

/** One thread's time for a portion: that of a product of a step. With 2 ms, the wait for a thread without a core outweighed all. */
const portionMs = 10;

/** A thread that has less of its core leaves some of them to the others. */
const chunksOfThread = 4;

/** How long a number of threads is tried at a time: some time slices of an operating system. */
const boutMs = 30;

/**
 * All numbers are tried by turns for so long, once at least, and the fastest bout of each counts: what else goes on for a moment, as
 * where a page opens, says nothing of the minutes of a run.
 */
const measuringMs = 400;

/** The engine compiles the loop meanwhile. */
const warmUpMs = 20;

/** Iterations of the loop that are timed to know its speed: less than a time slice. */
const sample = 50_000;

/** A machine that cannot start and try a few workers in this time has no core to spare. */
const patienceMs = 3000;

export interface GaugeMessage {
  /** 0 leads. */
  readonly index: number;
  readonly counts: readonly number[];
  readonly shared: SharedArrayBuffer;
}

/** Places in the shared memory, each a 32-bit integer; `claimed`, `limit` and `done` count chunks and only grow. */
const place = { ready: 0, bout: 1, members: 2, iterations: 3, limit: 4, claimed: 5, done: 6, sink: 7 };

/**
 * Tries the numbers of threads that are worth it on so many cores, in workers that `start` makes and that hand their message to
 * `gauge`, and chooses. Needs cross-origin isolation. Null where there is nothing to choose, and where the workers do not start or
 * are too slow.
 */
export async function measureThreads(start: () => Worker, cores: number): Promise<ThreadChoice | null> {
  const counts = threadCounts(cores);
  if (counts.length === 1) return null;
  const shared = new SharedArrayBuffer(4 * Object.keys(place).length);
  const workers: Worker[] = [];
  const speeds = await new Promise<readonly number[]>((resolve) => {
    setTimeout(() => resolve([]), patienceMs);
    for (let index = 0; index < counts.at(-1)!; index++) {
      const worker = start();
      workers.push(worker);
      worker.addEventListener('message', ({ data }) => resolve(data));
      worker.addEventListener('error', (event) => {
        // It is answered here: else it would count as a crash of this worker.
        event.preventDefault();
        resolve([]);
      });
      worker.postMessage({ index, counts, shared } satisfies GaugeMessage);
    }
  });
  for (const worker of workers) worker.terminate();
  return chooseThreads(counts, speeds);
}

/** In each worker. Returns the speed with each number of threads, in iterations a millisecond, where it leads; elsewhere never. */
export function gauge({ index, counts, shared }: GaugeMessage): readonly number[] {
  const state = new Int32Array(shared);
  for (const end = performance.now() + warmUpMs; performance.now() < end; ) compute(state, sample);
  if (index > 0) follow(state, index);
  const others = counts.at(-1)! - 1;
  for (let ready = 0; ready < others; ready = Atomics.load(state, place.ready))
    Atomics.wait(state, place.ready, ready);
  const fastest = counts.map(() => 0);
  const end = performance.now() + measuringMs;
  let speed = 0;
  do {
    // The loop may have been compiled better since, or have lost its core when it was timed before.
    speed = Math.max(speed, speedOfOne(state));
    for (const [i, count] of counts.entries())
      fastest[i] = Math.max(fastest[i]!, bout(state, count, speed * portionMs));
  } while (performance.now() < end);
  return fastest;
}

/** Portions with so many threads, one after another; iterations a millisecond. */
function bout(state: Int32Array, count: number, portion: number): number {
  const chunks = chunksOfThread * count;
  const chunk = Math.max(1, Math.round(portion / chunks));
  Atomics.store(state, place.iterations, chunk);
  Atomics.store(state, place.members, count);
  Atomics.add(state, place.bout, 1);
  Atomics.notify(state, place.bout);
  const start = performance.now();
  let [iterations, elapsed] = [0, 0];
  do {
    Atomics.add(state, place.limit, chunks);
    while (computeChunk(state));
    // Awake, as ONNX Runtime waits for its threads.
    while (Atomics.load(state, place.done) < Atomics.load(state, place.limit));
    iterations += chunks * chunk;
    elapsed = performance.now() - start;
  } while (elapsed < boutMs);
  return iterations / elapsed;
}

/** Takes part in the bouts of enough members until the worker is ended, and looks for chunks awake, as ONNX Runtime's threads do. */
function follow(state: Int32Array, index: number): never {
  let bout = 0;
  Atomics.add(state, place.ready, 1);
  Atomics.notify(state, place.ready);
  for (;;) {
    Atomics.wait(state, place.bout, bout);
    bout = Atomics.load(state, place.bout);
    if (index >= Atomics.load(state, place.members)) continue;
    while (Atomics.load(state, place.bout) === bout) computeChunk(state);
  }
}

/** False where no chunk is left. Whoever is first takes the next one, so nobody waits for a thread that has not begun. */
function computeChunk(state: Int32Array): boolean {
  const next = Atomics.load(state, place.claimed);
  if (next >= Atomics.load(state, place.limit)) return false;
  if (Atomics.compareExchange(state, place.claimed, next, next + 1) !== next) return true;
  compute(state, Atomics.load(state, place.iterations));
  Atomics.add(state, place.done, 1);
  return true;
}

/** Iterations a millisecond while nobody takes the core away. */
function speedOfOne(state: Int32Array): number {
  let fastest = 0;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    compute(state, sample);
    const elapsed = performance.now() - start;
    // A coarse clock may see none of it.
    if (elapsed > 0) fastest = Math.max(fastest, sample / elapsed);
  }
  return fastest || sample;
}

/**
 * Chains of products and sums in registers, none of which waits for another: they fill the units for floating point as a product
 * of matrices does, so two threads that share a core gain as little by it.
 */
function compute(state: Int32Array, iterations: number): void {
  let [a, b, c, d, e, f, g, h] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
  for (let i = 0; i < iterations; i++) {
    a = a * 0.999 + 0.001;
    b = b * 0.999 + 0.001;
    c = c * 0.999 + 0.001;
    d = d * 0.999 + 0.001;
    e = e * 0.999 + 0.001;
    f = f * 0.999 + 0.001;
    g = g * 0.999 + 0.001;
    h = h * 0.999 + 0.001;
  }
  // Somebody has to want the result.
  Atomics.store(state, place.sink, a + b + c + d + e + f + g + h);
}
