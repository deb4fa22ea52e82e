/** Which executor computes from the next session on, what the form opens with on it, and what is made ready there before a run. */
import { StudioError } from '../errors';
import type { ComputingDescription, DatasetSummary, EventMessage } from '../protocol/types';
import type { ExecutorChoice, RunSettings } from '../runs/settings';
import type { Datasets } from './data/datasets';
import type { ChooseExecutor, ChosenExecutor, OpenExecutor } from './executors';
import type { HandlersOf } from './handlers';
import { openingFor } from './runs/opening';
import type { Readiness, Trial } from './runs/readiness';

export interface ComputingParts {
  readonly chooseExecutor: ChooseExecutor;
  readonly datasets: Datasets;
  readonly readiness: Readiness;
  readonly post: (event: EventMessage) => void;
  /** Nothing is made ready beside a run. */
  readonly isTraining: () => boolean;
}

type Chosen = ChosenExecutor & { readonly choice: ExecutorChoice };

export class Computing {
  readonly #parts: ComputingParts;
  #chosen: Chosen | null = null;
  /** Of ONNX Runtime here, once it was tried; null where that was stopped. */
  #trial: Trial | 'under way' | null = 'under way';

  constructor(parts: ComputingParts) {
    this.#parts = parts;
  }

  commands(): HandlersOf<'chooseExecutor' | 'makeReady'> {
    const { datasets, readiness, isTraining } = this.#parts;
    return {
      chooseExecutor: async ({ choice }) => {
        const listing = datasets.list();
        const [computing, summaries] = await Promise.all([this.choose(choice, () => listing), listing]);
        void this.tryOut(computing.defaults, summaries);
        return computing;
      },
      makeReady: async (choice) => {
        // Not waited for: the form changes again meanwhile.
        if (!isTraining()) void readiness.make(choice, this.executor());
        return null;
      },
    };
  }

  /** Throws `not-open` where there is none. */
  executor(): OpenExecutor {
    if (!this.#chosen) {
      throw new StudioError(
        'not-open',
        'There is no device to compute on.',
        'Reload the page; if it stays so, see the message at the top.',
      );
    }
    return this.#chosen.open;
  }

  /** From the next session on; a run that trains keeps its own. */
  async choose(
    choice: ExecutorChoice,
    list: () => Promise<readonly DatasetSummary[]>,
  ): Promise<ComputingDescription> {
    const { readiness } = this.#parts;
    const chosen = { ...(await this.#parts.chooseExecutor(choice)), choice };
    readiness.stop();
    this.#chosen = chosen;
    return this.#describe(chosen, list);
  }

  /** What the form opens with, on the executor that is chosen now. */
  async tryOut(settings: RunSettings, datasets: readonly DatasetSummary[]): Promise<void> {
    const { isTraining, readiness, post } = this.#parts;
    const chosen = this.#chosen;
    const dataset = defaultDataset(datasets);
    if (!chosen || !dataset) return;
    const choice = { settings, datasetId: dataset.id };
    const trial = isTraining() ? null : await readiness.tryOut(choice, chosen.open);
    // What was tried once is still so.
    if (this.#chosen !== chosen || (!trial && this.#trial !== 'under way')) return;
    // Only ONNX Runtime is tried; elsewhere there is nothing to say.
    const opened = await chosen.open().catch(() => null);
    if (opened?.info.executor !== 'onnx') return;
    this.#trial = trial;
    const computing = await this.#describe(chosen, () => this.#parts.datasets.list());
    post({ type: 'computing', computing });
  }

  async #describe(
    { open, choice, reason, faster }: Chosen,
    list: () => Promise<readonly DatasetSummary[]>,
  ): Promise<ComputingDescription> {
    const [{ info }, datasets] = await Promise.all([open(), list()]);
    const rows = defaultDataset(datasets)?.rows ?? { train: 0, validation: 0 };
    return { choice, executor: info, reason, faster, ...openingFor(info, this.#trial, rows) };
  }
}

/** What the form opens on: the reference's, where it is there. */
export const defaultDataset = (datasets: readonly DatasetSummary[]) =>
  datasets.find(({ id }) => id === 'rotten_tomatoes') ?? datasets[0];
