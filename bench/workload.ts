/** What executors are compared on: LoRA on an embedded base model, rows of one length, AdamW at a constant rate. */
import { lora } from '../src/adapters/lora';
import { collate } from '../src/data/collate';
import { packParameters } from '../src/graph/parameters';
import { defaultHead } from '../src/heads/classification';
import type { Executor, ExecutorBatch, Session, StepSettings } from '../src/runtime/executor';
import { toExecutorBatch } from '../src/train/batch';
import { initialize } from '../src/train/initialize';
import { buildTraining } from '../src/train/programs';
import { loadBaseModel } from '../test/golden/base-model';

export interface Workload {
  readonly model: 'roberta-tiny' | 'roberta-mini';
  readonly sequences: number;
  readonly length: number;
  readonly dropout: boolean;
}

const site = {
  async bytes(path: string) {
    return new Uint8Array(await (await fetch(`/${path}`)).arrayBuffer());
  },
};

const loaded = new Map<string, ReturnType<typeof loadBaseModel>>();

function baseOf({ model }: Workload) {
  const base = loaded.get(model) ?? loadBaseModel(site, `models/${model}`);
  loaded.set(model, base);
  return base;
}

async function trainingOf(workload: Workload) {
  const { config } = await baseOf(workload);
  return buildTraining({
    model: config,
    method: lora,
    methodConfig: lora.defaultConfig,
    adapterName: 'bench',
    head: defaultHead('bench', 2),
    dropout: workload.dropout,
  });
}

export async function batchOf(workload: Workload): Promise<ExecutorBatch> {
  const { sequences, length } = workload;
  const base = await baseOf(workload);
  const rows = Array.from({ length: sequences }, (_, i) =>
    Uint32Array.from({ length }, (_id, j) => (j === 0 ? 0 : 4 + ((i * 31 + j * 17) % 4000))),
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
export async function sessionOn(
  executor: Executor,
  workload: Workload,
  largest: ExecutorBatch,
): Promise<Session> {
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
