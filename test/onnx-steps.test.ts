/**
 * Optimizer steps on ONNX Runtime against the float64 executor where the golden numbers do not go: dropout on at every place,
 * any lengths (a single token, a single sequence), micro-batches, clipping, every loss. A method is enrolled by being registered.
 */
import fc from 'fast-check';
import * as module from 'onnxruntime-web';
import { afterAll, describe, expect, it } from 'vitest';
import { dynamicFusion } from '../src/adapters/default-configs';
import { peftMethods } from '../src/adapters/methods/peft-methods';
import { adapterMethods } from '../src/adapters/registry';
import { single } from '../src/adapters/setup';
import { collate, type Padding } from '../src/data/collate';
import { packParameters } from '../src/graph/parameters';
import { type LossOptions, plainLoss } from '../src/heads/loss';
import {
  type AdapterPlan,
  buildPlan,
  planOfBundle,
  tensorsOfBundle,
} from '../src/host/adapters/adapter-plan';
import { headOf } from '../src/host/runs/run-preparation';
import { baseTensor } from '../src/models/base-weights';
import { siteHash } from '../src/ops/dropout/rng';
import type { ExecutorBatch, Session, StepSettings } from '../src/runtime/executor';
import { OnnxExecutor } from '../src/runtime/onnx/executor';
import { ortOf } from '../src/runtime/onnx/ort';
import { referenceExecutor } from '../src/runtime/reference/reference';
import type { TaskType } from '../src/task';
import { toExecutorBatch, withVirtualTokens } from '../src/train/batch';
import { initialize } from '../src/train/initialize';
import type { BuiltTraining } from '../src/train/programs';
import { drawnAdapter, smallConfig } from './drawn-adapters';
import { loadBaseModel } from './golden/base-model';
import { allowed, allowedGradient, largestAbsolute, relativeError } from './golden/compare';
import { diskSource } from './golden/disk-source';
import { withTensors } from './with-tensors';

const onnx = new OnnxExecutor(ortOf(module, 1));
const base = await loadBaseModel(diskSource, 'models/tiny-a');
let worst = { share: 0, what: '' };

afterAll(() =>
  console.log(`steps on ONNX: at most ${worst.share.toFixed(3)} of what is allowed (${worst.what})`),
);

function check(what: string, error: number, limit: number): void {
  if (error / limit > worst.share) worst = { share: error / limit, what };
  expect(error, what).toBeLessThan(limit);
}

/** What the steps are: rows by their lengths, in micro-batches, and the settings. */
const scenarios = fc.record({
  steps: fc.array(
    fc.array(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 3,
    }),
    { minLength: 2, maxLength: 2 },
  ),
  padding: fc.constantFrom<Padding>(
    { mode: 'ragged' },
    { mode: 'longest' },
    { mode: 'max_length', length: 11 },
  ),
  accumulation: fc.constantFrom('mean' as const, 'sum' as const),
  maxGradNorm: fc.constantFrom(0, 0.05),
  weightDecay: fc.constantFrom(0, 0.5),
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  microStep: fc.integer({ min: 0, max: 5000 }),
  task: fc.constantFrom<TaskType>('classification', 'multilabel'),
  loss: fc.constantFrom<LossOptions>(plainLoss, { labelSmoothing: 0.1, classWeights: [0.5, 2] }),
});

type Scenario = typeof scenarios extends fc.Arbitrary<infer T> ? T : never;

/** Two labels a row, whichever loss reads them. */
function batchOf(
  lengths: readonly number[],
  { padding, task }: Scenario,
  built: BuiltTraining,
): ExecutorBatch {
  const rows = lengths.map((length, s) =>
    Uint32Array.from({ length }, (_, i) => (i === 0 ? 0 : 4 + ((37 * s + 11 * i) % 300))),
  );
  const labels =
    task === 'classification'
      ? Uint32Array.from(rows, (_, s) => s % 2)
      : Float32Array.from({ length: 2 * rows.length }, (_, i) => (i % 3 === 0 ? 1 : 0));
  return toExecutorBatch(collate(rows, labels, padding), base.tables, base.config, built.batchForm);
}

/** The state after the steps, with what each reported, and the logits of the first batch. */
async function train(session: Session, built: BuiltTraining, start: Float32Array, scenario: Scenario) {
  const zeros = new Float32Array(start.length);
  session.writeState({ parameters: start, exponentialAverage: zeros, exponentialAverageSquared: zeros });
  const { steps, accumulation, maxGradNorm, weightDecay, seed } = scenario;
  let { microStep } = scenario;
  for (const [i, microBatches] of steps.entries()) {
    const settings: StepSettings = {
      ...{ step: i + 1, learningRate, weightDecay, beta1: 0.9, beta2: 0.999, epsilon, maxGradNorm },
      ...{ accumulation, seed, microStep },
    };
    await session.trainStep(
      microBatches.map((lengths) => batchOf(lengths, scenario, built)),
      settings,
    );
    microStep += microBatches.length;
  }
  const metrics = await session.takeMetrics(true);
  return { ...(await session.readState()), metrics };
}

