/**
 * What the library does not check when it loads an adapter: a tensor that is missing keeps its random start value, and
 * only a log line says so. Also the library's own repairs of old files. Sources: FORMATS 1.1, 1.3 and 1.5.
 */
import { ownerOf } from '../adapters/tensor-names';
import { StudioError } from '../errors';
import { headParameters } from '../heads/head-parameters';
import type { ModelFamily } from '../models/family';
import type { AdapterConfig, ConfigValue, HeadConfig, Tensor } from './bundle';

export function failAdapter(kind: string, what: string): never {
  throw new StudioError(
    `adapter-${kind}`,
    what,
    'Save the adapter again with `model.save_adapter(folder, name, with_head=True)` and take all files of the folder.',
  );
}

/** More than any base model has; a name is a stranger's and may say anything. */
const maximumLayers = 1000;

const bottleneckFloats = new Set(['scaling', 'dropout', 'phm_init_range', 'stochastic_depth']);
const noFloats: ReadonlySet<string> = new Set();

/** Fields that are floats in Python by `architecture`; the others are written as they are. FORMATS 1.3. */
const floatsOf: ReadonlyMap<ConfigValue | undefined, ReadonlySet<string>> = new Map([
  [undefined, bottleneckFloats],
  [null, bottleneckFloats],
  ['lora', new Set(['dropout', 'vera_d', 'vera_b'])],
  ['mtl_lora', new Set(['dropout', 'vera_d', 'vera_b', 'weights_sharpness'])],
  ['prefix_tuning', new Set(['dropout'])],
  ['prompt_tuning', noFloats],
  ['reft', new Set(['dropout'])],
  ['union', noFloats],
]);

/** Keys of `config` whose numbers are floats. Throws `adapter-unsupported` for an unknown architecture. */
export function floatFields(config: AdapterConfig): ReadonlySet<string> {
  const floats = floatsOf.get(config.architecture);
  if (!floats)
    failAdapter('unsupported', `The architecture ${JSON.stringify(config.architecture)} is not known.`);
  return floats;
}

/** The names that the library gave activations before files had a version. */
const renamedActivations: ReadonlyMap<ConfigValue | undefined, string> = new Map([
  ['gelu', 'gelu_new'],
  ['gelu_orig', 'gelu'],
]);

/**
 * The configuration as the library understands a file of this `version`: activations are renamed where there is none,
 * and LoRA's `alpha` becomes `r` before 1.1.0, whose scaling was wrong.
 */
export function upgradeConfig(
  { value: config }: { value: AdapterConfig },
  version: string | undefined,
): AdapterConfig {
  floatFields(config);
  if (version === undefined) {
    const renamed = renamedActivations.get(config.non_linearity);
    return renamed === undefined ? config : { ...config, non_linearity: renamed };
  }
  const [, major, minor] = /^adapters\.(\d+)\.(\d+)/.exec(version) ?? [];
  const isBefore11 = major !== undefined && (Number(major) < 1 || (Number(major) === 1 && Number(minor) < 1));
  if (isBefore11 && config.architecture === 'lora' && config.r !== undefined)
    return { ...config, alpha: config.r };
  return config;
}

/**
 * A bottleneck's own LayerNorm in front has two names in the library's state dict, `adapter_norm_before` and, as the first member of
 * the sequence that holds it, `adapter_down.0`; its files have both, the studio's bundles the first one.
 */
const normName = /\.adapter_norm_before\.(weight|bias)$/;

export function withBothNormNames(tensors: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  return new Map(
    [...tensors].flatMap(([name, tensor]) => {
      const other = name.replace(normName, '.adapter_down.0.$1');
      return other === name
        ? [[name, tensor]]
        : [
            [name, tensor],
            [other, tensor],
          ];
    }),
  );
}

/**
 * Names with the model's prefix before them, as files from a model with heads have it; the loader takes both. A LayerNorm's second
 * name is left out.
 */
export function normaliseNames(
  tensors: ReadonlyMap<string, Tensor>,
  { prefix }: ModelFamily,
): Map<string, Tensor> {
  const renamed = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    const full = name.startsWith(`${prefix}.`) ? name : `${prefix}.${name}`;
    if (renamed.has(full))
      failAdapter('tensor', `The tensor \`${full}\` is there twice, with and without \`${prefix}.\`.`);
    renamed.set(full, tensor);
  }
  for (const name of [...renamed.keys()])
    if (normName.test(name)) renamed.delete(name.replace(normName, '.adapter_down.0.$1'));
  return renamed;
}

/**
 * Every tensor belongs to the adapter, every layer has the same ones (but for `leave_out`), and LoRA and bottleneck
 * adapters have those that their configuration asks for. How many layers the model has, only the model knows.
 */
