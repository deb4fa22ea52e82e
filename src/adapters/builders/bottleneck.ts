/**
 * AdapterHub's bottleneck modules (`adapters.methods.bottleneck` and `modeling.Adapter`): every option of `BnConfig`.
 * h is the dense output of a sub-layer after its dropout, inp the sub-layer's input, LN the frozen LayerNorm that follows,
 * A(z) = s · up(act(down(z))).
 *
 * - sequential (Pfeiffer et al. 2020, arXiv:2005.00052): z = LN(h + inp), o = A(z) + h, result LN(o + inp). The same LayerNorm
 *   is applied twice, and the residual around the adapter is h, not z.
 * - `original_ln_before` false (Houlsby et al. 2019, arXiv:1902.00751): z = h.
 * - parallel (He et al. 2022, arXiv:2110.04366): o = A(inp) + h, result LN(o + inp).
 * - `residual_before_ln` false: the residual is z; "post_add": it is h + inp. `original_ln_after` false: the result is o.
 */
import type { Node } from '../../graph/graph';
import { sublayerSites } from '../../models/encoder';
import type { BuildContext, EncoderConfig, Initializer, SublayerSite } from '../../models/hooks';
import { sum } from '../../ops/add/add';
import { linear } from '../../ops/gemm/gemm';
import { normalize } from '../../ops/layerNorm/layerNorm';
import { multiply, multiplySequences, timesConstant } from '../../ops/scale/scale';
import { type AdapterConfig, readBoolean, readList, readRate, requireValue, unsupported } from '../config';
import { applyNonLinearity, type NonLinearity, readNonLinearity } from './activation-key';
import { gateOf, gateParameters } from './gate';
import { invertibleParts } from './invertible';
import { linearUniform } from './low-rank';
import type { AdapterParameter, AdapterParts, BottleneckPart } from './parts';
import { type PhmConfig, type PhmSite, parsePhm, phmLinear, phmParameters } from './phm';

const id = 'bottleneck';

interface BottleneckConfig {
  readonly nonLinearity: NonLinearity;
  readonly parallel: boolean;
  readonly originalNormBefore: boolean;
  readonly originalNormAfter: boolean;
  readonly residualBeforeNorm: boolean | 'post_add';
  readonly adapterResidualBeforeNorm: boolean;
  readonly normBefore: boolean;
  readonly normAfter: boolean;
  readonly scaling: number | 'learned' | 'channel';
  readonly gated: boolean;
  readonly dropout: number;
  readonly initWeights: 'bert' | 'mam_adapter' | 'houlsby';
  /** Null where down and up are plain linear layers. */
  readonly phm: PhmConfig | null;
  adapts(site: Pick<SublayerSite, 'kind' | 'layer'>): boolean;
}

function parse(config: AdapterConfig): BottleneckConfig {
  const flag = (key: string, fallback: boolean) => readBoolean(id, config, key, fallback);
  requireValue(id, config, 'stochastic_depth', 0);
  requireValue(id, config, 'residual_before_ln', true, false, 'post_add');
  requireValue(id, config, 'init_weights', 'bert', 'mam_adapter', 'houlsby');
  const leaveOut = readList<number>(id, config, 'leave_out', []);
  const at = { attention: flag('mh_adapter', false), ffn: flag('output_adapter', true) };
  if (!at.attention && !at.ffn)
    throw unsupported(id, 'output_adapter', false, 'true, or mh_adapter = true: a module needs a place');
  const originalNormBefore = flag('original_ln_before', false);
  const residualBeforeNorm = (config.residual_before_ln ?? true) as boolean | 'post_add';
  if (residualBeforeNorm === 'post_add' && !originalNormBefore)
    throw unsupported(id, 'residual_before_ln', 'post_add', 'true or false, or original_ln_before = true');
  const scaling = config.scaling ?? 1;
  if (typeof scaling !== 'number' && scaling !== 'learned' && scaling !== 'channel')
    throw unsupported(id, 'scaling', scaling, 'a number, "learned" or "channel"');
  return {
    nonLinearity: readNonLinearity(id, config, 'relu'),
    parallel: flag('is_parallel', false),
    originalNormBefore,
    originalNormAfter: flag('original_ln_after', true),
    residualBeforeNorm,
    adapterResidualBeforeNorm: flag('adapter_residual_before_ln', false),
    normBefore: flag('ln_before', false),
    normAfter: flag('ln_after', false),
    scaling,
    gated: flag('use_gating', false),
    dropout: readRate(id, config, 'dropout'),
    initWeights: (config.init_weights ?? 'bert') as BottleneckConfig['initWeights'],
    phm: flag('phm_layer', false) ? parsePhm(id, config) : null,
    adapts: ({ kind, layer }) => at[kind] && !leaveOut.includes(layer),
  };
}

