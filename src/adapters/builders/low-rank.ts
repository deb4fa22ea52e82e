/**
 * AdapterHub's modules on linear layers (`adapters.methods.lora`, architecture `lora`): LoRA, DoRA, VeRA, DVoRA and (IA)³ are
 * settings of one configuration. W [out, in] and b are the frozen layer, s = alpha / r.
 *
 * - LoRA (Hu et al. 2021, arXiv:2106.09685): W x + b + s · B A x; gated: W x + b + g · B A x, without s.
 * - DoRA (Liu et al. 2024, arXiv:2402.09353): m / ‖W + B A‖ · (W x + b + s · B A x). The library's norm ignores s, is not
 *   detached, and the bias is scaled too.
 * - VeRA (Kopiczko et al. 2024, arXiv:2310.11454): W x + b + s · vera_B B vera_D A x; A and B are frozen, random and shared by
 *   all layers. The library's vera_D [r, r] and vera_B [out, out] are full trainable matrices that start diagonal.
 * - (IA)³ (Liu et al. 2022, arXiv:2205.05638): (W x + b) ⊙ l, on the intermediate layer before its activation.
 *
 * `"o"` in `attn_matrices` does nothing: the library never adapts attention.output.dense of RoBERTa. `init_weights_seed` is
 * not followed: a run's own seed draws its initial values.
 */
import type { Node } from '../../graph/graph';
import { linearSites } from '../../models/encoder';
import type { BuildContext, EncoderConfig, Initializer, LinearSite } from '../../models/hooks';
import { addProduct, linear, matmul } from '../../ops/gemm/gemm';
import { reshaped } from '../../ops/reshape/reshape';
import { inverseNormOfRows } from '../../ops/rowNorm/rowNorm';
import { multiply, multiplySequences, timesConstant } from '../../ops/scale/scale';
import {
  type AdapterConfig,
  readBoolean,
  readInteger,
  readList,
  readNumber,
  readRate,
  requireValue,
  unsupported,
} from '../config';
import { gateOf, gateParameters } from './gate';
import type { AdapterParameter, AdapterParts, LinearPart } from './parts';

export interface LowRankConfig {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly gated: boolean;
  readonly dora: boolean;
  readonly initWeights: string;
  adapts(site: LinearSite): boolean;
}

const attentionLetters: Readonly<Partial<Record<LinearSite['kind'], string>>> = {
  query: 'q',
  key: 'k',
  value: 'v',
};

/** The keys that LoRA's relatives share. Throws `unsupported-config` naming a key that it cannot follow. */
export function parseLowRank(id: string, config: AdapterConfig): LowRankConfig {
  requireValue(id, config, 'dtype', null, 'float32');
  const matrices = readList<string>(id, config, 'attn_matrices', ['q', 'v']);
  const odd = matrices.find((letter) => !['q', 'k', 'v', 'o'].includes(letter));
  if (odd !== undefined) throw unsupported(id, 'attn_matrices', matrices, 'a list of "q", "k", "v"');
  const leaveOut = readList<number>(id, config, 'leave_out', []);
  const inAttention = readBoolean(id, config, 'selfattn_lora', true);
  const inFfn = {
    intermediate: readBoolean(id, config, 'intermediate_lora', false),
    output: readBoolean(id, config, 'output_lora', false),
  };
  if (!inAttention && !inFfn.intermediate && !inFfn.output)
    throw unsupported(id, 'selfattn_lora', false, 'true, or intermediate_lora or output_lora = true');
  requireValue(id, config, 'init_weights', 'lora', 'bert', 'ia3', 'vera');
  return {
    rank: readInteger(id, config, 'r', 8),
    alpha: readNumber(id, config, 'alpha', 8),
    dropout: readRate(id, config, 'dropout'),
    gated: readBoolean(id, config, 'use_gating', false),
    dora: readBoolean(id, config, 'use_dora', false),
    initWeights: String(config.init_weights ?? 'lora'),
    adapts({ kind, layer }) {
      if (leaveOut.includes(layer)) return false;
      if (kind === 'intermediate' || kind === 'output') return inFfn[kind];
      return inAttention && matrices.includes(attentionLetters[kind] ?? 'never');
    },
  };
}

/** torch's `kaiming_uniform_(a = √5)`, the initialisation of `nn.Linear`. */
export const linearUniform = (fanIn: number): Initializer => ({
  kind: 'uniform',
  bound: 1 / Math.sqrt(fanIn),
});