export function checkAdapterTensors(
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
  config: AdapterConfig,
  family: ModelFamily,
): void {
  if (tensors.size === 0) failAdapter('tensor', 'The adapter file has no tensors.');
  const layers = new Set<number>();
  const patterns = new Map<string, Set<number>>();
  for (const tensorName of tensors.keys()) {
    if (ownerOf(tensorName) !== name)
      failAdapter(
        'tensor',
        `The adapter is called \`${name}\`, but the file has the tensor \`${tensorName}\`.`,
      );
    const [, before, layer, after] = /^(.*\.layer\.)(\d+)(\..*)$/.exec(tensorName) ?? [];
    if (layer === undefined) continue;
    if (Number(layer) >= maximumLayers)
      failAdapter('tensor', `The tensor \`${tensorName}\` is of layer ${layer}.`);
    const pattern = `${before}*${after}`;
    layers.add(Number(layer));
    patterns.set(pattern, (patterns.get(pattern) ?? new Set()).add(Number(layer)));
  }
  for (const pattern of requiredPatterns(config, name, family))
    if (!patterns.has(pattern)) patterns.set(pattern, new Set());
  if (config.architecture === 'union') return; // its members may leave out different layers
  if (config.architecture !== 'reft') {
    const leftOut = new Set(Array.isArray(config.leave_out) ? (config.leave_out as ConfigValue[]) : []);
    for (let layer = 0; layer < Math.max(-1, ...layers); layer++) if (!leftOut.has(layer)) layers.add(layer);
  }
  for (const [pattern, present] of patterns)
    for (const layer of layers.size > 0 ? layers : [0])
      if (!present.has(layer))
        failAdapter(
          'tensor',
          `The tensor \`${pattern.replace('*', String(layer))}\` is missing; the library would keep a random value.`,
        );
}

/** Tensors of one layer that the configuration promises; `*` stands for the layer. */
function requiredPatterns(
  config: AdapterConfig,
  name: string,
  { prefix, layers, modules }: ModelFamily,
): string[] {
  const layer = `${prefix}.${layers}.*.`;
  if (
    config.architecture === 'lora' &&
    config.composition_mode !== 'scale' &&
    (config.vera_d ?? null) === null
  ) {
    const matrices = Array.isArray(config.attn_matrices) ? config.attn_matrices : ['q', 'v'];
    const sites: string[] = [];
    if (config.selfattn_lora ?? true)
      for (const [key, module] of [
        ['q', modules.query],
        ['k', modules.key],
        ['v', modules.value],
      ] as const)
        if (matrices.includes(key)) sites.push(module);
    if (config.intermediate_lora) sites.push(modules.intermediate);
    if (config.output_lora) sites.push(modules.output);
    return sites.flatMap((site) =>
      ['lora_A', 'lora_B'].map((matrix) => `${layer}${site}.loras.${name}.${matrix}`),
    );
  }
  if ((config.architecture ?? null) === null && !config.phm_layer) {
    const sites: string[] = [];
    if (config.mh_adapter) sites.push(modules.attentionEnd);
    if (config.output_adapter) sites.push(modules.ffnEnd);
    const down = config.ln_before ? 'adapter_down.1' : 'adapter_down.0';
    return sites.flatMap((site) =>
      [down, 'adapter_up'].flatMap((part) =>
        ['weight', 'bias'].map((end) => `${layer}${site}.adapters.${name}.${part}.${end}`),
      ),
    );
  }
  return [];
}

/** Checks names and shapes of a head and returns H. Throws `adapter-tensor`. */
export function checkHeadTensors(
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
  head: HeadConfig,
  hiddenSize: number | undefined,
): number {
  const H = hiddenSize ?? tensors.get(`heads.${name}.1.weight`)?.shape[1] ?? 0;
  const parameters = headParameters({ name, ...head }, { hiddenSize: H, initializerRange: 0 });
  const expected = new Map(parameters.map((parameter) => [parameter.name, parameter.shape]));
  for (const [tensorName, shape] of expected) {
    const tensor = tensors.get(tensorName);
    if (!tensor) failAdapter('tensor', `The tensor \`${tensorName}\` of the head is missing.`);
    if (tensor.shape.join() !== shape.join())
      failAdapter(
        'tensor',
        `The tensor \`${tensorName}\` has the shape [${tensor.shape}], expected [${shape}].`,
      );
  }
  for (const tensorName of tensors.keys())
    if (!expected.has(tensorName))
      failAdapter('tensor', `The head file has the tensor \`${tensorName}\`, which the head does not need.`);
  return H;
}
