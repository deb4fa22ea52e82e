/** A prefix without the network that made it is the same function; AdapterHub's own ejection gives the same numbers. */
import { describe, expect, it } from 'vitest';
import { ejectPrefix } from '../src/adapters/builders/eject-prefix';
import type { AdapterConfig } from '../src/adapters/config';
import { prefixTuning } from '../src/adapters/methods/prefix-tuning';
import { prefixTuningFlat } from '../src/adapters/methods/prefix-tuning-flat';
import { collate } from '../src/data/collate';
import { packParameters } from '../src/graph/parameters';
import { defaultHead } from '../src/heads/classification';
import { baseTensor } from '../src/models/base-weights';
import { referenceExecutor } from '../src/runtime/reference/reference';
import { toExecutorBatch } from '../src/train/batch';
import { initialize } from '../src/train/initialize';
import { type BuiltTraining, buildTraining } from '../src/train/programs';
import { loadBaseModel } from './golden/base-model';
import { relativeError } from './golden/compare';
import { diskSource } from './golden/disk-source';
import { recordedMethods } from './golden/method-case';
import { readTensors, type TensorMap } from './golden/source';
import { withTensors } from './with-tensors';

/** The flat prefix is rounded to float32 once: 6e-8 of its values. */
const oneRounding = 1e-6;

const base = await loadBaseModel(diskSource, 'models/tiny-a');
const rows = [Uint32Array.of(0, 11, 35, 2), Uint32Array.of(0, 7, 19, 23, 101, 2)];

const build = (config: AdapterConfig): BuiltTraining =>
  buildTraining({
    model: base.config,
    method: config.flat ? prefixTuningFlat : prefixTuning,
    methodConfig: config,
    adapterName: 'main',
    head: defaultHead('main', 2),
    dropout: false,
  });

async function logitsOf({ programs, batchForm }: BuiltTraining, tensors: TensorMap): Promise<Float32Array> {
  const batch = toExecutorBatch(
    collate(rows, Uint32Array.of(0, 1), { mode: 'ragged' }),
    base.tables,
    base.config,
    batchForm,
  );
  const session = await referenceExecutor.open({
    programs,
    frozen: withTensors(base.frozen, new Map()),
    largest: batch,
  });
  const zeros = new Float32Array(programs.parameters.totalFloats);
  session.writeState({
    parameters: packParameters(programs.parameters, tensors),
    exponentialAverage: zeros,
    exponentialAverageSquared: zeros,
  });
  return (await session.evaluate(batch)).logits;
}

const small: AdapterConfig = { ...prefixTuning.defaultConfig!, prefix_length: 3, bottleneck_size: 10 };

it.each<AdapterConfig>([
  { non_linearity: 'tanh' },
  { non_linearity: 'relu', leave_out: [1] },
  { use_gating: true, shared_gating: false },
])('keeps the logits: %o', async (values) => {
  const config = { ...small, ...values };
  const built = build(config);
  const drawn = await initialize(built.trainable, 5, (name) => baseTensor(base, name));
  const ejected = ejectPrefix({ config, tensors: drawn }, 'main');
  const flat = build(ejected.config);
  expect([...ejected.tensors.keys()].sort()).toEqual(flat.trainable.map(({ name }) => name).sort());
  const before = await logitsOf(built, drawn);
  const after = await logitsOf(flat, ejected.tensors);
  expect(relativeError(after, before)).toBeLessThan(oneRounding);
  const others = new Map(ejected.tensors).set(
    'roberta.prefix_tuning.prefix_tunings.main.self_prefix.control_trans',
    (await initialize(flat.trainable, 6, (name) => baseTensor(base, name))).get(
      'roberta.prefix_tuning.prefix_tunings.main.self_prefix.control_trans',
    )!,
  );
  expect(relativeError(await logitsOf(flat, others), before)).toBeGreaterThan(100 * oneRounding);
});

it('refuses an adapter without a network', () => {
  expect(() => ejectPrefix({ config: { ...small, flat: true }, tensors: new Map() }, 'main')).toThrow(
    /no network/,
  );
});

const recorded = await recordedMethods(diskSource);
const pair = ['prefix_tuning_p5_b24', 'prefix_tuning_p5_b24_ejected'] as const;

describe.skipIf(pair.some((id) => !recorded.includes(id)))('eject_prefix_tuning of the library', () => {
  it('gives the same prefix', async () => {
    const [whole, ejected] = (await Promise.all(
      pair.map((id) => readTensors(diskSource, `methods/${id}/tensors.safetensors`)),
    )) as [TensorMap, TensorMap];
    const own = new Map(
      [...whole].flatMap(([key, tensor]) =>
        key.startsWith('init/param/') ? [[key.slice('init/param/'.length), tensor] as const] : [],
      ),
    );
    const config = { ...prefixTuning.defaultConfig!, prefix_length: 5, bottleneck_size: 24 };
    const { tensors } = ejectPrefix({ config, tensors: own }, 'main');
    const [name] = [...tensors.keys()].filter((key) => key.endsWith('.control_trans')) as [string];
    const theirs = ejected.get(`init/param/${name}`)!;
    expect(tensors.get(name)!.shape).toEqual(theirs.shape);
    expect(relativeError(tensors.get(name)!.data, theirs.data)).toBeLessThan(oneRounding);
    expect(ejected.get('init/logits')!.data).toEqual(whole.get('init/logits')!.data);
  });
});
