/** What a session of any executor promises beyond the right numbers: guards, determinism, clean ends. */
import { describe, expect, it } from 'vitest';
import { methodById } from '../src/adapters/registry';
import { collate, type Padding } from '../src/data/collate';
import { frozenInMemory } from '../src/graph/frozen';
import { packParameters } from '../src/graph/parameters';
import { defaultHead } from '../src/heads/classification';
import type { Executor, ExecutorBatch, Session, SessionOptions, StepSettings } from '../src/runtime/executor';
import { referenceExecutor } from '../src/runtime/reference/reference';
import { toExecutorBatch } from '../src/train/batch';
import { buildTraining } from '../src/train/programs';
import { recomputingLayers } from '../src/train/recompute';
import { relativeError } from './golden/compare';
import { loadMethodCase, type MethodCase } from './golden/method-case';
import { type FixtureSource, readJson } from './golden/source';

interface SessionCases {
  readonly plain: MethodCase;
  readonly withDropout: MethodCase;
}

export async function loadSessionCases(source: FixtureSource): Promise<SessionCases> {
  const plain = await loadMethodCase(source, 'lora_default');
  const { base } = plain;
  const lora = methodById('lora');
  const built = buildTraining({
    model: base.config,
    method: lora,
    methodConfig: { ...lora.defaultConfig, dropout: 0.2 },
    adapterName: 'main',
    head: defaultHead('main', 2),
    dropout: true,
  });
  return { plain, withDropout: { ...plain, built } };
}

export function optionsOf({ base, built, batches }: MethodCase): SessionOptions {
  return {
    programs: built.programs,
    frozen: base.frozen,
    largest: { tokens: Math.max(...batches.map((b) => b.tokens)), sequences: 4 },
  };
}

export function start(session: Session, { built, tensors }: MethodCase): void {
  const { parameters } = built.programs;
  const named = new Map(parameters.parameters.map(({ name }) => [name, tensors.get(`pert/param/${name}`)!]));
  const zeros = new Float32Array(parameters.totalFloats);
  session.writeState({
    parameters: packParameters(parameters, named),
    exponentialAverage: zeros,
    exponentialAverageSquared: zeros,
  });
}

export const settings = (step: number): StepSettings => ({
  step,
  learningRate: 1e-3,
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  maxGradNorm: 1,
  accumulation: 'mean' as const,
  seed: 42,
  microStep: step - 1,
});

export async function train(session: Session, batches: readonly ExecutorBatch[], first = 1): Promise<void> {
  for (const [i, batch] of batches.entries()) {
    await session.ready();
    await session.trainStep([batch], settings(first + i));
  }
}

export const bits = (values: Float32Array) => [
  ...new Uint32Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength)),
];

