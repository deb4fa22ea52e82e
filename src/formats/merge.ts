/**
 * An adapter put into the weights of its base model, so that the model alone computes what model and adapter did. Only for
 * methods that change a linear layer by a linear map; arithmetic in float64.
 *
 * W [out, in], b [out] of a layer become, s = alpha / r:
 * - LoRA: W + s B A.  VeRA: W + s vera_B B vera_D A.  MTL-LoRA: W + s Σ_u softmax(w / sharpness)_u B_u diag(t) A.
 * - DoRA: f ⊙ (W + s B A), f ⊙ b with f = m / ‖W + B A‖ by rows (AdapterHub's norm leaves out s).
 * - (IA)³: l ⊙ W and l ⊙ b.
 * - PEFT: LoRA as above; DoRA f ⊙ (W + s B A) with f = m / ‖W + s B A‖ and b as it was; (IA)³ on a feed-forward layer scales
 *   W's columns; VeRA: W + λ_b ⊙ (B (λ_d ⊙ A)).
 *
 * `adapterHub` merges as the library does, which is exact for LoRA and VeRA only: its (IA)³ leaves the bias, its DoRA the
 * bias and alpha / r (fixtures README §4.14).
 */
import { StudioError } from '../errors';
import type { AdapterBundle, AdapterConfig, Tensor } from './bundle';

export type MergeMode = 'exact' | 'adapterHub';

/** Rows × columns in float64. */
interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

const matrix = (rows: number, cols: number, at: (i: number, j: number) => number): Matrix => ({
  rows,
  cols,
  data: Float64Array.from({ length: rows * cols }, (_, k) => at(Math.floor(k / cols), k % cols)),
});

const asMatrix = ({ shape, data }: Tensor): Matrix => {
  const cols = shape.at(-1) ?? 1;
  return { rows: data.length / cols, cols, data: Float64Array.from(data) };
};

function product(a: Matrix, b: Matrix): Matrix {
  const out = new Float64Array(a.rows * b.cols);
  for (let i = 0; i < a.rows; i++)
    for (let k = 0; k < a.cols; k++) {
      const left = a.data[i * a.cols + k]!;
      if (left === 0) continue;
      for (let j = 0; j < b.cols; j++) out[i * b.cols + j]! += left * b.data[k * b.cols + j]!;
    }
  return { rows: a.rows, cols: b.cols, data: out };
}

const plus = (a: Matrix, b: Matrix, factor: number): Matrix => ({
  ...a,
  data: a.data.map((value, k) => value + factor * b.data[k]!),
});

const scaleRows = (a: Matrix, factors: ArrayLike<number>): Matrix =>
  matrix(a.rows, a.cols, (i, j) => a.data[i * a.cols + j]! * factors[i]!);

const scaleColumns = (a: Matrix, factors: ArrayLike<number>): Matrix =>
  matrix(a.rows, a.cols, (i, j) => a.data[i * a.cols + j]! * factors[j]!);

function rowNorms(a: Matrix): Float64Array {
  return Float64Array.from({ length: a.rows }, (_, i) =>
    Math.hypot(...a.data.subarray(i * a.cols, (i + 1) * a.cols)),
  );
}

interface Layer {
  readonly weight: Matrix;
  readonly bias: Float64Array;
}

type Find = (name: string) => Tensor;

/** Why a configuration cannot be merged; null where it can. */
export function unmergeable(config: AdapterConfig | null): string | null {
  if (config === null) return 'only a head was trained';
  const architecture = String(config.architecture ?? 'bottleneck');
  const reasons: Readonly<Record<string, string>> = {
    bottleneck: 'a bottleneck is a non-linear layer of its own',
    prefix_tuning: 'a prefix adds keys and values, not weights',
    prompt_tuning: 'a prompt adds tokens, not weights',
    reft: 'ReFT edits hidden states at some positions only',
    union: 'a union has parts that are not weights',
    peft_prefix: 'a prefix adds keys and values, not weights',
    peft_prompt: 'a prompt adds tokens, not weights',
  };
  if (reasons[architecture]) return reasons[architecture];
  return config.use_gating ? 'its gate opens differently for every text' : null;
}

/**
 * The base model's changed tensors by name. `base` gives the base model's. Throws `merge-unsupported` with the reason, or
 * `merge-base` naming a tensor that the base model does not have.
 */
export function mergeAdapter(
  { name, config, tensors }: Pick<AdapterBundle, 'name' | 'config' | 'tensors'>,
  base: (name: string) => Tensor | undefined,
  mode: MergeMode = 'exact',
): ReadonlyMap<string, Tensor> {
  const reason = unmergeable(config);
  if (reason !== null)
    throw new StudioError(
      'merge-unsupported',
      `"${name}" cannot be merged into its base model: ${reason}.`,
      'Download the adapter itself.',
    );
  // What trains base tensors themselves is merged as it is.
  if (config!.architecture === 'full' || config!.architecture === 'bitfit') return tensors;
  const find: Find = (tensorName) => {
    const tensor = tensors.get(tensorName) ?? base(tensorName);
    if (tensor) return tensor;
    throw new StudioError(
      'merge-base',
      `The tensor \`${tensorName}\` is in neither the adapter nor the base model.`,
      'Merge with the base model that the adapter was trained on.',
    );
  };
  const merged = new Map<string, Tensor>();
  for (const module of modulesOf(tensors)) {
    const layer = {
      weight: asMatrix(find(`${module}.weight`)),
      bias: Float64Array.from(find(`${module}.bias`).data),
    };
    const { weight, bias } = String(config!.architecture).startsWith('peft_')
      ? mergePeft(config!, find, module, layer)
      : mergeAdapterHub(config!, find, module, name, layer, mode);
    merged.set(`${module}.weight`, {
      shape: [weight.rows, weight.cols],
      data: Float32Array.from(weight.data),
    });
    merged.set(`${module}.bias`, { shape: [bias.length], data: Float32Array.from(bias) });
  }
  return merged;
}

