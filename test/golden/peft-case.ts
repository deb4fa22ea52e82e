/** One recorded case of `peft/<id>`, as a case like those of the methods: PEFT's names brought to those of its files. */

import { partsOfConfig } from '../../src/adapters/builders/parts-of-config';
import type { AdapterConfig, ConfigValue } from '../../src/adapters/config';
import type { AdapterBundle, Tensor } from '../../src/formats/bundle';
import { readPeft, writePeft } from '../../src/formats/peft';
import { readAdapter } from '../../src/formats/read-adapter';
import { writeSafetensors } from '../../src/formats/safetensors';
import { readZip, writeZip } from '../../src/formats/zip';
import { loadBaseModel } from './base-model';
import type { Check } from './compare';
import { assembleCase, headOf, type MethodCase, type MethodFixture, type RecordedBatch } from './method-case';
import { checkTensors, headConfig } from './save-and-load';
import { type FixtureSource, readJson, readTensors, type TensorMap } from './source';

interface PeftFixture extends Omit<MethodFixture, 'adapters' | 'setup' | 'heads' | 'trajectories'> {
  readonly config: Readonly<Record<string, ConfigValue>>;
}

export async function recordedPeft(source: FixtureSource): Promise<readonly string[]> {
  const index = await readJson<{ methods: readonly { id: string }[] }>(source, 'peft/index_peft.json');
  return index.methods.map(({ id }) => id);
}

/** A name of the live model as the saved file has it; the name of a prompt is that of the embedding it comes from. */
function fileName(name: string): string {
  return name
    .replace('.modules_to_save.default.', '.')
    .replace('.lora_magnitude_vector.default.weight', '.lora_magnitude_vector')
    .replace('.default.', '.')
    .replace(/\.default$/, '');
}

/** The same as the studio's bundle names it. */
function bundleName(name: string, architecture: string, projected: boolean): string {
  const inFile = fileName(name)
    .replace(/^base_model\.(model\.)?classifier\.dense\./, 'heads.main.1.')
    .replace(/^base_model\.(model\.)?classifier\.out_proj\./, 'heads.main.4.');
  if (!projected && inFile === 'prompt_encoder.embedding.weight') return 'prompt_embeddings';
  return architecture === 'lora'
    ? inFile.replace(/^base_model\.model\.(.+)\.(lora_[AB])\.weight$/, '$1.loras.main.$2')
    : inFile;
}

/** The configuration, read from files as PEFT would save them; the network of a projected prefix is in no file. */
function configOf({ config }: PeftFixture, parameters: ReadonlyMap<string, Tensor>): AdapterConfig {
  if (config.prefix_projection)
    return {
      architecture: 'peft_prefix',
      num_virtual_tokens: config.num_virtual_tokens!,
      prefix_projection: true,
      encoder_hidden_size: config.encoder_hidden_size!,
    };
  const saved = new Map(
    [...parameters].map(([name, tensor]) => [
      fileName(name).replace('prompt_encoder.embedding.weight', 'prompt_embeddings'),
      tensor,
    ]),
  );
  const files = new Map([
    ['adapter_config.json', new TextEncoder().encode(JSON.stringify(config))],
    ['adapter_model.safetensors', writeSafetensors(saved)],
  ]);
  return readPeft(files, 'recorded', 'main').config!;
}

/** The case at `pert` as the studio keeps it; null where PEFT has no file for it: the network of a projected prefix. */
function peftBundle({ fixture, base, built, tensors }: MethodCase): AdapterBundle | null {
  const config = configs.get(fixture.id)!;
  const [head] = fixture.heads.map(headOf);
  if (!head || config.prefix_projection) return null;
  const all = [...built.trainable, ...built.frozen].map(
    ({ name }) => [name, tensors.get(`pert/param/${name}`)!] as const,
  );
  const isHead = ([name]: (typeof all)[number]) => name.startsWith('heads.');
  return {
    name: head.name,
    base: { name: fixture.model, modelType: 'roberta', hiddenSize: base.config.hiddenSize },
    config,
    head: headConfig(head),
    tensors: new Map(all.filter((entry) => !isHead(entry))),
    headTensors: new Map(all.filter(isHead)),
  };
}

