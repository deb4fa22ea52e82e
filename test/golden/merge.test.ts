/** Merging into the base model and averaging of adapters, against the recorded logits and weights. */
import { describe, expect, it } from 'vitest';
import { partsOfConfig } from '../../src/adapters/builders/parts-of-config';
import type { AdapterConfig } from '../../src/adapters/config';
import { averageAdapters } from '../../src/formats/average';
import type { Tensor } from '../../src/formats/bundle';
import type { AveragingStrategy } from '../../src/formats/export-format';
import { type MergeMode, mergeAdapter, unmergeable } from '../../src/formats/merge';
import { packParameters } from '../../src/graph/parameters';
import { frozenTensors } from '../../src/models/encoder';
import { referenceExecutor } from '../../src/runtime/reference/reference';
import { withTensors } from '../with-tensors';
import { allowed, relativeError } from './compare';
import { diskSource } from './disk-source';
import { assembleCase, loadMethodCase, type MethodCase, recordedMethods } from './method-case';
import { loadPeftCase, peftConfig, recordedPeft } from './peft-case';
import { readJson } from './source';

/** Merged and unmerged logits agree to this: one float32 rounding of every weight. */
const mergedTolerance = 1e-5;

const stateTensors = ({ tensors }: MethodCase, prefix: string): Map<string, Tensor> =>
  new Map(
    [...tensors].flatMap(([key, tensor]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), tensor]] : [],
    ),
  );

const baseTensorsOf = ({ base }: MethodCase) => {
  const shapes = new Map(frozenTensors(base.config).map(({ name, shape }) => [name, shape]));
  return (name: string): Tensor | undefined => {
    const [data, shape] = [base.tensors.get(name), shapes.get(name)];
    return data && shape ? { data, shape } : undefined;
  };
};

/** Logits of the recorded batch by the base model with some tensors replaced, the head of `pert`, and maybe an adapter. */
async function logitsOf(
  method: MethodCase,
  changed: ReadonlyMap<string, Tensor>,
  adapter?: {
    readonly name: string;
    readonly config: AdapterConfig;
    readonly tensors: ReadonlyMap<string, Tensor>;
  },
): Promise<Float32Array> {
  const parts = adapter
    ? new Map([[adapter.name, partsOfConfig(adapter.config, method.base.config, adapter.name)]])
    : new Map();
  const setup = adapter ? ({ type: 'single', name: adapter.name } as const) : null;
  const plain = assembleCase(method.fixture, method.base, setup, parts, method.recorded, method.tensors);
  const session = await referenceExecutor.open({
    programs: plain.built.programs,
    frozen: withTensors(method.base.frozen, changed),
    largest: { tokens: 1000, sequences: 10 },
  });
  const { parameters } = plain.built.programs;
  const zeros = new Float32Array(parameters.totalFloats);
  const values = new Map([...stateTensors(method, 'pert/param/'), ...(adapter?.tensors ?? [])]);
  session.writeState({
    parameters: packParameters(parameters, values),
    exponentialAverage: zeros,
    exponentialAverageSquared: zeros,
  });
  return (await session.evaluate(plain.batches[method.fixture.batch]!)).logits;
}

const merge = (method: MethodCase, name: string, config: AdapterConfig, mode: MergeMode) =>
  mergeAdapter({ name, config, tensors: stateTensors(method, 'pert/param/') }, baseTensorsOf(method), mode);

function soleAdapter({ fixture }: MethodCase): { readonly name: string; readonly config: AdapterConfig } {
  const [[name, { config }]] = Object.entries(fixture.adapters).slice(0, 1) as [
    [string, MethodCase['fixture']['adapters'][string]],
  ];
  return { name, config };
}

const ids = await recordedMethods(diskSource);
const cases = await Promise.all(ids.map((id) => loadMethodCase(diskSource, id)));
const singles = cases.filter(
  ({ fixture }) => typeof fixture.setup === 'string' && Object.keys(fixture.adapters).length === 1,
);

