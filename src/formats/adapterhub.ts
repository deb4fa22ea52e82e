/**
 * AdapterHub's folder of a saved adapter (FORMATS 1): four files to and from an `AdapterBundle`. Written as
 * `save_adapter(dir, name, with_head=True)` of adapters 1.3.0 writes them, read with everything checked that the
 * library would silently replace by random values. Knows no method but by the names of its tensors.
 */
import { ownerOf } from '../adapters/tensor-names';
import { invariant, StudioError } from '../errors';
import { isModelType, type ModelType, modelFamilies } from '../models/family';
import {
  checkAdapterTensors,
  checkHeadTensors,
  failAdapter,
  floatFields,
  normaliseNames,
  upgradeConfig,
  withBothNormNames,
} from './adapterhub-checks';
import type {
  AdapterBundle,
  AdapterConfig,
  BaseModelReference,
  ConfigValue,
  HeadConfig,
  Tensor,
} from './bundle';
import { elementCount } from './dtypes';
import { isObject, JsonFile, type JsonObject } from './json-fields';
import { adapterHubNames } from './model-classes';
import { PythonFloat, type PythonValue, writePythonJson } from './python-json';
import { readSafetensors } from './safetensors';
import { readTorchBin, writeTorchBin } from './torch-bin';

export const version = 'adapters.1.3.0';

/**
 * The files by name: `adapter_config.json` and `pytorch_adapter.bin` unless only a head was trained, then
 * `head_config.json` and `pytorch_model_head.bin`. Throws `adapter-name` or `adapter-labels` for what the format
 * cannot express.
 */
export function writeAdapterHub(given: AdapterBundle): Map<string, Uint8Array<ArrayBuffer>> {
  return new Map([...(given.config ? writeAdapterPart(given) : []), ...writeHead(given)]);
}

/** `adapter_config.json` and `pytorch_adapter.bin`. */
export function writeAdapterPart(given: AdapterBundle): Map<string, Uint8Array<ArrayBuffer>> {
  checkName(given.name);
  const bundle = asAdapterHub(given);
  for (const name of bundle.tensors.keys())
    invariant(ownerOf(name) === bundle.name, `${name} is not a tensor of adapter ${bundle.name}`);
  return new Map([
    ['adapter_config.json', configText(bundle, { config: markFloats(bundle.config!) })],
    ['pytorch_adapter.bin', writeTorchBin(withBothNormNames(bundle.tensors), 'pytorch_adapter')],
  ]);
}

/** `head_config.json` and `pytorch_model_head.bin`. */
export function writeHead({
  name,
  base,
  head,
  headTensors,
}: Pick<AdapterBundle, 'name' | 'base' | 'head' | 'headTensors'>): Map<string, Uint8Array<ArrayBuffer>> {
  checkName(name);
  for (const [tensor, { shape, data }] of headTensors) {
    invariant(tensor.startsWith(`heads.${name}.`), `${tensor} is not a tensor of head ${name}`);
    invariant(elementCount(shape) === data.length, `${tensor}: shape [${shape}] with ${data.length} values`);
  }
  return new Map([
    ['head_config.json', configText({ name, base }, { config: headFields(head) })],
    ['pytorch_model_head.bin', writeTorchBin(headTensors, 'pytorch_model_head')],
  ]);
}

/**
 * The adapter in a folder's files by path; they may lie in one sub-folder, weights may be `.bin` or `.safetensors`.
 * `folderName` is what errors call it. Throws a `StudioError` with a code `adapter-*` that names the missing or wrong
 * file, field or tensor, or an error of the weight file's own format.
 */
export function readAdapterHub(files: ReadonlyMap<string, Uint8Array>, folderName: string): AdapterBundle {
  const folder = findFolder(files, folderName);
  if (files.has(`${folder}adapter_setup.json`))
    failAdapter(
      'unsupported',
      `${folderName} holds a composition of adapters (adapter_setup.json), not one adapter.`,
    );
  const read = readHead(files, folder, folderName);
  const { name, base, head: headConfig, headTensors } = read;
  if (!files.has(`${folder}adapter_config.json`)) return { ...read, config: null, tensors: new Map() };
  const adapter = readAdapterPart(files, folder, name);
  return { name, base, config: adapter.config, head: headConfig, tensors: adapter.tensors, headTensors };
}

