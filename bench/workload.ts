/** What executors are compared on: an adapter on an embedded base model, rows of given lengths, AdamW at a constant rate. */
import { methodById } from '../src/adapters/registry';
import { collate } from '../src/data/collate';
import { packParameters } from '../src/graph/parameters';
import { defaultHead } from '../src/heads/classification';
import type { ExecutorBatch, Session, SessionOptions, StepSettings } from '../src/runtime/executor';
import { toExecutorBatch } from '../src/train/batch';
import { initialize } from '../src/train/initialize';
import { buildTraining } from '../src/train/programs';
import { loadBaseModel } from '../test/golden/base-model';
import { type Length, lengthsOf } from './lengths';

export interface Workload {
  readonly model: 'roberta-tiny' | 'roberta-mini';
  readonly sequences: number;
  readonly length: Length;
  readonly dropout: boolean;
  /** LoRA where it is not said. */
  readonly method?: 'lora' | 'seq_bn';
  /** So many of the lowest layers are left out (AdapterDrop). */
  readonly leftOut?: number;
}

const site = {
  async bytes(path: string) {
    return new Uint8Array(await (await fetch(`/${path}`)).arrayBuffer());
  },
};

const loaded = new Map<string, ReturnType<typeof loadBaseModel>>();

export function baseOf({ model }: Pick<Workload, 'model'>) {
  const base = loaded.get(model) ?? loadBaseModel(site, `models/${model}`);
  loaded.set(model, base);
  return base;
}

export async function trainingOf(workload: Workload) {
  const { config } = await baseOf(workload);
  const { dropout, leftOut = 0 } = workload;
  const method = methodById(workload.method ?? 'lora');
  return buildTraining({
    model: config,
    method,
    methodConfig: { ...method.defaultConfig!, leave_out: Array.from({ length: leftOut }, (_, i) => i) },
    adapterName: 'bench',
    head: defaultHead('bench', 2),
    dropout,
  });
}

export async function batchOf(workload: Workload): Promise<ExecutorBatch> {
  const { sequences, length } = workload;
  const base = await baseOf(workload);
  const rows = lengthsOf(sequences, length).map((tokens, i) =>
    Uint32Array.from({ length: tokens }, (_id, j) => (j === 0 ? 0 : 4 + ((i * 31 + j * 17) % 4000))),
  );
  const { batchForm } = await trainingOf(workload);
  return toExecutorBatch(
    collate(rows, new Uint32Array(sequences), { mode: 'ragged' }),
    base.tables,
    base.config,
    batchForm,
  );
}

/** With drawn initial values. */
export async function sessionOn<S extends Session>(
  executor: { open(options: SessionOptions): Promise<S> },
  workload: Workload,
  largest: ExecutorBatch,
): Promise<S> {
  const { programs, trainable } = await trainingOf(workload);
  const { frozen } = await baseOf(workload);
  const session = await executor.open({ programs, frozen, largest });
  const zeros = new Float32Array(programs.parameters.totalFloats);
  session.writeState({
    parameters: packParameters(programs.parameters, await initialize(trainable, 1, async () => undefined)),
    exponentialAverage: zeros,
    exponentialAverageSquared: zeros,
  });
  return session;
}

export function stepSettings(step: number): StepSettings {
  return {
    step,
    learningRate: 1e-4,
    weightDecay: 0,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    maxGradNorm: 1,
    accumulation: 'mean',
    seed: 1,
    microStep: step,
  };
}