/** Modules of the base model that the tensors' names belong to. */
function modulesOf(tensors: ReadonlyMap<string, Tensor>): readonly string[] {
  const modules = [...tensors.keys()].flatMap((name) => {
    const [, hub] = /^(.+?)\.loras\./.exec(name) ?? [];
    const [, peft] = /^base_model\.model\.(.+?)\.(?:lora_|ia3_l|vera_lambda)/.exec(name) ?? [];
    return [hub ?? peft].filter((module) => module !== undefined);
  });
  return [...new Set(modules)];
}

function mergeAdapterHub(
  config: AdapterConfig,
  find: Find,
  module: string,
  name: string,
  { weight, bias }: Layer,
  mode: MergeMode,
): Layer {
  const part = (key: string) => asMatrix(find(`${module}.loras.${name}.${key}`));
  if (config.composition_mode === 'scale') {
    const { data } = part('lora_B');
    const factors = data.map((value) => value * Number(config.alpha ?? 1));
    return {
      weight: scaleRows(weight, factors),
      bias: mode === 'exact' ? bias.map((value, i) => value * factors[i]!) : bias,
    };
  }
  const scaling = Number(config.alpha ?? 8) / Number(config.r ?? 8);
  const delta = updateOf(config, find, module, name, part);
  if (!config.use_dora) return { weight: plus(weight, delta, scaling), bias };
  const norms = rowNorms(plus(weight, delta, 1));
  const factors = part('m.weight').data.map((value, i) => value / norms[i]!);
  return {
    weight: scaleRows(plus(weight, delta, mode === 'exact' ? scaling : 1), factors),
    bias: mode === 'exact' ? bias.map((value, i) => value * factors[i]!) : bias,
  };
}

/** The update without alpha / r. */
function updateOf(
  config: AdapterConfig,
  find: Find,
  module: string,
  name: string,
  part: (key: string) => Matrix,
): Matrix {
  if (typeof config.vera_d === 'number' || typeof config.vera_b === 'number') {
    // At the model, whose prefix every module's name begins with.
    const prefix = module.slice(0, module.indexOf('.'));
    const shared = (key: string) => asMatrix(find(`${prefix}.shared_parameters.${name}.${key}`));
    const left = product(part('vera_B'), shared('lora_B'));
    return product(left, product(part('vera_D'), shared('lora_A')));
  }
  if (config.architecture !== 'mtl_lora') return product(part('lora_B'), part('lora_A'));
  const { shape, data } = find(`${module}.loras.${name}.lora_B`);
  const [ups = 1, out = 0, rank = 0] = shape;
  const sharpness = Number(config.weights_sharpness ?? 0.05);
  const weights = part('weights').data.map((value) => Math.exp(value / sharpness));
  const total = weights.reduce((sum, value) => sum + value, 0);
  const mixed = matrix(out, rank, (i, j) => {
    let sum = 0;
    for (let u = 0; u < ups; u++) sum += (weights[u]! / total) * data[(u * out + i) * rank + j]!;
    return sum;
  });
  return product(scaleColumns(mixed, part('task_specific.values').data), part('lora_A'));
}

function mergePeft(config: AdapterConfig, find: Find, module: string, { weight, bias }: Layer): Layer {
  const part = (key: string) => asMatrix(find(`base_model.model.${module}.${key}`));
  if (config.architecture === 'peft_ia3') {
    const { rows, data } = part('ia3_l');
    if (rows === 1) return { weight: scaleColumns(weight, data), bias };
    return { weight: scaleRows(weight, data), bias: bias.map((value, i) => value * data[i]!) };
  }
  if (config.architecture === 'peft_vera') {
    const a = asMatrix(find('base_model.vera_A'));
    const b = asMatrix(find('base_model.vera_B'));
    const cutA = matrix(a.rows, weight.cols, (i, j) => a.data[i * a.cols + j]!);
    const cutB = matrix(weight.rows, b.cols, (i, j) => b.data[i * b.cols + j]!);
    const inner = scaleRows(cutA, part('vera_lambda_d').data);
    return { weight: plus(weight, scaleRows(product(cutB, inner), part('vera_lambda_b').data), 1), bias };
  }
  const rank = Number(config.r ?? 8);
  const scaling = Number(config.lora_alpha ?? 8) / (config.use_rslora ? Math.sqrt(rank) : rank);
  const whole = plus(weight, product(part('lora_B.weight'), part('lora_A.weight')), scaling);
  if (config.architecture !== 'peft_dora') return { weight: whole, bias };
  const norms = rowNorms(whole);
  const factors = part('lora_magnitude_vector').data.map((value, i) => value / norms[i]!);
  return { weight: scaleRows(whole, factors), bias };
}
