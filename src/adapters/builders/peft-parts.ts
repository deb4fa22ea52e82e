/**
 * Adapters of the library `peft` where they are other functions than AdapterHub's, as variants of their own: they predict and
 * train on, and are written as PEFT again. Tensors keep PEFT's names of its files. W [out, in], b: the frozen layer.
 *
 * - `peft_lora`: W x + b + s · B A x, also on attention.output.dense and on layers of one's choice; s = alpha / r, with
 *   `use_rslora` alpha / √r (Kalajdzievski 2023, arXiv:2312.03732).
 * - `peft_dora`: m / n · (W x + s · B A x) + b, n = ‖W + s · B A‖ by rows and *detached*; the bias is not scaled.
 * - `peft_ia3`: l ⊙ (W x + b); on a feed-forward module W (l ⊙ x) + b.
 * - `peft_vera`: W x + b + λ_b ⊙ (B (λ_d ⊙ (A x))); A and B are frozen and shared.
 * - `peft_prefix`: keys and values [P, 2 L H] in front of every layer's; token positions are shifted by P.
 * - `peft_prompt`: vectors in front of the embedding block: they get positions and its LayerNorm.
 */
import type { Node } from '../../graph/graph';
import { linearSites } from '../../models/encoder';
import type { BuildContext, EncoderConfig, LinearSite } from '../../models/hooks';
import { activate } from '../../ops/activation/activation';
import { addRow, sum } from '../../ops/add/add';
import { addProduct, linear, matmul } from '../../ops/gemm/gemm';
import { scatterPositions } from '../../ops/positions/positions';
import { detach, reshaped } from '../../ops/reshape/reshape';
import { inverseNormOfRows } from '../../ops/rowNorm/rowNorm';
import { multiply } from '../../ops/scale/scale';
import { repeatForSequences } from '../../ops/sequences/sequences';
import { columnsOf, rowsOf } from '../../ops/slice/slice';
import { type AdapterConfig, readBoolean, readInteger, readList, readNumber, readRate } from '../config';
import { linearUniform } from './low-rank';
import type { AdapterParameter, AdapterParts, LinearReplacement } from './parts';

const one = { kind: 'constant', value: 1 } as const;
const zero = { kind: 'constant', value: 0 } as const;

const placeOf = ({ module }: LinearSite) => `base_model.model.${module}`;

/** The sites that `modules` names, by their full path in the checkpoint. */
function chosenSites(id: string, config: AdapterConfig, model: EncoderConfig): readonly LinearSite[] {
  const modules = new Set(readList<string>(id, config, 'modules', []));
  return linearSites(model).filter(({ module }) => modules.has(module));
}

function replacing(
  sites: readonly LinearSite[],
  parameters: readonly AdapterParameter[],
  replacement: (site: LinearSite) => LinearReplacement,
): AdapterParts {
  return {
    parameters,
    linear: (site) => {
      const own = sites.find(({ module }) => module === site.module);
      return own ? replacement(own) : null;
    },
  };
}

