/**
 * Begins the runs that wait, one after another, in the tab that may train. Which wait, and in which order, is in the store
 * (`runs/queue.ts`), so that runs of a page that was closed go on too, and one that fails does not stop the next.
 */
import { type ErrorReport, toErrorReport } from '../../errors';
import type { EventMessage } from '../../protocol/types';
import { next, recordedAs } from '../../runs/life';
import { lastPlace, movedRuns, waitingRuns } from '../../runs/queue';
import type { RunRecord } from '../../runs/record';
import type { StudioStore } from '../../storage/store';
import { listed } from './listed-runs';
import type { Begun, TrainerLock } from './trainer-lock';

export interface RunQueueParts {
  readonly store: StudioStore;
  readonly lock: TrainerLock;
  readonly post: (event: EventMessage) => void;
  /** Under its locks, recorded as training. Throws where something it needs is gone. */
  readonly begin: (run: RunRecord) => Promise<Begun<unknown>>;
  /** False where it is to begin in another worker, which the page has been asked for: nothing begins in this one until `goOn`. */
  readonly isReadyFor: (run: RunRecord) => Promise<boolean>;
}

export class RunQueue {
  readonly #parts: RunQueueParts;
  #isHeld = true;
  /** Runs whose turn does not come: a person takes them out, and may have them back. */
  readonly #heldBack = new Set<string>();
  #waitsForTab = false;
  /** The lock is asked for here, and whether it is had comes as an answer. */
  #isBeginning = false;

  constructor(parts: RunQueueParts) {
    this.#parts = parts;
    parts.lock.whenGivenBack(() => {
      if (!this.#isBeginning) void this.#next();
    });
  }

  /** From now on: what waits begins when nothing trains. */
  goOn(): void {
    this.#isHeld = false;
    void this.#next();
  }

  /** Until `goOn`: what waits would find the same fault, as a device that is gone. */
  hold(): void {
    this.#isHeld = true;
  }

  /** One run, while the others go on. */
  holdBack(runId: string, hold: boolean): void {
    if (hold) this.#heldBack.add(runId);
    else if (this.#heldBack.delete(runId)) void this.#next();
  }

  /** The run as one that waits, behind the others. */
  async atEnd(run: RunRecord): Promise<RunRecord> {
    return { ...run, status: 'queued', place: lastPlace(await this.#parts.store.listRuns()) };
  }

  /** Nothing happens where it has begun meanwhile. */
  async move(runId: string, to: number): Promise<void> {
    const { store, post } = this.#parts;
    const moved = movedRuns(await store.listRuns(), runId, to);
    await store.saveRuns(moved);
    for (const run of moved) post({ type: 'run', run: listed(run, false) });
  }

  /** Asked again whenever the lock is given back, so each beginning leads to the next one. Never rejects. */
  async #next(): Promise<void> {
    const { store, lock, isReadyFor } = this.#parts;
    try {
      const waiting = this.#isHeld ? [] : waitingRuns(await store.listRuns());
      const first = waiting.find(({ id }) => !this.#heldBack.has(id));
      if (!first || this.#isBeginning) return;
      this.#isBeginning = true;
      try {
        if (!(await lock.isFree()) || (await isReadyFor(first)))
          await lock.hold(first.id, () => this.#begin(first.id));
        else this.hold();
      } finally {
        this.#isBeginning = false;
      }
    } catch (error) {
      const report = toErrorReport(error);
      if (report.code === 'other-tab' || report.code === 'run-active') void this.#afterOtherTab();
      // A run of this tab's own came first; its end is told.
      else if (report.code !== 'busy') this.#giveUp(report);
    }
  }

  /** The other tab goes on with what waits itself; this one does where it is closed. */
  async #afterOtherTab(): Promise<void> {
    if (this.#waitsForTab) return;
    this.#waitsForTab = true;
    await this.#parts.lock.whenFree();
    this.#waitsForTab = false;
    await this.#next();
  }

  async #begin(runId: string): Promise<Begun<null>> {
    const { store, post, begin } = this.#parts;
    const run = await store.getRun(runId);
    const over = { answer: null, ended: Promise.resolve() };
    // Taken out meanwhile, or begun by another tab.
    if (run?.status !== 'queued' || this.#heldBack.has(runId)) return over;
    const { place: _, ...begun } = run;
    try {
      const { ended } = await begin({ ...begun, status: recordedAs(next(run.status, 'begin')) });
      return { answer: null, ended };
    } catch (error) {
      const report = toErrorReport(error);
      const failed: RunRecord = { ...begun, status: recordedAs(next(run.status, 'fail')), error: report };
      await store.saveRun(failed);
      post({ type: 'run', run: listed(failed, false) });
      // Nobody has just asked for it, so it is named.
      const message = `The run ${run.name} waited, and could not begin: ${report.message}`;
      post({ type: 'problem', runId, error: { ...report, message } });
      return over;
    }
  }

  /** What cannot even be recorded would be tried for ever. */
  #giveUp(error: ErrorReport): void {
    this.hold();
    this.#parts.post({ type: 'problem', runId: null, error });
  }
}
