/**
 * LoRA (Hu et al. 2021, arXiv:2106.09685) as AdapterHub has it: W x + b + (alpha / r) · B A x on the chosen linear
 * layers, A [r, in], B [out, r]. `"o"` in `attn_matrices` does nothing on RoBERTa: attention.output.dense is never
 * adapted by the library, so not here either.
 */
import type { Node } from '../graph/graph';
import type { BuildContext, Initializer, LinearSite, RobertaConfig } from '../models/hooks';
import { linear, matmul } from '../ops/gemm/gemm';
import {
  type AdapterConfig,
  readBoolean,
  readInteger,
  readList,
  readRate,
  requireValue,
  unsupported,
} from './config';
import type { AdapterMethod, AdapterParameter } from './method';

interface LoraConfig {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly initializers: { readonly a: (fanIn: number) => Initializer; readonly b: Initializer };
  adapts(site: Pick<LinearSite, 'kind' | 'layer'>): boolean;
}

const attentionLetters = { query: 'q', key: 'k', value: 'v' } as const;

function parse(config: AdapterConfig): LoraConfig {
  const id = 'lora';
  requireValue(id, config, 'composition_mode', 'add');
  requireValue(id, config, 'use_gating', false);
  requireValue(id, config, 'use_dora', false);
  requireValue(id, config, 'vera_d', null);
  requireValue(id, config, 'vera_b', null);
  requireValue(id, config, 'init_weights_seed', null);
  const matrices = readList<string>(id, config, 'attn_matrices', ['q', 'v']);
  const odd = matrices.find((letter) => !['q', 'k', 'v', 'o'].includes(letter));
  if (odd !== undefined) throw unsupported(id, 'attn_matrices', matrices, 'a list of "q", "k", "v"');
  const leaveOut = readList<number>(id, config, 'leave_out', []);
  const inAttention = readBoolean(id, config, 'selfattn_lora', true);
  const inFfn = {
    intermediate: readBoolean(id, config, 'intermediate_lora', false),
    output: readBoolean(id, config, 'output_lora', false),
  };
  return {
    rank: readInteger(id, config, 'r', 8),
    alpha: readInteger(id, config, 'alpha', 8, 0),
    dropout: readRate(id, config, 'dropout'),
    initializers: initializersOf(config),
    adapts({ kind, layer }) {
      if (leaveOut.includes(layer)) return false;
      if (kind === 'intermediate' || kind === 'output') return inFfn[kind];
      return inAttention && matrices.includes(attentionLetters[kind]);
    },
  };
}

/** `lora`: A as torch's `kaiming_uniform_(a=√5)`, which is U(±1/√in), B zero. `bert`: both normal with 0.02. */
function initializersOf(config: AdapterConfig): LoraConfig['initializers'] {
  requireValue('lora', config, 'init_weights', 'lora', 'bert');
  if (config.init_weights === 'bert') {
    const normal: Initializer = { kind: 'normal', standardDeviation: 0.02 };
    return { a: () => normal, b: normal };
  }
  return {
    a: (fanIn) => ({ kind: 'uniform', bound: 1 / Math.sqrt(fanIn) }),
    b: { kind: 'constant', value: 0 },
  };
}

/** [in, out] of each place LoRA can go, in the order of the library's modules. */
function sites(
  model: RobertaConfig,
): readonly (LinearSite & { readonly into: number; readonly out: number })[] {
  const { hiddenSize: D, intermediateSize: F } = model;
  return Array.from({ length: model.numHiddenLayers }, (_, layer) => {
    const prefix = `roberta.encoder.layer.${layer}`;
    return [
      { kind: 'query' as const, layer, module: `${prefix}.attention.self.query`, into: D, out: D },
      { kind: 'key' as const, layer, module: `${prefix}.attention.self.key`, into: D, out: D },
      { kind: 'value' as const, layer, module: `${prefix}.attention.self.value`, into: D, out: D },
      { kind: 'intermediate' as const, layer, module: `${prefix}.intermediate.dense`, into: D, out: F },
      { kind: 'output' as const, layer, module: `${prefix}.output.dense`, into: F, out: D },
    ];
  }).flat();
}

