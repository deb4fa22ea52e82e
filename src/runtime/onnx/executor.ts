/** The executor for machines without a usable GPU: the run's programs as ONNX models, computed by onnxruntime-web's wasm. */
import type { FrozenTensors } from '../../graph/frozen';
import type { Executor, HeldWeights, Session, SessionOptions } from '../executor';
import type { Ort } from './ort';
import { HeldOrtTensors, OnnxSession } from './session';

/** What a wasm module of 32-bit addresses can hold. */
const heapBytes = 4 * 2 ** 30;

export class OnnxExecutor implements Executor {
  readonly name = 'onnx';
  readonly limits = { bufferBytes: heapBytes, totalBytes: heapBytes };
  readonly #ort: Ort;

  constructor(ort: Ort) {
    this.#ort = ort;
  }

  hold(source: FrozenTensors): HeldWeights {
    return new HeldOrtTensors(source);
  }

  open(options: SessionOptions): Promise<Session> {
    return OnnxSession.open(this.#ort, options);
  }
}
