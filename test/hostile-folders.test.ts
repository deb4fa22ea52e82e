/**
 * Damaged PEFT folders and composition folders from a stranger: each variant ends in a named error, or is an adapter that is whole by
 * the tensors of its own files and either builds or is refused by name. Never slow, never large.
 */
import { describe, expect, it } from 'vitest';
import { dynamicFusion } from '../src/adapters/default-configs';
import { peftMethods } from '../src/adapters/methods/peft-methods';
import { single } from '../src/adapters/setup';
import { withOwner } from '../src/adapters/tensor-names';
import { StudioError } from '../src/errors';
import {
  type AdapterSetupBundle,
  readAdapterSetup,
  writeAdapterSetup,
} from '../src/formats/adapterhub-setup';
import type { AdapterBundle, Tensor } from '../src/formats/bundle';
import { exportReasons } from '../src/formats/exports';
import { readPeft, writePeft } from '../src/formats/peft';
import { readAdapter } from '../src/formats/read-adapter';
import { readSafetensors } from '../src/formats/safetensors';
import { readTorchBin } from '../src/formats/torch-bin';
import { buildPlan, planOfBundle } from '../src/host/adapters/adapter-plan';
import { headOf } from '../src/host/runs/run-preparation';
import { baseTensor } from '../src/models/base-weights';
import { initialize } from '../src/train/initialize';
import { drawnAdapter } from './drawn-adapters';
import { loadBaseModel } from './golden/base-model';
import { diskSource } from './golden/disk-source';
import { Costs, limits } from './hostile';
import { variantsOf } from './hostile-variants';

const base = await loadBaseModel(diskSource, 'models/tiny-a');

type Files = ReadonlyMap<string, Uint8Array>;

/** The result, or null where a named error refused; any other exception is the test's failure. */
function orRefused<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof StudioError) return null;
    throw error;
  }
}

const valuesOf = (tensors: Iterable<Tensor>) =>
  [...tensors]
    .map(
      ({ shape, data }) =>
        `${shape.join()}:${Buffer.from(new Uint8Array(data.slice().buffer)).toString('base64')}`,
    )
    .sort();

/** Whatever stands in its configuration, an adapter that was read is built or refused by name, as an import does. */
function expectBuildable(bundle: AdapterBundle): void {
  orRefused(() => {
    const head = headOf(bundle);
    return buildPlan(planOfBundle(bundle), { model: base.config, head, dropout: false });
  });
  exportReasons(bundle);
}

/** Damages one file of a folder at a time; `check` gets the damaged folder and returns whether it was read. */
function fuzz(files: Files, perFile: number, check: (damaged: Files) => boolean): string {
  const costs = new Costs();
  let [variants, accepted] = [0, 0];
  for (const [index, [name, source]] of [...files].entries()) {
    const target = { begin: 0, end: source.length, count: perFile, seal: null };
    for (const bytes of variantsOf(source, 10 + index, [target])) {
      const damaged = new Map(files).set(name, bytes);
      variants++;
      if (costs.of(() => check(damaged))) accepted++;
    }
  }
  expect(costs.slowestMs).toBeLessThan(limits.ms);
  expect(costs.largestBytes).toBeLessThan(limits.bytes);
  expect(accepted).toBeLessThan(variants);
  return `${variants} variants, ${accepted} read, ${costs}`;
}

describe('damaged folders of PEFT', () => {
  it.each(['lora', 'ia3', ...peftMethods.map(({ id }) => id)])('%s', async (id) => {
    const files = writePeft(await drawnAdapter(base, id));
    const weights = 'adapter_model.safetensors';
    const seen = fuzz(files, 300, (damaged) => {
      const bundle = orRefused(() => readPeft(damaged, 'a', 'main'));
      if (!bundle) return false;
      const inFile = readSafetensors(damaged.get(weights)!, weights).values();
      expect(valuesOf([...bundle.tensors.values(), ...bundle.headTensors.values()])).toEqual(
        valuesOf(inFile),
      );
      expectBuildable(bundle);
      return true;
    });
    console.info(`${id} as PEFT: ${seen}`);
  });
});

/** Three small adapters; the head has the name of the last one, or of the fusion. */
async function setupOf(type: 'Stack' | 'Fuse'): Promise<AdapterSetupBundle> {
  const parts = await Promise.all(['a', 'b', 'c'].map((name) => drawnAdapter(base, 'seq_bn', name)));
  const last = parts[2]!;
  const setup = { type, children: parts.map(({ name }) => single(name)) };
  const adapters = parts.map(({ name, config, tensors }) => ({ name, config: config!, tensors }));
  const name = 'a,b,c';
  const composition = { setup, others: adapters, fusion: dynamicFusion };
  const fusion = buildPlan(
    { name: last.name, config: null, composition },
    { model: base.config, head: headOf(last), dropout: false },
  ).trainable.filter((tensor) => tensor.name.includes('.adapter_fusion_layer.'));
  const drawn = await initialize(fusion, 3, (tensor) => baseTensor(base, tensor));
  const { head, headTensors } = last;
  const heads = type === 'Stack' ? [{ name: last.name, head, headTensors }] : [mainHead(last)];
  const fusions = type === 'Fuse' ? [{ name, config: dynamicFusion, tensors: drawn }] : [];
  return { base: last.base, setup, adapters, fusions, heads };
}

function mainHead({ name, head, headTensors }: AdapterBundle): AdapterSetupBundle['heads'][number] {
  const tensors = [...headTensors].map(
    ([tensor, value]) => [withOwner(tensor, name, 'main'), value] as const,
  );
  return { name: 'main', head, headTensors: new Map(tensors) };
}

describe('damaged folders of compositions', () => {
  it.each(['Stack', 'Fuse'] as const)('%s', async (type) => {
    const files = writeAdapterSetup(await setupOf(type));
    const bins = [...files.keys()].filter((path) => path.endsWith('.bin'));
    const seen = fuzz(files, 150, (damaged) => {
      const read = orRefused(() => readAdapterSetup(damaged, 'a'));
      if (!read) return false;
      const tensors = [...read.adapters, ...read.fusions].flatMap((part) => [...part.tensors.values()]);
      const heads = read.heads.flatMap(({ headTensors }) => [...headTensors.values()]);
      // Damage may leave adapters out of the setup, but not a part of one.
      const inFiles = new Set(
        bins.flatMap((path) =>
          valuesOf((orRefused(() => readTorchBin(damaged.get(path)!, path)) ?? new Map()).values()),
        ),
      );
      for (const value of valuesOf([...tensors, ...heads])) expect(inFiles).toContain(value);
      const bundle = orRefused(() => readAdapter(damaged, 'a'));
      if (bundle) expectBuildable(bundle);
      return true;
    });
    console.info(`${type}: ${seen}`);
  });
});