/** The adapter of a folder without its head; `headName` is that of the head beside it, whose name it must have. */
export function readAdapterPart(
  files: ReadonlyMap<string, Uint8Array>,
  folder: string,
  headName?: string,
): Pick<AdapterBundle, 'name' | 'tensors'> & { readonly config: AdapterConfig } {
  const bytes = files.get(`${folder}adapter_config.json`);
  if (!bytes) return failAdapter('file', `${folder}adapter_config.json is missing.`);
  const adapter = new JsonFile(bytes, `${folder}adapter_config.json`);
  if (adapter.has('peft_type'))
    failAdapter(
      'unsupported',
      'adapter_config.json is PEFT’s (it has the field `peft_type`), not AdapterHub’s.',
    );
  const name = adapter.text('name');
  if (headName !== undefined && name !== headName)
    failAdapter(
      'field',
      `adapter_config.json names the adapter \`${name}\`, head_config.json the head \`${headName}\`; they must be equal.`,
    );
  const config = upgradeConfig(adapter.object('config'), adapter.optionalText('version'));
  const family = modelFamilies[modelTypeOf(adapter, 'adapter_config.json')];
  const inFile = readWeights(files, folder, 'pytorch_adapter.bin', 'adapter.safetensors');
  const tensors = normaliseNames(inFile, family);
  checkAdapterTensors(tensors, name, config, family);
  return { name, config, tensors };
}

/** The head of a folder, and the base model it was made for. */
export function readHead(
  files: ReadonlyMap<string, Uint8Array>,
  folder: string,
  folderName: string,
): Pick<AdapterBundle, 'name' | 'base' | 'head' | 'headTensors'> {
  const headFile = `${folder}head_config.json`;
  if (!files.has(headFile))
    throw new StudioError(
      'adapter-file',
      `${folderName} has no head_config.json: it is an adapter without its classification head.`,
      'Save it with `model.save_adapter(folder, name, with_head=True)`.',
    );
  const head = new JsonFile(files.get(headFile)!, 'head_config.json');
  const name = head.text('name');
  checkName(name);
  const modelType = modelTypeOf(head, 'head_config.json');
  const { modelClass } = adapterHubNames(modelType);
  if (head.text('model_class') !== modelClass)
    failAdapter(
      'unsupported',
      `head_config.json: model_class is \`${head.text('model_class')}\`, not ${modelClass}; the library would skip this head.`,
    );
  const headConfig = readHeadConfig(head.object('config'));
  const headTensors = readWeights(files, folder, 'pytorch_model_head.bin', 'model_head.safetensors');
  const hiddenSize = checkHeadTensors(headTensors, name, headConfig, head.optionalCount('hidden_size'));
  const base: BaseModelReference = { name: head.optionalText('model_name') ?? '', modelType, hiddenSize };
  return { name, base, head: headConfig, headTensors };
}

/** Files from before `model_type` was written are RoBERTa's. */
function modelTypeOf(json: JsonFile, fileName: string): ModelType {
  const modelType = json.optionalText('model_type') ?? 'roberta';
  if (isModelType(modelType)) return modelType;
  return failAdapter(
    'unsupported',
    `${fileName}: the adapter is for models of type \`${modelType}\`, not ${Object.keys(modelFamilies).join(', ')}.`,
  );
}

/** What the studio trains and AdapterHub has no file for, with what to do instead. */
const foreign: Readonly<Record<string, string>> = {
  full: 'full fine-tuning trains the base model itself, there is no adapter to write',
  bitfit: 'BitFit trains biases of the base model itself, there is no adapter to write',
  peft_lora: 'it has LoRA on places where AdapterHub has none',
  peft_dora:
    'PEFT’s DoRA is another function than AdapterHub’s: its norm has alpha / r and is detached, and it leaves the bias alone',
  peft_ia3:
    'PEFT’s (IA)³ scales the input of feed-forward layers; AdapterHub’s scales outputs, before the activation',
  peft_vera: 'PEFT’s VeRA trains vectors; AdapterHub’s has full matrices',
  peft_prefix: 'PEFT’s prefix shifts the positions of the tokens; AdapterHub’s does not',
  peft_prompt: 'PEFT’s prompt passes the embedding block’s positions and LayerNorm; AdapterHub’s does not',
};

