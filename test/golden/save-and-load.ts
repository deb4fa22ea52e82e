/** A recorded case at `pert` written as the studio writes it, read again, and evaluated. */

import type { AdapterParts } from '../../src/adapters/builders/parts';
import { partsOfConfig } from '../../src/adapters/builders/parts-of-config';
import type { AdapterConfig } from '../../src/adapters/config';
import { type AdapterSetup, adaptersOf, fusionName, fusionsOf } from '../../src/adapters/setup';
import { ownerOf } from '../../src/adapters/tensor-names';
import { adapterHubReason, writeAdapterHub } from '../../src/formats/adapterhub';
import {
  type AdapterSetupBundle,
  isAdapterSetup,
  readAdapterSetup,
  writeAdapterSetup,
} from '../../src/formats/adapterhub-setup';
import type { AdapterBundle, HeadConfig, Tensor } from '../../src/formats/bundle';
import { readAdapter } from '../../src/formats/read-adapter';
import { readZip, writeZip } from '../../src/formats/zip';
import type { ClassificationHead } from '../../src/heads/classification';
import type { Executor } from '../../src/runtime/executor';
import type { Check } from './compare';
import { assembleCase, checkForward, headOf, type MethodCase, openCase, studioConfig } from './method-case';
import type { TensorMap } from './source';

type Tensors = ReadonlyMap<string, Tensor>;

/** A head as files hold it, with class names that a careless writer would spoil. */
export const headConfig = (head: ClassificationHead): HeadConfig => ({
  headType: head.task === 'multilabel' ? 'multilabel_classification' : 'classification',
  numLabels: head.numLabels,
  layers: head.layers,
  activationFunction: head.activationFunction,
  labels: Array.from({ length: head.numLabels }, (_, i) => `class ${i} 🙂`),
  usePooler: head.usePooler,
  bias: head.bias,
  dropoutRate: head.dropoutRate,
});

/** Recorded values at `pert` of the tensors of adapters and heads. */
function pertTensors({ built, tensors }: MethodCase): Tensors {
  return new Map(
    [...built.trainable, ...built.frozen].map(({ name }) => [name, tensors.get(`pert/param/${name}`)!]),
  );
}

function ownedBy(tensors: Tensors, owner: string, heads: boolean): Map<string, Tensor> {
  return new Map(
    [...tensors].filter(([name]) => ownerOf(name) === owner && name.startsWith('heads.') === heads),
  );
}

function setupBundleOf(method: MethodCase, setup: AdapterSetup): AdapterSetupBundle {
  const { fixture, base } = method;
  const all = pertTensors(method);
  const part = (name: string, config: AdapterConfig) => ({
    name,
    config,
    tensors: ownedBy(all, name, false),
  });
  return {
    base: { name: fixture.model, modelType: 'roberta', hiddenSize: base.config.hiddenSize },
    setup,
    adapters: adaptersOf(setup).map((name) => part(name, studioConfig(fixture, name))),
    fusions: fusionsOf(setup).map((block) => part(fusionName(block), fixture.fusion!.config)),
    heads: fixture.heads.map(headOf).map((head) => ({
      name: head.name,
      head: headConfig(head),
      headTensors: ownedBy(all, head.name, true),
    })),
  };
}

/** One adapter and its head, or a head alone, as the studio keeps it; null where the case is neither. */
export function bundleOfCase(method: MethodCase): AdapterBundle | null {
  const { fixture, base, setup } = method;
  const [head] = fixture.heads.map(headOf);
  if (!head || fixture.kind === 'full') return null;
  // In a file by itself an adapter and its head have one name.
  if (setup && (setup.type !== 'single' || setup.name !== head.name)) return null;
  const all = pertTensors(method);
  return {
    name: head.name,
    base: { name: fixture.model, modelType: 'roberta', hiddenSize: base.config.hiddenSize },
    config: setup ? studioConfig(fixture, setup.name) : null,
    head: headConfig(head),
    tensors: setup ? ownedBy(all, setup.name, false) : new Map(),
    headTensors: ownedBy(all, head.name, true),
  };
}