/** Written as PEFT and read again: the tensors, and a case of what was read for its logits. Null where there is no file. */
export function savePeftCase(
  method: MethodCase,
): { readonly saved: readonly Check[]; readonly loaded: MethodCase } | null {
  const bundle = peftBundle(method);
  if (!bundle) return null;
  const { config, tensors, headTensors } = readAdapter(
    readZip(writeZip(writePeft(bundle)), 'main.zip'),
    'main.zip',
  );
  const got = new Map([...tensors, ...headTensors]);
  const { base, fixture, recorded, setup } = method;
  const parts = new Map([['main', partsOfConfig(config!, base.config, 'main')]]);
  const own: TensorMap = new Map([
    ...[...method.tensors].filter(([key]) => !key.startsWith('pert/param/')),
    ...[...got].map(([name, tensor]) => [`pert/param/${name}`, tensor] as const),
  ]);
  return {
    saved: [checkTensors(got, new Map([...bundle.tensors, ...bundle.headTensors]), 'saved tensors')],
    loaded: assembleCase(fixture, base, setup, parts, recorded, own),
  };
}

const configs = new Map<string, AdapterConfig>();

/** The configuration of a loaded case as the studio has it. */
export const peftConfig = ({ fixture }: MethodCase): AdapterConfig => configs.get(fixture.id)!;

export async function loadPeftCase(source: FixtureSource, id: string): Promise<MethodCase> {
  const fixture = await readJson<PeftFixture>(source, `peft/${id}/fixture.json`);
  const base = await loadBaseModel(source, `models/${fixture.model}`);
  const recorded = await readJson<readonly RecordedBatch[]>(source, 'peft/batches.json').catch(() =>
    readJson<readonly RecordedBatch[]>(source, 'methods/batches.json'),
  );
  const tensors = await readTensors(source, `peft/${id}/tensors.safetensors`);
  const prefix = 'pert/param/';
  const parameters = new Map(
    [...tensors].flatMap(([key, tensor]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), tensor] as const] : [],
    ),
  );
  const config = configOf(fixture, parameters);
  const rename = (name: string) =>
    bundleName(name, String(config.architecture), Boolean(fixture.config.prefix_projection));
  const renamedTensors = new Map(
    [...tensors].map(([key, tensor]) => {
      const [, place, name] = /^((?:init|pert)\/(?:param|grad)\/)(.+)$/.exec(key) ?? [];
      return [name === undefined ? key : `${place}${rename(name)}`, tensor];
    }),
  );
  const classes = parameters.get([...parameters.keys()].find((name) => name.endsWith('out_proj.weight'))!)!
    .shape[0]!;
  const asMethod: MethodFixture = {
    ...fixture,
    adapters: {},
    setup: 'main',
    trained: null,
    ejected: [],
    shared: [],
    heads: [{ name: 'main', num_labels: classes }],
    trajectories: {},
    states: renamedStates(fixture.states, rename),
  };
  const parts = new Map([['main', partsOfConfig(config, base.config, 'main')]]);
  configs.set(id, config);
  return assembleCase(asMethod, base, { type: 'single', name: 'main' }, parts, recorded, renamedTensors);
}

function renamedStates(
  states: MethodFixture['states'],
  rename: (name: string) => string,
): MethodFixture['states'] {
  const renamed = (state: MethodFixture['states']['init']) => ({
    ...state,
    gradient_zero_in_theory: Object.fromEntries(
      Object.entries(state.gradient_zero_in_theory).map(([name, value]) => [rename(name), value]),
    ),
  });
  return { init: renamed(states.init), pert: renamed(states.pert) };
}