export const lora: AdapterMethod = {
  id: 'lora',
  title: 'LoRA',
  summary: 'Adds a low-rank update to the attention projections. Small, fast, and the usual first choice.',
  paper: 'Hu et al. 2021, arXiv:2106.09685',
  fields: [
    {
      kind: 'integer',
      key: 'r',
      label: 'Rank',
      help: 'Size of the low-rank update. Parameters grow with it.',
      minimum: 1,
      maximum: 256,
      default: 8,
    },
    {
      kind: 'integer',
      key: 'alpha',
      label: 'Alpha',
      help: 'The update is scaled by alpha / rank.',
      minimum: 1,
      maximum: 1024,
      default: 8,
    },
    {
      kind: 'number',
      key: 'dropout',
      label: 'LoRA dropout',
      help: 'Dropout on the input of the update.',
      minimum: 0,
      maximum: 0.9,
      default: 0,
    },
    {
      kind: 'choices',
      key: 'attn_matrices',
      label: 'Attention matrices',
      help: 'Projections of self-attention that get an update.',
      options: ['q', 'k', 'v'],
      default: ['q', 'v'],
    },
    {
      kind: 'boolean',
      key: 'intermediate_lora',
      label: 'Feed-forward, first layer',
      help: 'Also adapt the layer that expands to the intermediate size.',
      default: false,
    },
    {
      kind: 'boolean',
      key: 'output_lora',
      label: 'Feed-forward, second layer',
      help: 'Also adapt the layer that projects back.',
      default: false,
    },
    {
      kind: 'choice',
      key: 'init_weights',
      label: 'Initial values',
      help: '"lora" starts at the base model exactly; "bert" draws both factors.',
      options: ['lora', 'bert'],
      default: 'lora',
    },
    {
      kind: 'layers',
      key: 'leave_out',
      label: 'Layers left out',
      help: 'Layers without an update. Leaving out the lowest makes a step cheaper.',
      default: [],
    },
  ],
  defaultConfig: {
    architecture: 'lora',
    selfattn_lora: true,
    intermediate_lora: false,
    output_lora: false,
    leave_out: [],
    r: 8,
    alpha: 8,
    dropout: 0,
    attn_matrices: ['q', 'v'],
    composition_mode: 'add',
    init_weights: 'lora',
    init_weights_seed: null,
    use_gating: false,
    use_dora: false,
    vera_d: null,
    vera_b: null,
    dtype: null,
  },

  matches: (config) => config.architecture === 'lora',

  build(config, model, adapterName) {
    const { rank, alpha, dropout, initializers, adapts } = parse(config);
    const tensor = (module: string, part: 'lora_A' | 'lora_B') => `${module}.loras.${adapterName}.${part}`;
    const adapted = sites(model).filter(adapts);
    const parameters = adapted.flatMap(({ module, into, out }): AdapterParameter[] => [
      { name: tensor(module, 'lora_A'), shape: [rank, into], initializer: initializers.a(into) },
      { name: tensor(module, 'lora_B'), shape: [out, rank], initializer: initializers.b },
    ]);
    return {
      parameters,
      hooks: {
        linear(context: BuildContext, site: LinearSite, x: Node, y: Node) {
          if (!adapts(site)) return y;
          const { graph } = context;
          const a = context.parameter(tensor(site.module, 'lora_A'), [rank, x.shape.cols]);
          const b = context.parameter(tensor(site.module, 'lora_B'), [y.shape.cols, rank]);
          const down = linear(
            graph,
            context.dropout(x, dropout, `${site.module}.lora.dropout`),
            a,
            undefined,
            `${site.kind}.lora.down`,
          );
          return matmul(
            graph,
            down,
            b,
            { transposeB: true, alpha: alpha / rank, addend: y },
            `${site.kind}.lora.up`,
          );
        },
      },
    };
  },
};
