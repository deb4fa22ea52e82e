/**
 * A run's two models in ONNX Runtime, for all sessions of an executor. Making one takes longer than a step, so what nobody uses any
 * more stays for the next session on the same programs: the second run of a choice, or the first one after the page made it ready.
 * One model of each kind stays: each keeps an arena of its activations in a heap that never shrinks.
 */
import type { InferenceSession } from 'onnxruntime-web/wasm';
import { programText } from '../../graph/program-text';
import { traced } from '../../trace';
import type { TrainingPrograms } from '../executor';
import { evaluationModel, type OnnxModel, trainingModel } from './models';
import type { Ort } from './ort';

export type ModelKind = 'training' | 'evaluation';

const kinds = {
  training: { make: trainingModel, programOf: ({ train }: TrainingPrograms) => train },
  evaluation: { make: evaluationModel, programOf: ({ evaluate }: TrainingPrograms) => evaluate },
} as const;

export interface LoadedModel {
  readonly model: OnnxModel;
  readonly session: InferenceSession;
}

/** One user's. */
export interface BorrowedModel extends LoadedModel {
  giveBack(): void;
}

interface Entry {
  readonly kind: ModelKind;
  /** Equal for equal models. */
  readonly key: string;
  readonly loaded: Promise<LoadedModel>;
  users: number;
}

export class LoadedModels {
  readonly #ort: Ort;
  #entries: readonly Entry[] = [];

  constructor(ort: Ort) {
    this.#ort = ort;
  }

  /** Rejects with ONNX Runtime's words where it does not take the model. */
  async borrow(kind: ModelKind, programs: TrainingPrograms): Promise<BorrowedModel> {
    const key = `${programText(kinds[kind].programOf(programs))} ${JSON.stringify(programs.parameters)}`;
    const entry =
      this.#entries.find((known) => known.kind === kind && known.key === key) ??
      this.#enter(kind, key, programs);
    entry.users += 1;
    let isBorrowed = true;
    const giveBack = () => {
      if (!isBorrowed) return;
      isBorrowed = false;
      entry.users -= 1;
      // The one before it goes; this one stays.
      if (entry.users === 0) this.#release((other) => other.kind === kind && other !== entry);
    };
    try {
      return { ...(await entry.loaded), giveBack };
    } catch (error) {
      this.#entries = this.#entries.filter((known) => known !== entry);
      throw error;
    }
  }

  #enter(kind: ModelKind, key: string, programs: TrainingPrograms): Entry {
    // Another run begins, which will evaluate with another model too.
    this.#release((other) => kind === 'training' || other.kind === kind);
    const entry: Entry = { kind, key, loaded: this.#load(kind, programs), users: 0 };
    this.#entries = [...this.#entries, entry];
    return entry;
  }

  async #load(kind: ModelKind, programs: TrainingPrograms): Promise<LoadedModel> {
    const model = await traced('lower to ONNX', () => kinds[kind].make(programs, this.#ort.version));
    return { model, session: await traced('make ONNX session', () => this.#ort.createSession(model.bytes)) };
  }

  /** Those of them that nobody uses. */
  #release(which: (entry: Entry) => boolean): void {
    const idle = this.#entries.filter((entry) => entry.users === 0 && which(entry));
    this.#entries = this.#entries.filter((entry) => !idle.includes(entry));
    for (const { loaded } of idle) void loaded.then(({ session }) => session.release());
  }
}
