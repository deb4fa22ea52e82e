/** The executor for machines without a usable GPU: the run's programs as ONNX models, computed by onnxruntime-web's wasm. */
import type { FrozenTensors } from '../../graph/frozen';
import type { Executor, HeldWeights, Session, SessionOptions } from '../executor';
import { heapProblem, planHeap } from '../heap-plan';
import { LoadedModels } from './loaded-models';
import type { Ort } from './ort';
import { HeldOrtTensors, OnnxSession } from './session';

/** What a wasm module of 32-bit addresses can hold. */
const heapBytes = 4 * 2 ** 30;

export class OnnxExecutor implements Executor {
  readonly name = 'onnx';
  readonly limits = { bufferBytes: heapBytes, totalBytes: heapBytes };
  readonly #ort: Ort;
  readonly #models: LoadedModels;

  constructor(ort: Ort) {
    this.#ort = ort;
    this.#models = new LoadedModels(ort);
  }

  hold(source: FrozenTensors): HeldWeights {
    return new HeldOrtTensors(source);
  }

  /** Throws `StudioError` `out-of-memory` before anything is allocated where the run does not fit. */
  async open(options: SessionOptions): Promise<Session> {
    const problem = heapProblem(planHeap(options), this.limits);
    if (problem) throw problem;
    return OnnxSession.open(this.#ort, this.#models, options);
  }
}
