/**
 * PEFT's folder of a saved adapter (FORMATS 2, peft 0.21) to and from an `AdapterBundle`. Where PEFT's function is AdapterHub's
 * too (LoRA and rsLoRA on places that both have, (IA)³ that scales outputs only), the bundle is AdapterHub's and goes into
 * either format; else it is a variant of its own, `peft_lora`, `peft_dora`, … (`adapters/peft-parts.ts`), written as PEFT only.
 *
 * The format names no classes and no adapter: classes are called LABEL_0, …, the adapter what the caller says.
 */
import { loraDefaults } from '../adapters/default-configs';
import { StudioError } from '../errors';
import { type LayerModules, type ModelFamily, modelFamilies } from '../models/family';
import { failAdapter } from './adapterhub-checks';
import type { AdapterBundle, AdapterConfig, ConfigValue, Tensor } from './bundle';
import { JsonFile } from './json-fields';
import { foreignHead } from './model-classes';
import { headInFile, isHeadTensor, readHead, savedModules } from './peft-head';
import { type PythonValue, writePythonJson } from './python-json';
import { readSafetensors, writeSafetensors } from './safetensors';
import { readTorchBin } from './torch-bin';

const weightFiles = ['adapter_model.safetensors', 'adapter_model.bin'] as const;

/** True where a folder's configuration is PEFT's. */
export function isPeft(files: ReadonlyMap<string, Uint8Array>): boolean {
  const path = configPath(files);
  return path !== undefined && new TextDecoder().decode(files.get(path)!).includes('"peft_type"');
}

function configPath(files: ReadonlyMap<string, Uint8Array>): string | undefined {
  return [...files.keys()]
    .filter((path) => /(^|\/)adapter_config\.json$/.test(path))
    .sort((a, b) => a.length - b.length)[0];
}

/**
 * Throws a `StudioError` with a code `adapter-*` naming the file, field or tensor that is missing, wrong, or asks for something
 * that the studio does not compute.
 */
export function readPeft(
  files: ReadonlyMap<string, Uint8Array>,
  folderName: string,
  adapterName: string,
): AdapterBundle {
  const path = configPath(files);
  if (path === undefined) failAdapter('file', `${folderName} has no adapter_config.json.`);
  const folder = path.slice(0, -'adapter_config.json'.length);
  const json = new JsonFile(files.get(path)!, 'adapter_config.json');
  const tensors = readWeights(files, folder);
  const { modelType, head, headTensors, hiddenSize } = readHead(tensors, adapterName);
  const adapter = new Map([...tensors].filter(([name]) => !isHeadTensor(name)));
  if (adapter.size === 0) failAdapter('tensor', 'The adapter file has no tensors but the head’s.');
  const { config, named } = readMethod(json, adapter, adapterName, modelFamilies[modelType]);
  return {
    name: adapterName,
    base: { name: json.optionalText('base_model_name_or_path') ?? '', modelType, hiddenSize },
    config,
    head,
    tensors: named,
    headTensors,
  };
}

function readWeights(files: ReadonlyMap<string, Uint8Array>, folder: string): ReadonlyMap<string, Tensor> {
  const [safetensors, bin] = weightFiles.map((file) => files.get(folder + file));
  if (safetensors)
    return new Map(
      [...readSafetensors(safetensors, weightFiles[0])].map(([name, { shape, data }]) => [
        name,
        { shape, data },
      ]),
    );
  if (bin) return readTorchBin(bin, weightFiles[1]);
  return failAdapter('file', `Neither ${weightFiles.join(' nor ')} is there.`);
}

interface ReadMethod {
  readonly config: AdapterConfig;
  readonly named: ReadonlyMap<string, Tensor>;
}

function readMethod(
  json: JsonFile,
  tensors: ReadonlyMap<string, Tensor>,
  adapterName: string,
  family: ModelFamily,
): ReadMethod {
  const type = json.text('peft_type');
  switch (type) {
    case 'LORA':
      return readLora(json, tensors, adapterName, family);
    case 'IA3':
      return readIa3(json, tensors, adapterName, family);
    case 'VERA':
      return {
        config: {
          architecture: 'peft_vera',
          modules: modulesOf(tensors, 'vera_lambda_b'),
          r: json.optionalCount('r') ?? 256,
          vera_dropout: json.optionalNumber('vera_dropout') ?? 0,
          d_initial: json.optionalNumber('d_initial') ?? 0.1,
          peft: json.value,
        },
        named: tensors,
      };
    case 'PREFIX_TUNING':
    case 'PROMPT_TUNING':
      return {
        config: {
          architecture: type === 'PREFIX_TUNING' ? 'peft_prefix' : 'peft_prompt',
          num_virtual_tokens: tensors.get('prompt_embeddings')?.shape[0] ?? 0,
          peft: json.value,
        },
        named: tensors,
      };
    default:
      return failAdapter('unsupported', `adapter_config.json: peft_type \`${type}\` is not known.`);
  }
}

