/** The real worker on what is stored, for tests in a browser. */
import { StudioClient } from '../../src/protocol/client';
import type { CommandName, Commands, EventMessage, StudioDescription } from '../../src/protocol/types';
import { isUnderWay } from '../../src/runs/life';
import type { RunRecord } from '../../src/runs/record';
import type { RunSeries } from '../../src/runs/series';
import type { ExecutorName } from '../../src/runs/settings';

export class OpenStudio {
  readonly events: EventMessage[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #worker = new Worker(new URL('../../workers/training.worker.ts', import.meta.url), {
    type: 'module',
  });
  readonly #client = new StudioClient(
    this.#worker,
    (event) => {
      this.events.push(event);
      for (const wake of this.#waiting) wake();
      this.#waiting.clear();
    },
    (error) => console.error(error),
  );

  open(executor: ExecutorName): Promise<StudioDescription> {
    return this.send('open', { executor });
  }

  send<N extends CommandName>(type: N, request: Commands[N]['request']): Promise<Commands[N]['answer']> {
    return this.#client.send(type, request);
  }

  /** The first event for which `find` gives something. */
  async until<T>(find: (event: EventMessage) => T | undefined): Promise<T> {
    for (let seen = 0; ; ) {
      for (; seen < this.events.length; seen++) {
        const found = find(this.events[seen]!);
        if (found !== undefined) return found;
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** A run's record once it has ended, well or not, and what was measured. */
  async ended(runId: string): Promise<RunRecord & RunSeries> {
    const run = await this.until((event) =>
      event.type === 'run' && event.run.id === runId && !isUnderWay(event.run.status) ? event.run : undefined,
    );
    return { ...run, ...(await this.send('series', { runId })) };
  }

  close(): void {
    this.#worker.terminate();
  }
}