describe('merged into the base model', () => {
  const mergeable = singles.filter(
    ({ fixture }) => unmergeable(Object.values(fixture.adapters)[0]!.config) === null,
  );

  it('finds methods that merge and methods that do not', () => {
    expect(mergeable.length).toBeGreaterThan(0);
    expect(mergeable.length).toBeLessThan(singles.length);
  });

  it.each(mergeable.map((method) => [method.fixture.id, method] as const))(
    '%s exactly',
    async (_, method) => {
      const { name, config } = soleAdapter(method);
      const merged = merge(method, name, config, 'exact');
      const logits = await logitsOf(method, merged);
      expect(merged.size).toBeGreaterThan(0);
      expect(relativeError(logits, method.tensors.get('pert/logits')!.data)).toBeLessThan(mergedTolerance);
      // The merge does something: the base model alone is another function.
      const bare = await logitsOf(method, new Map());
      expect(relativeError(bare, method.tensors.get('pert/logits')!.data)).toBeGreaterThan(
        100 * mergedTolerance,
      );
    },
  );

  it.each(
    cases
      .filter(({ tensors }) => tensors.has('merged/logits'))
      .map((method) => [method.fixture.id, method] as const),
  )('%s as the library does', async (_, method) => {
    const { name, config } = soleAdapter(method);
    const merged = merge(method, name, config, 'adapterHub');
    const expected = method.tensors.get('merged/logits')!.data;
    expect(relativeError(await logitsOf(method, merged), expected)).toBeLessThan(allowed.output);
    for (const [weight, { data }] of stateTensors(method, 'merged/weight/'))
      expect(relativeError(merged.get(weight)!.data, data), weight).toBeLessThan(1e-6);
  });

  it.each(
    singles
      .filter((method) => !mergeable.includes(method))
      .map((method) => [method.fixture.id, method] as const),
  )('refuses %s with a reason', (_, method) => {
    const { name, config } = soleAdapter(method);
    expect(() => merge(method, name, config, 'exact')).toThrow(/cannot be merged/);
  });
});

const peft = await Promise.all((await recordedPeft(diskSource)).map((id) => loadPeftCase(diskSource, id)));
const peftMergeable = peft.filter((method) => unmergeable(peftConfig(method)) === null);

describe.skipIf(peftMergeable.length === 0)("PEFT's own functions merged", () => {
  it.each(peftMergeable.map((method) => [method.fixture.id, method] as const))('%s', async (_, method) => {
    const merged = merge(method, 'main', peftConfig(method), 'exact');
    const expected = method.tensors.get('pert/logits')!.data;
    expect(relativeError(await logitsOf(method, merged), expected)).toBeLessThan(mergedTolerance);
  });
});

interface RecordedAverage {
  readonly name: string;
  readonly adapters: readonly string[];
  readonly weights?: readonly number[];
  readonly normalize?: boolean;
  readonly strategy?: AveragingStrategy;
  readonly svd_rank?: number;
}

const recordedAverages = await Promise.all(
  cases.map(async (method) => {
    const { extras } = await readJson<{ extras: { averages?: readonly RecordedAverage[] } }>(
      diskSource,
      `methods/${method.fixture.id}/fixture.json`,
    );
    return (extras.averages ?? []).map(
      (average) => [`${method.fixture.id} ${average.name}`, method, average] as const,
    );
  }),
);

describe('averaged adapters', () => {
  it('are recorded', () => expect(recordedAverages.flat().length).toBeGreaterThan(0));

  it.each(recordedAverages.flat())(
    '%s',
    async (_, method, { name, adapters, weights, normalize, strategy, svd_rank }) => {
      const all = stateTensors(method, 'pert/param/');
      const parts = adapters.map((adapter) => ({
        name: adapter,
        config: method.fixture.adapters[adapter]!.config,
        tensors: new Map(
          [...all].filter(([key]) => key.includes(`.${adapter}.`) && !key.startsWith('heads.')),
        ),
      }));
      const averaged = averageAdapters(parts, {
        name,
        strategy: strategy ?? 'linear',
        weights: weights ?? adapters.map(() => 1),
        normalize: normalize ?? true,
        ...(svd_rank ? { rank: svd_rank } : {}),
      });
      // The library keeps a prefix under several names; one is enough.
      const expected = new Map(
        [...stateTensors(method, `average/${name}/param/`)].filter(
          ([key]) => !key.includes('.prefix_tuning.pool.'),
        ),
      );
      expect([...averaged.tensors.keys()].sort()).toEqual([...expected.keys()].sort());
      // Signs of singular vectors are free: there the logits decide alone.
      if (strategy !== 'lora_delta_w_svd')
        for (const [key, { data }] of expected)
          expect(relativeError(averaged.tensors.get(key)!.data, data), key).toBeLessThan(1e-6);
      const logits = await logitsOf(method, new Map(), {
        name,
        config: averaged.config!,
        tensors: averaged.tensors,
      });
      expect(relativeError(logits, method.tensors.get(`average/${name}/logits`)!.data)).toBeLessThan(
        allowed.output,
      );
    },
  );
});