/** d = ⌊H / reduction_factor⌋, at least 1; the factor is a number or a map by layer with a "default". */
function bottleneckSize(config: AdapterConfig, { hiddenSize }: EncoderConfig, layer: number): number {
  const value = config.reduction_factor ?? 16;
  const byLayer = typeof value === 'object' && value !== null && !Array.isArray(value);
  const map = value as { readonly [layer: string]: unknown };
  const factor = byLayer ? (map[String(layer)] ?? map.default) : value;
  if (typeof factor !== 'number' || !(factor > 0))
    throw unsupported(id, 'reduction_factor', value, 'a positive number, or one by layer with a "default"');
  return Math.max(1, Math.floor(hiddenSize / factor));
}

/** Torch's default LayerNorm, which the module's own norms are. */
const normEpsilon = 1e-5;

export function bottleneckParts(
  config: AdapterConfig,
  model: EncoderConfig,
  adapterName: string,
): AdapterParts {
  const parsed = parse(config);
  const invertible = invertibleParts(id, config, model, adapterName, parsed.nonLinearity);
  const shared = `${model.family.prefix}.shared_parameters.${adapterName}`;
  const modules = sublayerSites(model)
    .filter(parsed.adapts)
    .map((site) =>
      moduleAt(
        parsed,
        `${site.module}.adapters.${adapterName}`,
        model.hiddenSize,
        bottleneckSize(config, model, site.layer),
        site,
      ),
    );
  const phmTensors = parsed.phm
    ? phmParameters(
        id,
        parsed.phm,
        shared,
        modules.flatMap(({ down, up }) => [down, up]),
      )
    : [];
  return {
    ...invertible,
    parameters: [
      ...modules.flatMap((module) => moduleParameters(parsed, module)),
      ...phmTensors,
      ...invertible.parameters,
    ],
    bottleneck(site) {
      const module = modules.find((m) => m.site.kind === site.kind && m.site.layer === site.layer);
      return module ? bottleneckPart(parsed, module, shared) : null;
    },
  };
}

/** A bottleneck in its place: names and sizes. */
interface Module {
  readonly site: SublayerSite;
  readonly name: string;
  readonly hiddenSize: number;
  readonly down: PhmSite;
  readonly up: PhmSite;
}

function moduleAt(
  { normBefore }: BottleneckConfig,
  name: string,
  hiddenSize: number,
  size: number,
  site: SublayerSite,
): Module {
  // The module's own LayerNorm is place 0 of the sequence `adapter_down`.
  const place = normBefore ? 1 : 0;
  return {
    site,
    name,
    hiddenSize,
    down: { module: `${name}.adapter_down.${place}`, position: 'down', into: hiddenSize, out: size },
    up: { module: `${name}.adapter_up`, position: 'up', into: size, out: hiddenSize },
  };
}

const zero: Initializer = { kind: 'constant', value: 0 };
const one: Initializer = { kind: 'constant', value: 1 };
const normal: Initializer = { kind: 'normal', standardDeviation: 0.02 };

function weightInitializers({ initWeights }: BottleneckConfig, hiddenSize: number) {
  switch (initWeights) {
    case 'bert':
      return { down: normal, up: normal };
    case 'mam_adapter':
      return { down: linearUniform(hiddenSize), up: zero };
    case 'houlsby': {
      const truncated: Initializer = { kind: 'truncatedNormal', standardDeviation: 0.01, bound: 0.02 };
      return { down: truncated, up: truncated };
    }
  }
}

