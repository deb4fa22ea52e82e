/** The update as ONNX operators against its definition: any share of decayed parameters, clipped or not, and what must be left alone. */
import fc from 'fast-check';
import * as module from 'onnxruntime-web';
import { expect, it } from 'vitest';
import { lowerAdamW, scalarCount, scalarsOf } from '../../src/lower/onnx/adamw';
import { OnnxGraph } from '../../src/lower/onnx/onnx-graph';
import { type AdamWSettings, adamwReference } from '../../src/optimizer/adamw';
import { ortOf } from '../../src/runtime/onnx/ort';
import { relativeError } from '../golden/compare';

const ort = ortOf(module, 1);
const blockNames = ['parameters', 'exponentialAverage', 'exponentialAverageSquared'] as const;

interface State {
  readonly parameters: Float64Array;
  readonly gradients: Float64Array;
  readonly exponentialAverage: Float64Array;
  readonly exponentialAverageSquared: Float64Array;
}

async function update(state: State, decayedFloats: number, settings: AdamWSettings, loss: number) {
  const totalFloats = state.parameters.length;
  const graph = new OnnxGraph();
  const block = (name: string) => graph.input(name, 'f32', [totalFloats]);
  const [parameters, exponentialAverage, exponentialAverageSquared] = blockNames.map(block);
  const updated = lowerAdamW(
    graph,
    {
      parameters: parameters!,
      exponentialAverage: exponentialAverage!,
      exponentialAverageSquared: exponentialAverageSquared!,
    },
    block('gradients'),
    graph.input('loss', 'f32', [1]),
    graph.input('scalars', 'f32', [scalarCount]),
    decayedFloats,
    totalFloats,
  );
  for (const name of blockNames) graph.output(`${name}.next`, updated[name], 'f32', [totalFloats]);
  graph.output('gradientNorm', updated.gradientNorm, 'f32', [1]);
  graph.output('finite', updated.finite, 'bool', [1]);
  const session = await ort.createSession(graph.toModel('adamw', '0').toBytes());
  const flat = (values: ArrayLike<number>) =>
    new ort.Tensor('float32', Float32Array.from(values), [values.length]);
  const output = await session.run({
    ...Object.fromEntries([...blockNames, 'gradients' as const].map((name) => [name, flat(state[name])])),
    loss: flat([loss]),
    scalars: flat(scalarsOf(settings)),
  });
  await session.release();
  return {
    next: (name: (typeof blockNames)[number]) => output[`${name}.next`]!.data as Float32Array,
    gradientNorm: (output.gradientNorm!.data as Float32Array)[0]!,
    skipped: !(output.finite!.data as Uint8Array)[0],
  };
}

const settings = fc.record({
  step: fc.integer({ min: 1, max: 2000 }),
  learningRate: fc.constantFrom(1e-4, 0.1),
  weightDecay: fc.constantFrom(0, 0.5),
  beta1: fc.constant(0.9),
  beta2: fc.constantFrom(0.99, 0.999),
  epsilon: fc.constantFrom(1e-8, 1e-2),
  maxGradNorm: fc.constantFrom(0, 0.1, 1e6),
});

/** Numbers of float32 near 1: away from zero, so that square roots and quotients lose no digits; of sums that cancel an error counts as one of 1. */
const number = fc
  .tuple(fc.integer({ min: 100, max: 1000 }), fc.boolean())
  .map(([n, negative]) => Math.fround((negative ? -n : n) / 300));

const states = fc.integer({ min: 1, max: 9 }).chain((length) => {
  const block = fc
    .array(number, { minLength: length, maxLength: length })
    .map((all) => Float64Array.from(all));
  return fc.record({
    decayed: fc.integer({ min: 0, max: length }),
    state: fc.record({
      parameters: block,
      gradients: block,
      exponentialAverage: block,
      exponentialAverageSquared: block.map((all) => all.map(Math.abs)),
    }),
  });
});

it('is the definition’s', async () => {
  await fc.assert(
    fc.asyncProperty(states, settings, async ({ decayed, state }, how) => {
      const expected = structuredClone(state);
      const got = await update(state, decayed, how, 1);
      const { gradientNorm, skipped } = adamwReference(expected, decayed, how, 1);
      expect(got.skipped).toBe(skipped);
      expect(relativeError([got.gradientNorm], [gradientNorm])).toBeLessThan(1e-6);
      for (const name of blockNames)
        expect(relativeError(got.next(name), expected[name], 1), name).toBeLessThan(3e-6);
    }),
    { numRuns: 15 },
  );
});

it.each([
  ['a gradient', [1, Number.NaN], 1],
  ['an infinite gradient', [Number.NEGATIVE_INFINITY, 1], 1],
  ['the loss', [1, 2], Number.NaN],
  ['an infinite loss', [1, 2], Number.NEGATIVE_INFINITY],
] as const)('leaves every bit as it was where %s is not finite', async (_, gradients, loss) => {
  const state = {
    parameters: Float64Array.of(1, 2),
    gradients: Float64Array.from(gradients),
    exponentialAverage: Float64Array.of(0.5, 0.25),
    exponentialAverageSquared: Float64Array.of(3, 4),
  };
  const how = { step: 3, learningRate: 0.1, weightDecay: 0.5, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };
  const { next, skipped } = await update(state, 1, { ...how, maxGradNorm: 1 }, loss);
  expect(skipped).toBe(true);
  for (const name of blockNames) expect([...next(name)]).toEqual([...state[name]]);
});
