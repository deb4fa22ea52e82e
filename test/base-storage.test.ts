/** Which tensors of a base model a storage rounds, and which of them are stored compactly on a device. */
import { describe, expect, it } from 'vitest';
import { methodById } from '../src/adapters/registry';
import { frozenInMemory } from '../src/graph/frozen';
import { roundTo } from '../src/graph/rounding';
import { defaultHead } from '../src/heads/classification';
import { baseWeightsOf, storedAs } from '../src/models/base-weights';
import { baseTensors, frozenTensors } from '../src/models/encoder';
import { frozenLeaves } from '../src/runtime/executor';
import { memoryProblem, planMemory, storageOfLeaves } from '../src/runtime/memory-plan';
import { buildTraining } from '../src/train/programs';
import { loadBaseModel } from './golden/base-model';
import { diskSource } from './golden/disk-source';

const base = await loadBaseModel(diskSource, 'models/tiny-a');
const tensors = frozenTensors(base.config);

describe.each(['f16', 'int8'] as const)('%s', (storage) => {
  it('rounds the weight matrices and nothing else', async () => {
    const stored = storedAs(base.config, base.frozen, storage);
    for (const { name, shape } of tensors) {
      const [before, after] = [base.tensors.get(name)!, await stored.read(name)];
      const isMatrix = shape.length === 2;
      expect(stored.storage(name), name).toBe(isMatrix ? storage : 'f32');
      expect(after, name).toEqual(isMatrix ? roundTo(storage, before, shape[0]!) : before);
    }
  });
});

it('follows the checkpoint where nothing else is asked for', async () => {
  const half = tensors.find(({ shape }) => shape.length === 2)!.name;
  const entries = new Map(
    baseTensors(base.config).map(({ name, shape }) => [
      name,
      { shape, dtype: name === half ? 'F16' : 'F32' },
    ]),
  );
  const { frozen } = await baseWeightsOf(base.config, entries, async (name) => base.tensors.get(name)!);
  const stored = storedAs(base.config, frozen, 'checkpoint');
  for (const { name } of tensors) expect(stored.storage(name), name).toBe(name === half ? 'f16' : 'f32');
});

it('refuses 16 bits for what they cannot hold', async () => {
  const { name } = tensors.find(({ shape }) => shape.length === 2)!;
  const huge = frozenInMemory(
    new Map([[name, base.tensors.get(name)!.map((value, i) => (i === 7 ? 1e5 : value))]]),
  );
  await expect(storedAs(base.config, huge, 'f16').read(name)).rejects.toMatchObject({
    code: 'weights-too-large',
  });
});

const programsOf = (id: string) => {
  const method = methodById(id);
  return buildTraining({
    model: base.config,
    method,
    methodConfig: method.defaultConfig,
    adapterName: 'main',
    head: defaultHead('main', 2),
    dropout: true,
  }).programs;
};

it('stores compactly what every reader can read so: DoRA takes norms of the matrices it changes', () => {
  const frozen = storedAs(base.config, base.frozen, 'int8');
  const compact = (id: string) => {
    const programs = programsOf(id);
    const storageOf = storageOfLeaves({ programs, frozen });
    return new Set(frozenLeaves(programs).flatMap((leaf) => (storageOf(leaf) === 'int8' ? [leaf.name] : [])));
  };
  const [lora, dora] = [compact('lora'), compact('dora')];
  expect(lora).toEqual(new Set(tensors.flatMap(({ name, shape }) => (shape.length === 2 ? [name] : []))));
  for (const name of lora) expect(dora.has(name), name).toBe(!/\.(query|value)\.weight$/.test(name));
});

it('says what does not fit, with figures and a way out', () => {
  const plan = planMemory({
    programs: programsOf('lora'),
    frozen: base.frozen,
    largest: { tokens: 1000, sequences: 10 },
  });
  const none = Number.POSITIVE_INFINITY;
  expect(memoryProblem(plan, { bufferBytes: none, totalBytes: none })).toBeNull();
  for (const limits of [
    { bufferBytes: plan.largestBufferBytes - 1, totalBytes: none },
    { bufferBytes: none, totalBytes: plan.totalBytes - 1 },
  ])
    expect(memoryProblem(plan, limits)).toMatchObject({
      code: 'out-of-memory',
      message: expect.stringContaining(`${Math.ceil(plan.totalBytes / 2 ** 20)} MiB`),
      hint: expect.stringContaining('recompute layers'),
    });
});