export function peftLoraParts(config: AdapterConfig, model: EncoderConfig): AdapterParts {
  const id = String(config.architecture);
  const dora = id === 'peft_dora';
  const sites = chosenSites(id, config, model);
  const rank = readInteger(id, config, 'r', 8);
  const alpha = readNumber(id, config, 'lora_alpha', 8);
  const scaling = alpha / (readBoolean(id, config, 'use_rslora', false) ? Math.sqrt(rank) : rank);
  const dropout = readRate(id, config, 'lora_dropout');
  const parameters = sites.flatMap((site): AdapterParameter[] => [
    {
      name: `${placeOf(site)}.lora_A.weight`,
      shape: [rank, site.into],
      initializer: linearUniform(site.into),
    },
    { name: `${placeOf(site)}.lora_B.weight`, shape: [site.out, rank], initializer: zero },
    ...(dora
      ? [
          {
            name: `${placeOf(site)}.lora_magnitude_vector`,
            shape: [site.out],
            initializer: { kind: 'rowNorms', of: `${site.module}.weight` },
          } satisfies AdapterParameter,
        ]
      : []),
  ]);
  return replacing(sites, parameters, (site) => ({
    replace(context, x, frozen) {
      const { graph } = context;
      const a = context.parameter(`${placeOf(site)}.lora_A.weight`, [rank, site.into]);
      const b = context.parameter(`${placeOf(site)}.lora_B.weight`, [site.out, rank]);
      const input = context.dropout(x, dropout, `${placeOf(site)}.dropout`);
      const down = linear(graph, input, a, undefined, `${site.kind}.lora.down`);
      const up = matmul(graph, down, b, { transposeB: true, alpha: scaling }, `${site.kind}.lora.up`);
      if (!dora) return addProduct(graph, frozen(x), up, `${site.kind}.lora`);
      const weight = context.base(`${site.module}.weight`, [site.out, site.into]);
      const bias = context.base(`${site.module}.bias`, [site.out]);
      const magnitude = context.parameter(`${placeOf(site)}.lora_magnitude_vector`, [site.out]);
      const delta = matmul(graph, b, a, { alpha: scaling, addend: weight }, `${site.kind}.dora.weight`);
      const inverse = detach(
        graph,
        inverseNormOfRows(graph, delta, `${site.kind}.dora.norm`),
        `${site.kind}.dora.detached`,
      );
      const factor = multiply(
        graph,
        magnitude,
        reshaped(graph, inverse, { rows: 1, cols: site.out }, `${site.kind}.dora.row`),
        'element',
        `${site.kind}.dora.factor`,
      );
      const product = addProduct(
        graph,
        linear(graph, x, weight, undefined, `${site.kind}.product`),
        up,
        `${site.kind}.dora.sum`,
      );
      return addRow(
        graph,
        multiply(graph, product, factor, 'row', `${site.kind}.dora.scaled`),
        bias,
        `${site.kind}.dora`,
      );
    },
  }));
}

export function peftIa3Parts(config: AdapterConfig, model: EncoderConfig): AdapterParts {
  const id = 'peft_ia3';
  const sites = chosenSites(id, config, model);
  const feedForward = new Set(readList<string>(id, config, 'feedforward', []));
  const shapeOf = (site: LinearSite) => (feedForward.has(site.module) ? [1, site.into] : [site.out, 1]);
  const parameters = sites.map((site) => ({
    name: `${placeOf(site)}.ia3_l`,
    shape: shapeOf(site),
    initializer: one,
  }));
  return replacing(sites, parameters, (site) => ({
    replace({ graph, parameter }, x, frozen) {
      const vector = parameter(`${placeOf(site)}.ia3_l`, shapeOf(site));
      if (feedForward.has(site.module))
        return frozen(multiply(graph, x, vector, 'row', `${site.kind}.ia3.input`));
      const row = reshaped(graph, vector, { rows: 1, cols: site.out }, `${site.kind}.ia3.vector`);
      return multiply(graph, frozen(x), row, 'row', `${site.kind}.ia3`);
    },
  }));
}

export function peftVeraParts(config: AdapterConfig, model: EncoderConfig): AdapterParts {
  const id = 'peft_vera';
  const sites = chosenSites(id, config, model);
  const rank = readInteger(id, config, 'r', 256);
  const dropout = readRate(id, config, 'vera_dropout');
  // PEFT cuts the shared matrices to each layer's size: they are as large as the largest.
  const into = Math.max(0, ...sites.map((site) => site.into));
  const out = Math.max(0, ...sites.map((site) => site.out));
  const kaiming = (fanIn: number) => ({ kind: 'uniform', bound: Math.sqrt(6 / fanIn) }) as const;
  const parameters: AdapterParameter[] = [
    ...sites.flatMap((site): AdapterParameter[] => [
      { name: `${placeOf(site)}.vera_lambda_b`, shape: [site.out], initializer: zero },
      {
        name: `${placeOf(site)}.vera_lambda_d`,
        shape: [rank],
        initializer: { kind: 'constant', value: readNumber(id, config, 'd_initial', 0.1) },
      },
    ]),
    { name: 'base_model.vera_A', shape: [rank, into], initializer: kaiming(into), frozen: true },
    { name: 'base_model.vera_B', shape: [out, rank], initializer: kaiming(rank), frozen: true },
  ];
  return replacing(sites, parameters, (site) => ({
    replace(context, x, frozen) {
      const { graph, parameter } = context;
      const a = columnsOf(graph, parameter('base_model.vera_A', [rank, into]), 0, site.into, 'vera.a');
      const whole = parameter('base_model.vera_B', [out, rank]);
      const b = site.out === out ? whole : rowsOf(graph, whole, 0, site.out, 'vera.b');
      const input = context.dropout(x, dropout, `${placeOf(site)}.dropout`);
      const d = parameter(`${placeOf(site)}.vera_lambda_d`, [rank]);
      const down = multiply(graph, linear(graph, input, a, undefined, 'vera.down'), d, 'row', 'vera.d');
      const up = linear(graph, down, b, undefined, 'vera.up');
      const scaled = multiply(
        graph,
        up,
        parameter(`${placeOf(site)}.vera_lambda_b`, [site.out]),
        'row',
        'vera.b',
      );
      return sum(graph, frozen(x), scaled, `${site.kind}.vera`);
    },
  }));
}

