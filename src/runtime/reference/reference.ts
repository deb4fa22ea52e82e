/**
 * The float64 executor: plain loops, no device. Slow; it defines what the others must compute, and tests train on it.
 */
import { invariant } from '../../errors';
import type { FrozenTensors } from '../../graph/frozen';
import type { Node } from '../../graph/graph';
import type { Values } from '../../graph/op';
import { adamwReference, type FlatBlocks } from '../../optimizer/adamw';
import {
  type EvaluationOutput,
  type Executor,
  type ExecutorBatch,
  frozenLeaves,
  type GradientScales,
  isOwn,
  microBatchScale,
  type Session,
  type SessionOptions,
  type StepMetrics,
  type StepSettings,
  type TrainingState,
} from '../executor';
import { borrowing, HeldTensors } from '../held-tensors';
import { interpret } from './interpret';

export const referenceExecutor: Executor = {
  name: 'reference',
  limits: { bufferBytes: Number.POSITIVE_INFINITY, totalBytes: Number.POSITIVE_INFINITY },
  hold: (source) => new HeldDoubles(source),
  open: (options) =>
    borrowing(options.base, async () => new ReferenceSession(options, await readFrozen(options))),
};

class HeldDoubles extends HeldTensors<Float64Array> {
  constructor(source: FrozenTensors) {
    super(source, ({ byteLength }) => byteLength);
  }
}

async function readFrozen(options: SessionOptions): Promise<Map<string, Float64Array>> {
  const { programs, frozen, base } = options;
  invariant(!base || base instanceof HeldDoubles, 'reference: the base is held by another executor');
  const read = async (source: FrozenTensors, name: string) => Float64Array.from(await source.read(name));
  const values = new Map<string, Float64Array>();
  for (const { name } of frozenLeaves(programs))
    values.set(
      name,
      base && !isOwn(options, name)
        ? await base.take(name, () => read(base.source, name))
        : await read(frozen, name),
    );
  return values;
}

class ReferenceSession implements Session {
  readonly kernelTable = {};
  readonly kernelsAsRecorded = true;
  readonly dispatches = 0;
  readonly #options: SessionOptions;
  readonly #frozen: ReadonlyMap<string, Float64Array>;
  readonly #blocks: FlatBlocks<Float64Array>;
  #finished: StepMetrics[] = [];
  #disposed = false;

  constructor(options: SessionOptions, frozen: ReadonlyMap<string, Float64Array>) {
    this.#options = options;
    this.#frozen = frozen;
    const { totalFloats } = options.programs.parameters;
    this.#blocks = {
      parameters: new Float64Array(totalFloats),
      gradients: new Float64Array(totalFloats),
      exponentialAverage: new Float64Array(totalFloats),
      exponentialAverageSquared: new Float64Array(totalFloats),
    };
  }

  get allocatedBytes(): number {
    let floats = 4 * this.#blocks.parameters.length;
    for (const data of this.#frozen.values()) floats += data.length;
    return 8 * floats;
  }

  writeState(state: TrainingState): void {
    this.#blocks.parameters.set(state.parameters);
    this.#blocks.exponentialAverage.set(state.exponentialAverage);
    this.#blocks.exponentialAverageSquared.set(state.exponentialAverageSquared);
  }

  async readState(): Promise<TrainingState> {
    return {
      parameters: Float32Array.from(this.#blocks.parameters),
      exponentialAverage: Float32Array.from(this.#blocks.exponentialAverage),
      exponentialAverageSquared: Float32Array.from(this.#blocks.exponentialAverageSquared),
    };
  }

  async trainStep(microBatches: readonly ExecutorBatch[], settings: StepSettings): Promise<'enqueued'> {
    this.#blocks.gradients.fill(0);
    let loss = 0;
    microBatches.forEach((batch, i) => {
      const scalars = { seed: settings.seed, microStep: settings.microStep + i };
      const lossScale = microBatchScale(settings, microBatches.length);
      const scales = { lossScale, regularization: settings.step > 1 ? 1 / microBatches.length : 0 };
      loss += this.#accumulate(batch, scalars, scales) * lossScale;
    });
    const { decayedFloats } = this.#options.programs.parameters;
    this.#finished.push({
      step: settings.step,
      loss,
      ...adamwReference(this.#blocks, decayedFloats, settings, loss),
    });
    return 'enqueued';
  }

  async ready(): Promise<void> {}

  async takeMetrics(): Promise<readonly StepMetrics[]> {
    const finished = this.#finished;
    this.#finished = [];
    return finished;
  }

  async evaluate(batch: ExecutorBatch): Promise<EvaluationOutput> {
    const program = this.#options.programs.evaluate;
    const values = interpret(program, this.#leaves(batch, { lossScale: 1, regularization: 0 }), {
      ...batch,
      seed: 0,
      microStep: 0,
    });
    const output = (node: Node) => Float32Array.from(values.get(node)!);
    const { loss, logits, ...extra } = program.outputs;
    return {
      loss: values.get(loss!)![0]!,
      logits: output(logits!),
      extra: Object.fromEntries(Object.entries(extra).map(([name, node]) => [name, output(node)])),
    };
  }

  async gradients(batch: ExecutorBatch, scalars: { readonly seed: number; readonly microStep: number }) {
    this.#blocks.gradients.fill(0);
    const loss = this.#accumulate(batch, scalars, { lossScale: 1, regularization: 0 });
    return { loss, gradients: Float32Array.from(this.#blocks.gradients) };
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#options.base?.release();
  }

  #accumulate(
    batch: ExecutorBatch,
    scalars: { readonly seed: number; readonly microStep: number },
    scales: GradientScales,
  ): number {
    const { train, parameters } = this.#options.programs;
    const values = interpret(train, this.#leaves(batch, scales), { ...batch, ...scalars });
    for (const { name, offset } of parameters.parameters) {
      const node = train.gradients.get(name);
      if (!node) continue;
      const gradient = values.get(node)!;
      for (let i = 0; i < gradient.length; i++) this.#blocks.gradients[offset + i]! += gradient[i]!;
    }
    return values.get(train.outputs.loss!)![0]!;
  }

  #leaves(batch: ExecutorBatch, scales: GradientScales): (name: string) => Values | undefined {
    const placed = new Map(this.#options.programs.parameters.parameters.map((p) => [p.name, p]));
    return (name) => {
      const parameter = placed.get(name);
      if (parameter)
        return this.#blocks.parameters.subarray(parameter.offset, parameter.offset + parameter.length);
      if (name === 'lossScale' || name === 'regularization') return Float64Array.of(scales[name]);
      const input = batch.inputs[name];
      if (input) return input instanceof Uint32Array ? input : Float64Array.from(input);
      return this.#frozen.get(name);
    };
  }
}