const modulePattern = /^base_model\.model\.(.+)\.(lora_A\.weight|ia3_l|vera_lambda_b)$/;

/** Full paths of the modules that have a tensor of this kind, in the order of the file. */
function modulesOf(tensors: ReadonlyMap<string, Tensor>, kind: string): readonly string[] {
  return [...tensors.keys()].flatMap((name) => {
    const found = modulePattern.exec(name);
    return found?.[2] === kind ? [found[1]!] : [];
  });
}

/** AdapterHub's word for a module of a layer; the library never adapts the attention's dense output. */
const placeOf = ({
  query,
  key,
  value,
  intermediate,
  output,
}: LayerModules): Readonly<Record<string, string>> => ({
  [query]: 'q',
  [key]: 'k',
  [value]: 'v',
  [intermediate]: 'intermediate',
  [output]: 'output',
});

/** The places, in AdapterHub's words, if every layer from 0 on has the same ones of those it has; else null. */
function uniformPlaces(
  modules: readonly string[],
  { prefix, layers: layersName, modules: names }: ModelFamily,
): readonly string[] | null {
  const byLayer = new Map<number, string[]>();
  const start = `${prefix}.${layersName}.`;
  const places = placeOf(names);
  for (const module of modules) {
    const [, layer, rest = ''] = /^(\d+)\.(.+)$/.exec(module.slice(start.length)) ?? [];
    const place = module.startsWith(start) && Object.hasOwn(places, rest) ? places[rest] : undefined;
    if (place === undefined) return null;
    byLayer.set(Number(layer), [...(byLayer.get(Number(layer)) ?? []), place]);
  }
  const layers = [...byLayer.values()].map((found) => found.sort().join());
  const contiguous = Array.from({ length: byLayer.size }, (_, layer) => byLayer.has(layer)).every(Boolean);
  return contiguous && layers.every((found) => found === layers[0]) ? (layers[0]?.split(',') ?? null) : null;
}

const placesConfig = (places: readonly string[]): AdapterConfig => ({
  selfattn_lora: places.some((place) => place.length === 1),
  attn_matrices: ['q', 'k', 'v'].filter((letter) => places.includes(letter)),
  intermediate_lora: places.includes('intermediate'),
  output_lora: places.includes('output'),
});

function readLora(
  json: JsonFile,
  tensors: ReadonlyMap<string, Tensor>,
  adapterName: string,
  family: ModelFamily,
): ReadMethod {
  for (const key of ['rank_pattern', 'alpha_pattern'])
    if (Object.keys(json.optionalObject(key)?.value ?? {}).length > 0)
      failAdapter(
        'unsupported',
        `adapter_config.json: \`${key}\` gives some layers ranks or factors of their own.`,
      );
  const [r, alpha] = [json.optionalCount('r') ?? 8, json.optionalNumber('lora_alpha') ?? 8];
  const [dora, rslora] = [json.optionalFlag('use_dora') ?? false, json.optionalFlag('use_rslora') ?? false];
  const modules = modulesOf(tensors, 'lora_A.weight');
  const dropout = json.optionalNumber('lora_dropout') ?? 0;
  const places = dora ? null : uniformPlaces(modules, family);
  if (!places)
    return {
      config: {
        architecture: dora ? 'peft_dora' : 'peft_lora',
        modules,
        r,
        lora_alpha: alpha,
        use_rslora: rslora,
        lora_dropout: dropout,
        peft: json.value,
      },
      named: tensors,
    };
  return {
    // alpha / √r is AdapterHub's alpha' / r with alpha' = alpha √r.
    config: {
      ...loraDefaults,
      ...placesConfig(places),
      r,
      alpha: rslora ? alpha * Math.sqrt(r) : alpha,
      dropout,
    },
    named: renamed(tensors, (name) =>
      name.replace(/^base_model\.model\.(.+)\.(lora_[AB])\.weight$/, `$1.loras.${adapterName}.$2`),
    ),
  };
}