/** Why an adapter cannot be written for AdapterHub; null where it can. */
export function adapterHubReason({ config }: Pick<AdapterBundle, 'config'>): string | null {
  const reason = foreign[String(config?.architecture)];
  if (reason !== undefined) return reason;
  const isDirect = config?.architecture === 'reft' && config.subtract_projection === false;
  if (!isDirect || (config.non_linearity ?? null) === null) return null;
  return `it is DiReFT with the non-linearity ${JSON.stringify(config.non_linearity)}, and AdapterHub would read it back as NoReFT, which is another function`;
}

/**
 * The bundle as AdapterHub can hold it. DiReFT's files come back as NoReFT, so it is written as the equal NoReFT with
 * W + R in place of W: (W + R) h + b − R h = W h + b. Throws `adapterhub-unsupported` for what has no equal.
 */
function asAdapterHub(bundle: AdapterBundle): AdapterBundle {
  const { config } = bundle;
  const reason = adapterHubReason(bundle);
  if (reason !== null)
    throw new StudioError(
      'adapterhub-unsupported',
      `"${bundle.name}" cannot be written for AdapterHub: ${reason}.`,
      'Download it as PEFT or merged into the base model, whichever is offered.',
    );
  if (config?.architecture !== 'reft' || config.subtract_projection !== false) return bundle;
  const { subtract_projection: _, ...rest } = config;
  const tensors = new Map(bundle.tensors);
  for (const [name, { shape, data }] of bundle.tensors) {
    const projection = bundle.tensors.get(name.replace(/learned_source\.weight$/, 'projection.weight'));
    if (!name.endsWith('.learned_source.weight') || !projection) continue;
    tensors.set(name, { shape, data: data.map((value, i) => value + projection.data[i]!) });
  }
  return { ...bundle, config: rest, tensors };
}

/** Adapter names become module names (no `.`), and `,` joins the names of a fusion. */
function checkName(name: string): void {
  if (name === '' || /[.,/\\]/.test(name))
    throw new StudioError(
      'adapter-name',
      `The adapter name "${name}" is empty or has one of the characters . , / \\`,
      'Give it a name of letters, digits, - and _.',
    );
}

/** A configuration file: the fields that all have, and its own. */
export function configText(
  { name, base }: Pick<AdapterBundle, 'name' | 'base'>,
  fields: { readonly [key: string]: PythonValue },
): Uint8Array<ArrayBuffer> {
  const { modelClass, modelType } = adapterHubNames(base.modelType);
  const text = writePythonJson({
    ...fields,
    hidden_size: base.hiddenSize,
    model_class: modelClass,
    model_name: base.name,
    model_type: modelType,
    name,
    version,
  });
  return new TextEncoder().encode(text);
}

function headFields(head: HeadConfig): PythonValue {
  const ids = Object.fromEntries(head.labels.map((label, index) => [label, index]));
  if (head.labels.length !== head.numLabels || Object.keys(ids).length !== head.numLabels)
    throw new StudioError(
      'adapter-labels',
      `The head has ${head.numLabels} outputs and the class names ${JSON.stringify(head.labels)}.`,
      'Every class needs a name of its own.',
    );
  return {
    activation_function: head.activationFunction,
    bias: head.bias,
    dropout_prob: head.dropoutRate,
    head_type: head.headType,
    label2id: ids,
    layers: head.layers,
    num_labels: head.numLabels,
    use_pooler: head.usePooler,
  };
}