function moduleParameters(
  parsed: BottleneckConfig,
  { name, hiddenSize, down, up }: Module,
): AdapterParameter[] {
  const initial = weightInitializers(parsed, hiddenSize);
  const dense = ({ module, into, out }: PhmSite, initializer: Initializer): AdapterParameter[] => [
    { name: `${module}.weight`, shape: [out, into], initializer },
    { name: `${module}.bias`, shape: [out], initializer: zero },
  ];
  const norm = (place: string): AdapterParameter[] => [
    { name: `${name}.${place}.weight`, shape: [hiddenSize], initializer: one },
    { name: `${name}.${place}.bias`, shape: [hiddenSize], initializer: zero },
  ];
  const { scaling } = parsed;
  return [
    ...(typeof scaling === 'string'
      ? [{ name: `${name}.scaling`, shape: [scaling === 'learned' ? 1 : hiddenSize], initializer: one }]
      : []),
    ...(parsed.normBefore ? norm('adapter_norm_before') : []),
    ...(parsed.phm ? [] : [...dense(down, initial.down), ...dense(up, initial.up)]),
    ...(parsed.normAfter ? norm('adapter_norm_after') : []),
    // "houlsby" leaves the gate as torch made it; the other two set its bias to 0.
    ...(parsed.gated
      ? gateParameters(`${name}.gate`, hiddenSize, 1, parsed.initWeights === 'houlsby' ? undefined : zero)
      : []),
  ];
}

function bottleneckPart(parsed: BottleneckConfig, module: Module, shared: string): BottleneckPart {
  const { parallel, originalNormBefore, residualBeforeNorm } = parsed;
  return {
    before({ graph }, { h, residual: input, norm }) {
      if (parallel) return { x: input, residual: input };
      const x = originalNormBefore ? norm(h, input) : h;
      if (residualBeforeNorm === 'post_add')
        return { x, residual: sum(graph, h, input, 'bottleneck.post_add') };
      return { x, residual: residualBeforeNorm ? h : x };
    },
    forward: (context, x, residual) => forward(context, parsed, module, shared, x, residual),
    after({ graph }, output, { h, residual: input, norm }) {
      const state = parallel ? sum(graph, output, h, 'bottleneck.parallel') : output;
      return parsed.originalNormAfter ? norm(state, input) : state;
    },
  };
}

function forward(
  context: BuildContext,
  parsed: BottleneckConfig,
  { name, hiddenSize, down, up }: Module,
  shared: string,
  x: Node,
  residual: Node,
) {
  const { graph, parameter } = context;
  const ownNorm = (value: Node, place: string) => {
    const gamma = parameter(`${name}.${place}.weight`, [hiddenSize]);
    const beta = parameter(`${name}.${place}.bias`, [hiddenSize]);
    return normalize(graph, value, undefined, { gamma, beta, epsilon: normEpsilon }, `bottleneck.${place}`);
  };
  const dense = (site: PhmSite, value: Node) =>
    parsed.phm
      ? phmLinear(context, parsed.phm, shared, site, value)
      : linear(
          graph,
          value,
          parameter(`${site.module}.weight`, [site.out, site.into]),
          parameter(`${site.module}.bias`, [site.out]),
          `bottleneck.${site.position}`,
        );
  const input = parsed.normBefore ? ownNorm(x, 'adapter_norm_before') : x;
  const squeezed = applyNonLinearity(
    context,
    dense(down, input),
    parsed.nonLinearity,
    'bottleneck.activation',
  );
  const scaled = applyScaling(context, parsed, `${name}.scaling`, hiddenSize, dense(up, squeezed));
  const dropped = context.dropout(scaled, parsed.dropout, `${name}.dropout`);
  const gated = parsed.gated
    ? multiplySequences(graph, dropped, gateOf(context, `${name}.gate`, x, 1), context, 'bottleneck.gated')
    : dropped;
  const normed = (value: Node) => (parsed.normAfter ? ownNorm(value, 'adapter_norm_after') : value);
  const withResidual = (value: Node) => sum(graph, value, residual, 'bottleneck.residual');
  if (parsed.parallel) return { output: normed(gated), up: scaled };
  return {
    output: parsed.adapterResidualBeforeNorm ? normed(withResidual(gated)) : withResidual(normed(gated)),
    up: scaled,
  };
}

function applyScaling(
  { graph, parameter }: BuildContext,
  { scaling }: BottleneckConfig,
  name: string,
  hiddenSize: number,
  up: Node,
): Node {
  if (typeof scaling === 'number') return timesConstant(graph, up, scaling, 'bottleneck.scaling');
  if (scaling === 'learned') return multiply(graph, up, parameter(name, [1]), 'scalar', 'bottleneck.scaling');
  return multiply(graph, up, parameter(name, [hiddenSize]), 'row', 'bottleneck.scaling');
}