/** How `init_weights` draws A [r, in] and B [out, r]. */
export function factorInitializers(
  initWeights: string,
  into: number,
  rank: number,
): { readonly a: Initializer; readonly b: Initializer } {
  const normal: Initializer = { kind: 'normal', standardDeviation: 0.02 };
  const one: Initializer = { kind: 'constant', value: 1 };
  // torch's `kaiming_uniform_` with its default a = 0.
  const kaiming = (fanIn: number): Initializer => ({ kind: 'uniform', bound: Math.sqrt(6 / fanIn) });
  switch (initWeights) {
    case 'bert':
      return { a: normal, b: normal };
    case 'ia3':
      return { a: one, b: one };
    case 'vera':
      return { a: kaiming(into), b: kaiming(rank) };
    default:
      return { a: linearUniform(into), b: { kind: 'constant', value: 0 } };
  }
}

/** The parts of an `architecture: "lora"` configuration. */
export function lowRankParts(config: AdapterConfig, model: EncoderConfig, adapterName: string): AdapterParts {
  if ((config.composition_mode ?? 'add') === 'scale') return ia3Parts(config, model, adapterName);
  requireValue('lora', config, 'composition_mode', 'add', 'scale');
  const isVera = typeof config.vera_d === 'number' || typeof config.vera_b === 'number';
  return isVera ? veraParts(config, model, adapterName) : loraParts(config, model, adapterName);
}

function magnitudeParameter({ module, out }: LinearSite, place: string): AdapterParameter {
  return {
    name: `${place}.m.weight`,
    shape: [out, 1],
    initializer: { kind: 'rowNorms', of: `${module}.weight` },
  };
}

/** m / ‖W + B A‖ · adapted; `delta` is the product B A without alpha / r. */
function applyMagnitude(
  context: BuildContext,
  site: LinearSite,
  place: string,
  adapted: Node,
  delta: Node,
): Node {
  const { graph } = context;
  const weight = context.base(`${site.module}.weight`, [site.out, site.into]);
  const inverseNorm = inverseNormOfRows(graph, addProduct(graph, weight, delta, 'dora.weight'), 'dora.norm');
  const magnitude = context.parameter(`${place}.m.weight`, [site.out, 1]);
  const factor = multiply(graph, magnitude, inverseNorm, 'element', 'dora.factor');
  return multiply(
    graph,
    adapted,
    reshaped(graph, factor, { rows: 1, cols: site.out }, 'dora.row'),
    'row',
    'dora',
  );
}

function loraParts(config: AdapterConfig, model: EncoderConfig, adapterName: string): AdapterParts {
  const { rank, alpha, dropout, gated, dora, initWeights, adapts } = parseLowRank('lora', config);
  const placeOf = (site: LinearSite) => `${site.module}.loras.${adapterName}`;
  const parameters = linearSites(model)
    .filter(adapts)
    .flatMap((site): AdapterParameter[] => {
      const place = placeOf(site);
      const initial = factorInitializers(initWeights, site.into, rank);
      return [
        { name: `${place}.lora_A`, shape: [rank, site.into], initializer: initial.a },
        { name: `${place}.lora_B`, shape: [site.out, rank], initializer: initial.b },
        ...(dora ? [magnitudeParameter(site, place)] : []),
        ...(gated ? gateParameters(`${place}.gate`, site.into, 1) : []),
      ];
    });
  const linearPart = (site: LinearSite): LinearPart => {
    const place = placeOf(site);
    const factors = (context: BuildContext) => ({
      a: context.parameter(`${place}.lora_A`, [rank, site.into]),
      b: context.parameter(`${place}.lora_B`, [site.out, rank]),
    });
    return {
      update(context, x, state) {
        const { graph } = context;
        const { a, b } = factors(context);
        const input = context.dropout(state ?? x, dropout, `${place}.dropout`);
        const down = linear(graph, input, a, undefined, `${site.kind}.lora.down`);
        const scaling = gated ? 1 : alpha / rank;
        const up = matmul(graph, down, b, { transposeB: true, alpha: scaling }, `${site.kind}.lora.up`);
        return gated
          ? multiplySequences(
              graph,
              up,
              gateOf(context, `${place}.gate`, x, 1),
              context,
              `${site.kind}.lora.gated`,
            )
          : up;
      },
      combine(context, y, state) {
        const adapted = addProduct(context.graph, y, state, `${site.kind}.lora`);
        if (!dora) return adapted;
        const { a, b } = factors(context);
        return applyMagnitude(context, site, place, adapted, matmul(context.graph, b, a, {}, 'dora.delta'));
      },
    };
  };
  return { parameters, linear: (site) => (adapts(site) ? linearPart(site) : null) };
}