function readIa3(
  json: JsonFile,
  tensors: ReadonlyMap<string, Tensor>,
  adapterName: string,
  family: ModelFamily,
): ReadMethod {
  const modules = modulesOf(tensors, 'ia3_l');
  // A feed-forward module scales its input: a row, where the others have a column.
  const feedforward = modules.filter(
    (module) => tensors.get(`base_model.model.${module}.ia3_l`)!.shape[0] === 1,
  );
  const places = feedforward.length === 0 ? uniformPlaces(modules, family) : null;
  if (!places)
    return { config: { architecture: 'peft_ia3', modules, feedforward, peft: json.value }, named: tensors };
  return {
    config: {
      ...loraDefaults,
      ...placesConfig(places),
      r: 1,
      alpha: 1,
      composition_mode: 'scale',
      init_weights: 'ia3',
    },
    named: renamed(tensors, (name) =>
      name.replace(/^base_model\.model\.(.+)\.ia3_l$/, `$1.loras.${adapterName}.lora_B`),
    ),
  };
}

const renamed = (tensors: ReadonlyMap<string, Tensor>, rename: (name: string) => string) =>
  new Map([...tensors].map(([name, tensor]) => [rename(name), tensor]));

/** Why an adapter cannot be written as PEFT; null where it can. */
export function peftReason({
  config,
  head,
  name,
  base,
  composition,
}: Pick<AdapterBundle, 'config' | 'head' | 'name' | 'base' | 'composition'>): string | null {
  if (composition) return 'it is a composition of several adapters';
  const headReason = foreignHead(head, base.modelType);
  if (headReason !== null) return headReason;
  if (config === null) return 'only a head was trained';
  const architecture = String(config.architecture ?? 'bottleneck');
  if (architecture.startsWith('peft_')) return null;
  if (architecture !== 'lora') return `PEFT has no method like \`${architecture}\` of AdapterHub`;
  if (config.use_gating) return `"${name}" is gated, which PEFT does not know`;
  if (config.use_dora)
    return 'AdapterHub’s DoRA is another function than PEFT’s: its norm leaves out alpha / r and it scales the bias';
  if (typeof config.vera_d === 'number' || typeof config.vera_b === 'number')
    return 'AdapterHub’s VeRA has full matrices where PEFT’s has vectors';
  return null;
}

/** `adapter_config.json` and `adapter_model.safetensors`. Throws `peft-unsupported` naming the difference. */
export function writePeft(bundle: AdapterBundle): Map<string, Uint8Array<ArrayBuffer>> {
  const reason = peftReason(bundle);
  if (reason !== null)
    throw new StudioError(
      'peft-unsupported',
      `"${bundle.name}" cannot be written as PEFT: ${reason}.`,
      'Download it as an AdapterHub zip, or merged into the base model.',
    );
  const config = bundle.config!;
  const own = String(config.architecture).startsWith('peft_');
  const isIa3 = !own && config.composition_mode === 'scale';
  const inFile = own
    ? bundle.tensors
    : renamed(bundle.tensors, (name) =>
        isIa3
          ? name.replace(/^(.+)\.loras\.[^.]+\.lora_B$/, 'base_model.model.$1.ia3_l')
          : name.replace(/^(.+)\.loras\.[^.]+\.(lora_[AB])$/, 'base_model.model.$1.$2.weight'),
      );
  const fields = own
    ? (config.peft as { readonly [key: string]: ConfigValue })
    : isIa3
      ? { peft_type: 'IA3', target_modules: modulesOf(inFile, 'ia3_l'), feedforward_modules: [] }
      : {
          peft_type: 'LORA',
          target_modules: modulesOf(inFile, 'lora_A.weight'),
          r: config.r!,
          lora_alpha: config.alpha!,
          lora_dropout: config.dropout ?? 0,
          bias: 'none',
          use_dora: false,
          use_rslora: false,
          fan_in_fan_out: false,
          init_lora_weights: true,
        };
  const text = writePythonJson({
    ...fields,
    base_model_name_or_path: bundle.base.name,
    task_type: 'SEQ_CLS',
    inference_mode: true,
    modules_to_save: savedModules(bundle),
  } as PythonValue);
  const model = /^peft_(prefix|prompt)$/.test(String(config.architecture))
    ? 'base_model'
    : 'base_model.model';
  return new Map([
    ['adapter_config.json', new TextEncoder().encode(text)],
    [weightFiles[0], writeSafetensors(new Map([...inFile, ...headInFile(bundle, model)]))],
  ]);
}
