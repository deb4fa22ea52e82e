/**
 * AdapterHub's folder of several adapters in a composition (FORMATS 1.6, `save_adapter_setup`): `adapter_setup.json`, a folder
 * for each adapter, one for each fusion layer (`a,b`), one for each head.
 */
import { type AdapterSetup, adaptersOf, fusionName, fusionsOf } from '../adapters/setup';
import { withOwner } from '../adapters/tensor-names';
import { invariant } from '../errors';
import {
  configText,
  readAdapterPart,
  readHead,
  readWeights,
  version,
  writeAdapterPart,
  writeHead,
} from './adapterhub';
import { failAdapter } from './adapterhub-checks';
import type { AdapterBundle, AdapterConfig, BaseModelReference, ConfigValue, Tensor } from './bundle';
import { JsonFile } from './json-fields';
import { PythonFloat, type PythonValue, writePythonJson } from './python-json';
import { writeTorchBin } from './torch-bin';

type AdapterPart = Pick<AdapterBundle, 'name' | 'tensors'> & { readonly config: AdapterConfig };
type HeadPart = Pick<AdapterBundle, 'name' | 'head' | 'headTensors'>;

interface FusionPart {
  /** Names of the adapters, joined by commas. */
  readonly name: string;
  readonly config: AdapterConfig;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

export interface AdapterSetupBundle {
  readonly base: BaseModelReference;
  readonly setup: AdapterSetup;
  readonly adapters: readonly AdapterPart[];
  readonly fusions: readonly FusionPart[];
  /** One, or one for each branch of a Parallel or BatchSplit. */
  readonly heads: readonly HeadPart[];
}

const kinds = ['Stack', 'Fuse', 'Parallel', 'MultiTask', 'Average', 'BatchSplit'] as const;

/** `adapter_setup.json`'s form of a composition. */
function setupFields(setup: AdapterSetup): PythonValue {
  if (setup.type === 'single') return { type: 'single', children: [setup.name] };
  const children = setup.children.map(setupFields);
  if (setup.type === 'Average')
    return {
      type: setup.type,
      children,
      kwargs: { weights: setup.weights.map((weight) => new PythonFloat(weight)) },
    };
  if (setup.type === 'BatchSplit')
    return { type: setup.type, children, kwargs: { batch_sizes: setup.batchSizes } };
  return { type: setup.type, children };
}

const deepestSetup = 8;

function parseSetup(value: ConfigValue | undefined, depth = 0): AdapterSetup {
  const fail = () =>
    failAdapter('field', 'adapter_setup.json: `adapter_setup` is no composition of adapters.');
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > deepestSetup)
    return fail();
  const { type, children, kwargs } = value as { readonly [key: string]: ConfigValue };
  if (!Array.isArray(children) || children.length === 0) return fail();
  if (type === 'single') {
    const [name] = children as ConfigValue[];
    return typeof name === 'string' ? { type: 'single', name } : fail();
  }
  const parsed = (children as ConfigValue[]).map((child) => parseSetup(child, depth + 1));
  const numbers = (key: string): readonly number[] => {
    const list = (kwargs as { readonly [key: string]: ConfigValue } | undefined)?.[key];
    if (!Array.isArray(list) || list.length !== parsed.length || !list.every((n) => typeof n === 'number'))
      return failAdapter(
        'field',
        `adapter_setup.json: ${String(type)} needs one number of \`${key}\` for each child.`,
      );
    return list as readonly number[];
  };
  if (type === 'Average') return { type, children: parsed, weights: numbers('weights') };
  if (type === 'BatchSplit') return { type, children: parsed, batchSizes: numbers('batch_sizes') };
  const kind = kinds.find((k) => k === type);
  if (!kind || kind === 'Average' || kind === 'BatchSplit')
    return failAdapter(
      'unsupported',
      `adapter_setup.json: a composition of type ${JSON.stringify(type ?? null)}.`,
    );
  return { type: kind, children: parsed };
}

/** True where the files hold a composition. */
export function isAdapterSetup(files: ReadonlyMap<string, Uint8Array>): boolean {
  return setupPath(files) !== undefined;
}

const setupPath = (files: ReadonlyMap<string, Uint8Array>) =>
  [...files.keys()]
    .filter((path) => /(^|\/)adapter_setup\.json$/.test(path))
    .sort((a, b) => a.length - b.length)[0];

