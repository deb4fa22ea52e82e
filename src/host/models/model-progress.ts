/** How far a download is and how fast, told at most five times a second. Knows numbers; knows no network. */
import type { DownloadProgress } from '../../protocol/types';

const intervalMs = 200;
/** The rate is that of the last seconds: it follows the network without trembling. */
const windowMs = 5000;

export class ModelProgress {
  readonly #modelId: string;
  readonly #totalBytes: number;
  readonly #post: (progress: DownloadProgress) => void;
  readonly #now: () => number;
  #file = '';
  #doneBytes = 0;
  #waiting: string | null = null;
  #toldAt = Number.NEGATIVE_INFINITY;
  #samples: { readonly at: number; readonly bytes: number }[] = [];

  constructor(
    modelId: string,
    totalBytes: number,
    post: (progress: DownloadProgress) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#modelId = modelId;
    this.#totalBytes = totalBytes;
    this.#post = post;
    this.#now = now;
  }

  /** Of all files. `isReceived` is false for what was on the disk already, which says nothing of the speed. */
  advance(file: string, doneBytes: number, isReceived = true): void {
    const now = this.#now();
    if (!isReceived || doneBytes < this.#doneBytes) this.#samples = [];
    this.#file = file;
    this.#doneBytes = doneBytes;
    this.#waiting = null;
    this.#samples.push({ at: now, bytes: doneBytes });
    while (this.#samples.length > 2 && this.#samples[0]!.at < now - windowMs) this.#samples.shift();
    if (now - this.#toldAt >= intervalMs || doneBytes === this.#totalBytes) this.#tell(now);
  }

  wait(why: string): void {
    this.#waiting = why;
    this.#samples = [];
    this.#tell(this.#now());
  }

  #tell(now: number): void {
    this.#toldAt = now;
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    const seconds = first && last ? (last.at - first.at) / 1000 : 0;
    const bytesPerSecond = seconds > 0 ? (last!.bytes - first!.bytes) / seconds : 0;
    this.#post({
      modelId: this.#modelId,
      doneBytes: this.#doneBytes,
      totalBytes: this.#totalBytes,
      bytesPerSecond,
      remainingSeconds: bytesPerSecond > 0 ? (this.#totalBytes - this.#doneBytes) / bytesPerSecond : null,
      file: this.#file,
      waiting: this.#waiting,
    });
  }
}