const learningRate = 1e-2;
/** Large, since Adam's step is the sign of a gradient that is far above it, and for one of nothing but rounding a drawn one. */
const epsilon = 1e-3;

async function expectSameSteps(
  what: string,
  plan: AdapterPlan,
  tensors: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>,
  head: ReturnType<typeof headOf>,
  scenario: Scenario,
): Promise<void> {
  const { task, loss } = scenario;
  const built = buildPlan(plan, {
    model: base.config,
    head: { ...head, task },
    loss: task === 'classification' ? loss : plainLoss,
    dropout: true,
  });
  const { programs } = built;
  const start = packParameters(programs.parameters, tensors);
  const options = {
    programs,
    frozen: withTensors(base.frozen, tensors),
    largest: withVirtualTokens(built.batchForm, { tokens: 33, sequences: 3 }),
  };
  const [expected, got] = await Promise.all(
    [referenceExecutor, onnx].map(async (executor) => {
      const session = await executor.open(options);
      try {
        return await train(session, built, start, scenario);
      } finally {
        session.dispose();
      }
    }),
  );
  expect(got!.metrics).toHaveLength(scenario.steps.length);
  got!.metrics.forEach((own, i) => {
    const theirs = expected!.metrics[i]!;
    expect([own.step, own.skipped]).toEqual([theirs.step, theirs.skipped]);
    check(`${what}: loss of step ${i + 1}`, relativeError([own.loss], [theirs.loss]), allowed.output);
    const error = relativeError([own.gradientNorm], [theirs.gradientNorm]);
    check(`${what}: gradient norm of step ${i + 1}`, error, allowed.gradientNorm);
  });
  const moved = largestAbsolute(expected!.parameters.map((value, i) => value - start[i]!));
  expect(moved).toBeGreaterThan(learningRate / 100);
  const largest = largestAbsolute(expected!.exponentialAverage);
  for (const { name, offset, length } of programs.parameters.parameters) {
    const part = (all: Float32Array) => all.subarray(offset, offset + length);
    const [m, v] = ['exponentialAverage', 'exponentialAverageSquared'] as const;
    const limit = Math.max(allowed.gradientNorm, allowedGradient(name));
    check(`${what}: m of ${name}`, relativeError(part(got![m]), part(expected![m]), 1e-3 * largest), limit);
    const squared = relativeError(part(got![v]), part(expected![v]), 1e-6 * largestAbsolute(expected![v]));
    check(`${what}: v of ${name}`, squared, 2 * limit);
    const difference = part(got!.parameters).map((value, i) => value - part(expected!.parameters)[i]!);
    check(`${what}: ${name}`, largestAbsolute(difference), 0.05 * learningRate);
  }
}

/** One scenario, drawn from the name; fast-check makes a failing one smaller. */
const oneScenario = (name: string, property: (scenario: Scenario) => Promise<void>) =>
  fc.assert(fc.asyncProperty(scenarios, property), { numRuns: 1, seed: siteHash(name) });

describe('steps of', () => {
  it.each([...adapterMethods, ...peftMethods].map(({ id }) => id))('%s', async (id) => {
    const bundle = await drawnAdapter(base, id);
    const config = bundle.config && smallConfig(id, base.config, 0.2);
    const plan = { ...planOfBundle(bundle), config };
    await oneScenario(id, (scenario) =>
      expectSameSteps(id, plan, tensorsOfBundle(bundle), headOf(bundle), scenario),
    );
  });

  it('a fusion, whose regularisation joins from the second step on', async () => {
    const others = await Promise.all(['a', 'b'].map((name) => drawnAdapter(base, 'seq_bn', name)));
    const plan: AdapterPlan = {
      name: 'main',
      config: null,
      composition: {
        setup: { type: 'Fuse', children: [single('a'), single('b')] },
        others: others.map(({ name, config, tensors }) => ({ name, config: config!, tensors })),
        fusion: dynamicFusion,
      },
    };
    const head = headOf(await drawnAdapter(base, 'head_only'));
    const { trainable } = buildPlan(plan, { model: base.config, head, dropout: true });
    const drawn = await initialize(trainable, 3, (name) => baseTensor(base, name));
    // The values begin as the identity, which the regularisation leaves alone.
    for (const { data } of drawn.values()) data.set(data.map((value, i) => value + 0.1 * Math.sin(i)));
    const tensors = new Map([...others.flatMap((other) => [...other.tensors]), ...drawn]);
    // Micro-batches share the regularisation.
    await oneScenario('fusion', ({ steps: [first], ...scenario }) =>
      expectSameSteps('fusion', plan, tensors, head, { ...scenario, steps: [first!, [[3, 2], [5]]] }),
    );
  });
});