/** Tests of the running file. */
export function sessionTests(
  executor: Executor,
  { plain, withDropout }: SessionCases,
  source: FixtureSource,
): void {
  const { base } = plain;
  const open = async (testCase: MethodCase) => {
    const session = await executor.open(optionsOf(testCase));
    start(session, testCase);
    return session;
  };

  describe.each([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['−Infinity', Number.NEGATIVE_INFINITY],
  ])('%s among the embeddings', (_, poison) => {
    it('skips the step, leaves every bit as it was, and goes on', async () => {
      const session = await open(plain);
      await train(session, plain.batches.slice(0, 2));
      await session.takeMetrics(true);
      const before = await session.readState();
      const good = plain.batches[2]!;
      const embeddings = Float32Array.from(good.inputs.embeddings!);
      embeddings[37] = poison;
      await session.trainStep([{ ...good, inputs: { ...good.inputs, embeddings } }], settings(3));
      const [bad] = await session.takeMetrics(true);
      expect(bad!.skipped).toBe(true);
      const after = await session.readState();
      expect(bits(after.parameters)).toEqual(bits(before.parameters));
      expect(bits(after.exponentialAverage)).toEqual(bits(before.exponentialAverage));
      expect(bits(after.exponentialAverageSquared)).toEqual(bits(before.exponentialAverageSquared));
      await session.trainStep([good], settings(4));
      const [next] = await session.takeMetrics(true);
      expect(next!.skipped).toBe(false);
      expect(bits((await session.readState()).parameters)).not.toEqual(bits(before.parameters));
      session.dispose();
    });
  });

  it('gives real tokens the same numbers padded as ragged', async () => {
    const [recorded] = await readJson<
      readonly { input_ids: number[][]; attention_mask: number[][]; labels_2: number[] }[]
    >(source, 'methods/batches.json');
    const ids = recorded!.input_ids.map((row, i) =>
      Uint32Array.from(row.filter((_, k) => recorded!.attention_mask[i]![k])),
    );
    const batchOf = (padding: Padding) =>
      toExecutorBatch(
        collate(ids, Uint32Array.from(recorded!.labels_2), padding),
        base.tables,
        base.config,
        plain.built.batchForm,
      );
    const session = await executor.open({
      ...optionsOf(plain),
      largest: { tokens: 200, sequences: 4 },
    });
    start(session, plain);
    const scalars = { seed: 0, microStep: 0 };
    const [ragged, padded] = [batchOf({ mode: 'ragged' }), batchOf({ mode: 'max_length', length: 40 })];
    expect(padded.tokens).toBe(160);
    const expected = await session.evaluate(ragged);
    const got = await session.evaluate(padded);
    expect(relativeError(got.logits, expected.logits)).toBeLessThan(2e-6);
    const raggedGradients = (await session.gradients(ragged, scalars)).gradients;
    const paddedGradients = (await session.gradients(padded, scalars)).gradients;
    expect(relativeError(paddedGradients, raggedGradients)).toBeLessThan(1e-5);
    session.dispose();
  });

  it('computes the same bits from borrowed weights, whoever uploaded them', async () => {
    const weights = executor.hold(base.frozen);
    const own = await open(withDropout);
    await train(own, withDropout.batches.slice(0, 3));
    const expected = bits((await own.readState()).parameters);
    own.dispose();
    for (let i = 0; i < 2; i++) {
      const options = { ...optionsOf(withDropout), frozen: frozenInMemory(new Map()), base: weights };
      const session = await executor.open(options);
      start(session, withDropout);
      await train(session, withDropout.batches.slice(0, 3));
      expect(bits((await session.readState()).parameters)).toEqual(expected);
      session.dispose();
    }
    weights.release();
    expect(weights.count).toBe(0);
  });

  it('gives the same bits twice, dropout on', async () => {
    const states = [];
    for (let i = 0; i < 2; i++) {
      const session = await open(withDropout);
      await train(session, withDropout.batches.slice(0, 4));
      states.push(bits((await session.readState()).parameters));
      session.dispose();
    }
    expect(states[0]).toEqual(states[1]);
  });

  it('draws the same dropout masks as the reference executor', async () => {
    const session = await open(withDropout);
    const reference = await referenceExecutor.open(optionsOf(withDropout));
    start(reference, withDropout);
    const batch = withDropout.batches[0]!;
    const [own, truth] = await Promise.all([
      session.gradients(batch, { seed: 5, microStep: 3 }),
      reference.gradients(batch, { seed: 5, microStep: 3 }),
    ]);
    expect(relativeError(own.gradients, truth.gradients)).toBeLessThan(1e-4);
    expect(relativeError([own.loss], [truth.loss])).toBeLessThan(5e-5);
    const otherMasks = await session.gradients(batch, { seed: 5, microStep: 4 });
    expect(relativeError(otherMasks.gradients, truth.gradients)).toBeGreaterThan(1e-2);
    session.dispose();
  });

  it('follows the mean over micro-batches', async () => {
    const session = await open(plain);
    await session.trainStep([plain.batches[0]!, plain.batches[1]!], settings(1));
    const [both] = await session.takeMetrics(true);
    start(session, plain);
    const first = await session.gradients(plain.batches[0]!, { seed: 42, microStep: 0 });
    const second = await session.gradients(plain.batches[1]!, { seed: 42, microStep: 1 });
    expect(both!.loss).toBeCloseTo((first.loss + second.loss) / 2, 6);
    session.dispose();
  });

  it('drops a step that is stopped before it is submitted, and leaves the state', async () => {
    const session = await open(plain);
    const before = await session.readState();
    const stop = new AbortController();
    stop.abort();
    expect(await session.trainStep([plain.batches[0]!], settings(1), stop.signal)).toBe('dropped');
    expect(bits((await session.readState()).parameters)).toEqual(bits(before.parameters));
    session.dispose();
  });

  it('computes layers again, bit for bit', async () => {
    const gradientsOf = async (built: MethodCase['built']) => {
      const session = await open({ ...withDropout, built });
      try {
        return await session.gradients(plain.batches[0]!, { seed: 42, microStep: 3 });
      } finally {
        session.dispose();
      }
    };
    const kept = await gradientsOf(withDropout.built);
    const recomputed = await gradientsOf(recomputingLayers(withDropout.built));
    expect(recomputed.loss).toBe(kept.loss);
    expect(bits(recomputed.gradients)).toEqual(bits(kept.gradients));
  });
}