/** The files by path. */
export function writeAdapterSetup(bundle: AdapterSetupBundle): Map<string, Uint8Array<ArrayBuffer>> {
  const { base, setup, adapters, fusions, heads } = bundle;
  const [head] = heads;
  invariant(head, 'writeAdapterSetup: no head');
  const json = writePythonJson({
    // The library reads blocks only: an adapter by itself is a stack of one.
    adapter_setup: setupFields(setup.type === 'single' ? { type: 'Stack', children: [setup] } : setup),
    head_setup:
      heads.length === 1
        ? head.name
        : {
            type: setup.type === 'BatchSplit' ? 'BatchSplit' : 'Parallel',
            children: heads.map(({ name }) => ({ type: 'single', children: [name] })),
            ...(setup.type === 'BatchSplit' ? { kwargs: { batch_sizes: setup.batchSizes } } : {}),
          },
    version,
  });
  const files = new Map<string, Uint8Array<ArrayBuffer>>([
    ['adapter_setup.json', new TextEncoder().encode(json)],
  ]);
  const put = (folder: string, written: ReadonlyMap<string, Uint8Array<ArrayBuffer>>) => {
    for (const [file, bytes] of written) files.set(`${folder}/${file}`, bytes);
  };
  for (const adapter of adapters) {
    // A head's fields are not written here; any will do.
    put(adapter.name, writeAdapterPart({ ...adapter, base, head: head.head, headTensors: new Map() }));
  }
  for (const { name, config, tensors } of fusions) {
    const fields = { adapter_names: name.split(','), config: config as PythonValue };
    put(
      name,
      new Map([
        ['adapter_fusion_config.json', configText({ name, base }, fields)],
        ['pytorch_model_adapter_fusion.bin', writeTorchBin(tensors, 'pytorch_model_adapter_fusion')],
      ]),
    );
  }
  for (const part of heads) put(part.name, writeHead({ ...part, base }));
  return files;
}

/** Throws a `StudioError` with a code `adapter-*` naming the file or field that is missing or wrong. */
export function readAdapterSetup(
  files: ReadonlyMap<string, Uint8Array>,
  folderName: string,
): AdapterSetupBundle {
  const path = setupPath(files);
  if (path === undefined) return failAdapter('file', `${folderName} has no adapter_setup.json.`);
  const root = path.slice(0, -'adapter_setup.json'.length);
  const json = new JsonFile(files.get(path)!, 'adapter_setup.json');
  const setup = parseSetup(json.value.adapter_setup);
  const adapters = [...new Set(adaptersOf(setup))].map((name) => readAdapterPart(files, `${root}${name}/`));
  const heads = headNames(json.value.head_setup).map((name) =>
    readHead(files, `${root}${name}/`, `${folderName}/${name}`),
  );
  const [first] = heads;
  if (!first) return failAdapter('field', 'adapter_setup.json: `head_setup` names no head.');
  const fusions = fusionsOf(setup).map((block): FusionPart => {
    const name = fusionName(block);
    const folder = `${root}${name}/`;
    const bytes = files.get(`${folder}adapter_fusion_config.json`);
    if (!bytes) return failAdapter('file', `${folder}adapter_fusion_config.json is missing.`);
    const config = new JsonFile(bytes, 'adapter_fusion_config.json').object('config').value;
    const tensors = readWeights(
      files,
      folder,
      'pytorch_model_adapter_fusion.bin',
      'model_adapter_fusion.safetensors',
    );
    return { name, config, tensors };
  });
  return {
    base: first.base,
    setup,
    adapters,
    fusions,
    heads: heads.map(({ name, head, headTensors }) => ({ name, head, headTensors })),
  };
}

function headNames(value: ConfigValue | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.filter((name) => typeof name === 'string');
  return value === undefined || value === null ? [] : adaptersOf(parseSetup(value));
}

/** A composed adapter as a setup's folder holds it. */
export function setupOfBundle(bundle: AdapterBundle): AdapterSetupBundle {
  const { name, base, config, composition, head, tensors, headTensors } = bundle;
  invariant(composition, `setupOfBundle: ${name} is no composition`);
  const { setup, others, fusion } = composition;
  const own = config ? [{ name, config, tensors }] : [];
  const fusions = fusion
    ? fusionsOf(setup).map((block) => ({ name: fusionName(block), config: fusion, tensors }))
    : [];
  return { base, setup, adapters: [...others, ...own], fusions, heads: [{ name, head, headTensors }] };
}

/**
 * A setup as one adapter with those it is composed with: a stack's last adapter, or a fusion. Throws `adapter-unsupported` for
 * a composition that gives several answers, or averages.
 */
export function bundleOfSetup({ base, setup, adapters, fusions, heads }: AdapterSetupBundle): AdapterBundle {
  const [part, ...more] = heads;
  const plain = setup.type !== 'single' && setup.children.every(({ type }) => type === 'single');
  const isStack = setup.type === 'Stack' && plain;
  if (!part || more.length > 0 || !(isStack || (setup.type === 'Fuse' && plain)))
    return failAdapter(
      'unsupported',
      `adapter_setup.json: a ${setup.type} of this kind; a Stack or a Fuse of adapters with one head is read.`,
    );
  const { name, head, headTensors } = part;
  if (isStack) {
    const last = adapters.at(-1)!;
    // The head answers for the adapter on top: both go by its name here.
    const renamedHead = new Map(
      [...headTensors].map(([tensor, value]) => [withOwner(tensor, name, last.name), value]),
    );
    const others = adapters.slice(0, -1);
    const own = { ...last, base, head, headTensors: renamedHead };
    // A stack of one is that adapter.
    return others.length === 0 ? own : { ...own, composition: { setup, others, fusion: null } };
  }
  const [fusion] = fusions;
  if (!fusion) return failAdapter('file', 'The fusion has no fusion layer.');
  const composition = { setup, others: adapters, fusion: fusion.config };
  return { name, base, config: null, head, tensors: fusion.tensors, headTensors, composition };
}