/** The configuration with the fields as floats that Python tests with `isinstance(x, float)` or prints as floats. */
function markFloats(config: AdapterConfig): PythonValue {
  const floats = floatFields(config);
  return Object.fromEntries(
    Object.entries(config).map(([key, value]): [string, PythonValue] => {
      if (typeof value === 'number' && floats.has(key)) return [key, new PythonFloat(value)];
      if (key === 'configs' && Array.isArray(value))
        return [key, value.map((member: ConfigValue) => (isObject(member) ? markFloats(member) : member))];
      return [key, value];
    }),
  );
}

/** Beyond any head there is; so that a file's numbers cannot fill the memory. */
const maxHeadLayers = 100;
const maxHeadOutputs = 1_000_000;

function readHeadConfig(config: JsonObject): HeadConfig {
  const headType = config.text('head_type');
  if (headType !== 'classification' && headType !== 'multilabel_classification')
    failAdapter(
      'unsupported',
      `head_config.json: the head is \`${headType}\`; classification, multi-label and regression heads are read.`,
    );
  const numLabels = config.optionalCount('num_labels') ?? 2;
  const layers = config.optionalCount('layers') ?? 2;
  if (numLabels < 1 || layers < 1 || layers > maxHeadLayers || numLabels > maxHeadOutputs)
    failAdapter(
      'field',
      `head_config.json: \`layers\` is ${layers} and \`num_labels\` is ${numLabels}; no head is like that.`,
    );
  const ids = Object.entries(config.optionalObject('label2id')?.value ?? genericIds(numLabels));
  if (ids.length !== numLabels)
    failAdapter(
      'field',
      `head_config.json: \`label2id\` names ${ids.length} labels, \`num_labels\` is ${numLabels}.`,
    );
  const labels = new Array<string>(numLabels);
  for (const [label, id] of ids) {
    if (
      typeof id !== 'number' ||
      !Number.isInteger(id) ||
      id < 0 ||
      id >= numLabels ||
      labels[id] !== undefined
    )
      failAdapter(
        'field',
        `head_config.json: \`label2id\` gives ${JSON.stringify(label)} the index ${JSON.stringify(id)} of ${numLabels} labels.`,
      );
    labels[id] = label;
  }
  return {
    headType,
    numLabels,
    layers,
    // Null is no activation; where the key is missing, the library's default holds.
    activationFunction: config.has('activation_function')
      ? config.optionalText('activation_function') || null
      : 'tanh',
    labels,
    usePooler: config.optionalFlag('use_pooler') ?? false,
    bias: config.optionalFlag('bias') ?? true,
    dropoutRate: config.optionalNumber('dropout_prob'),
  };
}

/** A head that was added without names has none in its file; regression heads mostly are. */
const genericIds = (numLabels: number): Readonly<Record<string, number>> =>
  Object.fromEntries(Array.from({ length: numLabels }, (_, i) => [`LABEL_${i}`, i]));

/** The tensors of `.bin` or, where that is missing, of `.safetensors`. */
export function readWeights(
  files: ReadonlyMap<string, Uint8Array>,
  folder: string,
  binName: string,
  safetensorsName: string,
): Map<string, Tensor> {
  const bin = files.get(folder + binName);
  if (bin) return readTorchBin(bin, binName);
  const safetensors = files.get(folder + safetensorsName);
  if (!safetensors) failAdapter('file', `Neither ${binName} nor ${safetensorsName} is there.`);
  const tensors = new Map<string, Tensor>();
  for (const [name, { shape, data }] of readSafetensors(safetensors, safetensorsName))
    tensors.set(name, { shape, data });
  return tensors;
}

/** The path, with its slash, of the folder nearest to the top that holds a configuration. */
function findFolder(files: ReadonlyMap<string, Uint8Array>, folderName: string): string {
  const folders = [...files.keys()]
    .filter((path) => /(^|\/)(adapter_setup|adapter_config|head_config)\.json$/.test(path))
    .map((path) => path.slice(0, path.lastIndexOf('/') + 1))
    .sort((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1));
  if (folders[0] === undefined)
    failAdapter(
      'file',
      `${folderName} has no adapter_config.json and no head_config.json: it is no AdapterHub adapter.`,
    );
  return folders[0];
}