export function peftPrefixParts(config: AdapterConfig, model: EncoderConfig): AdapterParts {
  const id = 'peft_prefix';
  const { hiddenSize: D, numHiddenLayers } = model;
  const length = readInteger(id, config, 'num_virtual_tokens', 20);
  const width = 2 * numHiddenLayers * D;
  const projected = readBoolean(id, config, 'prefix_projection', false);
  const middle = readInteger(id, config, 'encoder_hidden_size', D);
  const normal = { kind: 'normal', standardDeviation: 1 } as const;
  const encoder = 'prompt_encoder';
  const parameters: readonly AdapterParameter[] = projected
    ? [
        { name: `${encoder}.embedding.weight`, shape: [length, D], initializer: normal },
        { name: `${encoder}.transform.0.weight`, shape: [middle, D], initializer: linearUniform(D) },
        { name: `${encoder}.transform.0.bias`, shape: [middle], initializer: linearUniform(D) },
        { name: `${encoder}.transform.2.weight`, shape: [width, middle], initializer: linearUniform(middle) },
        { name: `${encoder}.transform.2.bias`, shape: [width], initializer: linearUniform(middle) },
      ]
    : [{ name: 'prompt_embeddings', shape: [length, width], initializer: normal }];
  const keysAndValues = ({ graph, parameter }: BuildContext): Node => {
    if (!projected) return parameter('prompt_embeddings', [length, width]);
    const dense = (x: Node, place: 0 | 2, rows: number) =>
      linear(
        graph,
        x,
        parameter(`${encoder}.transform.${place}.weight`, [rows, x.shape.cols]),
        parameter(`${encoder}.transform.${place}.bias`, [rows]),
        `prefix.${place}`,
      );
    const hidden = dense(parameter(`${encoder}.embedding.weight`, [length, D]), 0, middle);
    return dense(activate(graph, hidden, 'tanh', 'prefix.1'), 2, width);
  };
  return {
    parameters,
    positionShift: length,
    prefix(context, layer) {
      const all = keysAndValues(context);
      const part = (index: 0 | 1, name: string) => {
        const own = columnsOf(context.graph, all, (2 * layer + index) * D, D, `prefix.${name}`);
        return repeatForSequences(context.graph, own, `prefix.${name}.repeated`);
      };
      return { keys: part(0, 'keys'), values: part(1, 'values') };
    },
  };
}

export function peftPromptParts(config: AdapterConfig, { hiddenSize: D }: EncoderConfig): AdapterParts {
  const count = readInteger('peft_prompt', config, 'num_virtual_tokens', 20);
  const name = 'prompt_embeddings';
  return {
    parameters: [{ name, shape: [count, D], initializer: { kind: 'normal', standardDeviation: 1 } }],
    virtualTokens: { count, after: 0, embedded: true },
    prompt({ graph, parameter, tokenLayout, layout }, x) {
      // The rows of the prompt hold position and type already.
      const repeated = repeatForSequences(graph, parameter(name, [count, D]), 'prompt.repeated');
      const at = { from: 'start', offset: 0, count };
      const placed = graph.apply(scatterPositions, [repeated, tokenLayout, layout], at, 'prompt.placed');
      return sum(graph, x, placed, 'prompt');
    },
  };
}