/**
 * The files of a case at `pert`. Null where AdapterHub has none for it: full fine-tuning, adapters that share tensors, DiReFT with
 * a non-linearity.
 */
export function filesOfCase(method: MethodCase): Map<string, Uint8Array<ArrayBuffer>> | null {
  const { fixture, setup } = method;
  if (fixture.kind === 'full' || fixture.shared.length > 0) return null;
  const bundle = bundleOfCase(method);
  if (!bundle) return writeAdapterSetup(setupBundleOf(method, setup!));
  return adapterHubReason(bundle) === null ? writeAdapterHub(bundle) : null;
}

/** The zip of a case at `pert`; null as for `filesOfCase`. */
export function saveCase(method: MethodCase): Uint8Array<ArrayBuffer> | null {
  const files = filesOfCase(method);
  return files && writeZip(files);
}

interface LoadedCase {
  readonly setup: AdapterSetup | null;
  readonly configs: readonly (readonly [name: string, config: AdapterConfig])[];
  readonly tensors: Tensors;
}

function loadCase(zip: Uint8Array<ArrayBuffer>): LoadedCase {
  const files = readZip(zip, 'saved.zip');
  if (isAdapterSetup(files)) {
    const { setup, adapters, fusions, heads } = readAdapterSetup(files, 'saved');
    const owned = [...adapters, ...fusions].flatMap(({ tensors }) => [...tensors]);
    return {
      setup,
      configs: adapters.map(({ name, config }) => [name, config]),
      tensors: new Map([...owned, ...heads.flatMap(({ headTensors }) => [...headTensors])]),
    };
  }
  const { name, config, tensors, headTensors } = readAdapter(files, 'saved.zip');
  return {
    setup: config ? { type: 'single', name } : null,
    configs: config ? [[name, config]] : [],
    tensors: new Map([...tensors, ...headTensors]),
  };
}

const bitsOf = ({ data }: Tensor) => new Uint32Array(data.buffer, data.byteOffset, data.length);

/** 0 where a file's tensors are exactly the expected ones. */
export function checkTensors(got: Tensors, expected: Tensors, what: string): Check {
  const wrong = [...expected].filter(([name, tensor]) => {
    const read = got.get(name);
    if (read?.shape.join() !== tensor.shape.join()) return true;
    const [a, b] = [bitsOf(read), bitsOf(tensor)];
    return a.some((value, i) => value !== b[i]);
  });
  return { what, error: wrong.length + Math.abs(got.size - expected.size), allowed: 0 };
}

/** The saved tensors are the recorded ones, bit by bit; DiReFT is written as the equal NoReFT, whose W is another. */
export function checkSaved(method: MethodCase, zip: Uint8Array<ArrayBuffer>): readonly Check[] {
  const adapters = Object.values(method.fixture.adapters);
  const isDirect = adapters.some(({ config_class }) => config_class === 'DiReftConfig');
  const same = ([name]: readonly [string, Tensor]) => !isDirect || !name.endsWith('learned_source.weight');
  const equal = (tensors: Tensors) => new Map([...tensors].filter(same));
  return [checkTensors(equal(loadCase(zip).tensors), equal(pertTensors(method)), 'saved tensors')];
}

/** Logits of what was read from the zip: the recorded ones. */
export async function checkLoaded(
  executor: Executor,
  { fixture, base, tensors, recorded }: MethodCase,
  zip: Uint8Array<ArrayBuffer>,
): Promise<readonly Check[]> {
  const loaded = loadCase(zip);
  const parts = new Map<string, AdapterParts>(
    loaded.configs.map(([name, config]) => [name, partsOfConfig(config, base.config, name)]),
  );
  const own: TensorMap = new Map([
    ...[...tensors].filter(([key]) => !key.startsWith('pert/param/')),
    ...[...loaded.tensors].map(([name, tensor]) => [`pert/param/${name}`, tensor] as const),
  ]);
  const again = assembleCase(fixture, base, loaded.setup, parts, recorded, own);
  const session = await openCase(executor, again, 'pert');
  try {
    const [logits] = await checkForward(session, again, 'pert');
    return [{ ...logits!, what: 'logits after saving and loading' }];
  } finally {
    session.dispose();
  }
}