function veraParts(config: AdapterConfig, model: EncoderConfig, adapterName: string): AdapterParts {
  const id = 'vera';
  // The shared A and B have the shape of the first place; the feed-forward layers' shapes differ, and the library fails there.
  requireValue(id, config, 'intermediate_lora', false);
  requireValue(id, config, 'output_lora', false);
  const { rank, alpha, dropout, gated, dora, initWeights, adapts } = parseLowRank(id, config);
  const [diagonalD, diagonalB] = [readNumber(id, config, 'vera_d', 0.1), readNumber(id, config, 'vera_b', 0)];
  const { hiddenSize: D } = model;
  const shared = `${model.family.prefix}.shared_parameters.${adapterName}`;
  const placeOf = (site: LinearSite) => `${site.module}.loras.${adapterName}`;
  const initial = factorInitializers(initWeights, D, rank);
  const parameters: AdapterParameter[] = [
    ...linearSites(model)
      .filter(adapts)
      .flatMap((site): AdapterParameter[] => {
        const place = placeOf(site);
        const diagonal = (value: number): Initializer => ({
          kind: 'diagonal',
          diagonal: value,
          elsewhere: 0,
        });
        return [
          { name: `${place}.vera_D`, shape: [rank, rank], initializer: diagonal(diagonalD) },
          { name: `${place}.vera_B`, shape: [site.out, site.out], initializer: diagonal(diagonalB) },
          ...(dora ? [magnitudeParameter(site, place)] : []),
          ...(gated ? gateParameters(`${place}.gate`, site.into, 1) : []),
        ];
      }),
    { name: `${shared}.lora_A`, shape: [rank, D], initializer: initial.a, frozen: true },
    { name: `${shared}.lora_B`, shape: [D, rank], initializer: initial.b, frozen: true },
  ];
  const linearPart = (site: LinearSite): LinearPart => {
    const place = placeOf(site);
    /** The factors of the update: left [out, r] = vera_B B, right [r, in] = vera_D A. */
    const factors = (context: BuildContext) => {
      const { graph } = context;
      const a = context.parameter(`${shared}.lora_A`, [rank, D]);
      const b = context.parameter(`${shared}.lora_B`, [D, rank]);
      const veraD = context.parameter(`${place}.vera_D`, [rank, rank]);
      const veraB = context.parameter(`${place}.vera_B`, [site.out, site.out]);
      return {
        left: matmul(graph, veraB, b, {}, `${site.kind}.vera.left`),
        right: matmul(graph, veraD, a, {}, `${site.kind}.vera.right`),
      };
    };
    return {
      update(context, x, state) {
        const { graph } = context;
        const { left, right } = factors(context);
        const input = context.dropout(state ?? x, dropout, `${place}.dropout`);
        const down = linear(graph, input, right, undefined, `${site.kind}.vera.down`);
        const scaling = gated ? 1 : alpha / rank;
        const up = matmul(graph, down, left, { transposeB: true, alpha: scaling }, `${site.kind}.vera.up`);
        return gated
          ? multiplySequences(
              graph,
              up,
              gateOf(context, `${place}.gate`, x, 1),
              context,
              `${site.kind}.vera.gated`,
            )
          : up;
      },
      combine(context, y, state) {
        const adapted = addProduct(context.graph, y, state, `${site.kind}.vera`);
        if (!dora) return adapted;
        const { left, right } = factors(context);
        return applyMagnitude(
          context,
          site,
          place,
          adapted,
          matmul(context.graph, left, right, {}, 'dora.delta'),
        );
      },
    };
  };
  return { parameters, linear: (site) => (adapts(site) ? linearPart(site) : null) };
}

function ia3Parts(config: AdapterConfig, model: EncoderConfig, adapterName: string): AdapterParts {
  const id = 'ia3';
  requireValue(id, config, 'r', 1);
  requireValue(id, config, 'dropout', 0);
  requireValue(id, config, 'use_gating', false);
  requireValue(id, config, 'use_dora', false);
  const { alpha, initWeights, adapts } = parseLowRank(id, config);
  const nameOf = (site: LinearSite) => `${site.module}.loras.${adapterName}.lora_B`;
  return {
    parameters: linearSites(model)
      .filter(adapts)
      .map((site) => ({
        name: nameOf(site),
        shape: [site.out, 1],
        initializer: factorInitializers(initWeights, site.into, 1).b,
      })),
    linear: (site) =>
      adapts(site)
        ? {
            update({ graph, parameter }, _x, state) {
              const column = parameter(nameOf(site), [site.out, 1]);
              const vector = timesConstant(
                graph,
                reshaped(graph, column, { rows: 1, cols: site.out }, `${site.kind}.ia3.vector`),
                alpha,
                `${site.kind}.ia3.alpha`,
              );
              if (!state) return vector;
              return multiply(
                graph,
                state,
                vector,
                state.shape.rows === 1 ? 'element' : 'row',
                `${site.kind}.ia3.state`,
              );
            },
            combine: ({ graph }, y, state) =>
              multiply(graph, y, state, state.shape.rows === 1 ? 'row' : 'element', `${site.kind}.ia3`),
          }
        : null,
  };
}
