/**
 * Compacter's linear maps (Mahabadi et al. 2021, arXiv:2106.04647; `PHMLayer` of the library): y = x H + b with
 * H = Σ_i kron(rule_i, W_i) [in, out], W_i = left_i right_i where factorised. Rules and factors may be shared by all modules
 * of the adapter (`<prefix>.shared_parameters.<name>`).
 */
import type { Node } from '../../graph/graph';
import type { BuildContext, Initializer } from '../../models/hooks';
import { matmul } from '../../ops/gemm/gemm';
import { multiplyBlocks, sumOfKroneckerProducts } from '../../ops/kronecker/kronecker';
import {
  type AdapterConfig,
  readBoolean,
  readInteger,
  readNumber,
  requireValue,
  unsupported,
} from '../config';
import type { AdapterParameter } from './parts';

export interface PhmConfig {
  /** n of the paper: how many Kronecker products are summed. */
  readonly dim: number;
  readonly rank: number;
  readonly factorizedWeight: boolean;
  readonly sharedWeight: boolean;
  readonly sharedRule: boolean;
  readonly factorizedRule: boolean;
  readonly learnRule: boolean;
  readonly bias: boolean;
  readonly sharedRuleInitializer: Initializer;
  readonly ownRuleInitializer: Initializer;
}

export function parsePhm(method: string, config: AdapterConfig): PhmConfig {
  requireValue(method, config, 'phm_c_init', 'normal', 'uniform');
  const flag = (key: string, fallback: boolean) => readBoolean(method, config, key, fallback);
  const normal = config.phm_c_init !== 'uniform';
  const draw = (scale: number): Initializer =>
    normal ? { kind: 'normal', standardDeviation: scale } : { kind: 'uniform', bound: scale };
  return {
    dim: readInteger(method, config, 'phm_dim', 4),
    rank: readInteger(method, config, 'phm_rank', 1),
    factorizedWeight: flag('factorized_phm_W', true),
    sharedWeight: flag('shared_W_phm', false),
    sharedRule: flag('shared_phm_rule', true),
    factorizedRule: flag('factorized_phm_rule', false),
    learnRule: flag('learn_phm', true),
    bias: flag('phm_bias', true),
    sharedRuleInitializer: draw(normal ? readNumber(method, config, 'phm_init_range', 0.0001) : 1),
    ownRuleInitializer: draw(0.01),
  };
}

/** One map of a bottleneck: `position` is what its shared weights are called. */
export interface PhmSite {
  readonly module: string;
  readonly position: 'down' | 'up';
  readonly into: number;
  readonly out: number;
}

type NamedShape = readonly [name: string, shape: readonly number[], initializer: Initializer];

/** In spite of its name "glorot-uniform", the library draws Xavier normal, each slice by its own sizes. */
const xavier = (rows: number, cols: number): Initializer => ({
  kind: 'normal',
  standardDeviation: Math.sqrt(2 / (rows + cols)),
});

function weightTensors({ dim, rank, factorizedWeight }: PhmConfig, into: number, out: number) {
  const [rows, cols] = [into / dim, out / dim];
  return factorizedWeight
    ? ([
        ['left', [dim, rows, rank], xavier(rows, rank)],
        ['right', [dim, rank, cols], xavier(rank, cols)],
      ] as const)
    : ([['', [dim, rows, cols], xavier(rows, cols)]] as const);
}

function ruleTensors(
  { dim, factorizedRule }: PhmConfig,
  prefix: string,
  initializer: Initializer,
): NamedShape[] {
  return factorizedRule
    ? [
        [`${prefix}.phm_rule_left`, [dim, dim, 1], initializer],
        [`${prefix}.phm_rule_right`, [dim, 1, dim], initializer],
      ]
    : [[`${prefix}.phm_rule`, [dim, dim, dim], initializer]];
}

function weightName(phm: PhmConfig, shared: string, { module, position }: PhmSite, part: string): string {
  const name = phm.sharedWeight ? `${shared}.W_${position}` : `${module}.W`;
  return part ? `${name}_${part}` : name;
}

/** Throws `unsupported-config` where a size does not divide. */
export function phmParameters(
  method: string,
  phm: PhmConfig,
  shared: string,
  sites: readonly PhmSite[],
): AdapterParameter[] {
  const odd = sites.flatMap(({ into, out }) => [into, out]).find((size) => size % phm.dim !== 0);
  if (odd !== undefined)
    throw unsupported(
      method,
      'phm_dim',
      phm.dim,
      `a divisor of ${odd}, one of the layer's sizes, or another reduction_factor`,
    );
  const weights = sites.flatMap((site) =>
    weightTensors(phm, site.into, site.out).map(
      ([part, shape, initializer]): NamedShape => [weightName(phm, shared, site, part), shape, initializer],
    ),
  );
  const rules = phm.sharedRule
    ? ruleTensors(phm, shared, phm.sharedRuleInitializer)
    : sites.flatMap(({ module }) => ruleTensors(phm, module, phm.ownRuleInitializer));
  const biases = phm.bias
    ? sites.map(({ module, out }): NamedShape => [`${module}.b`, [out], { kind: 'constant', value: 0 }])
    : [];
  const isRule = new Set(rules.map(([name]) => name));
  // Shared weights come once for every site.
  const unique = new Map([...weights, ...rules, ...biases].map((tensor) => [tensor[0], tensor]));
  return [...unique.values()].map(([name, shape, initializer]) => ({
    name,
    shape,
    initializer,
    ...(isRule.has(name) && !phm.learnRule ? { frozen: true as const } : {}),
  }));
}

/** x [tokens, in] → [tokens, out]. */
export function phmLinear(
  context: BuildContext,
  phm: PhmConfig,
  shared: string,
  site: PhmSite,
  x: Node,
): Node {
  const { graph, parameter } = context;
  const { dim } = phm;
  const weights = weightTensors(phm, site.into, site.out).map(([part, shape]) =>
    parameter(weightName(phm, shared, site, part), shape),
  );
  const rules = ruleTensors(phm, phm.sharedRule ? shared : site.module, phm.ownRuleInitializer).map(
    ([name, shape]) => parameter(name, shape),
  );
  const joined = ([left, right]: readonly Node[], name: string) =>
    right ? multiplyBlocks(graph, left!, right, dim, name) : left!;
  const map = sumOfKroneckerProducts(
    graph,
    joined(rules, 'phm.rule'),
    joined(weights, 'phm.weight'),
    dim,
    'phm.map',
  );
  const bias = phm.bias ? parameter(`${site.module}.b`, [site.out]) : undefined;
  return matmul(graph, x, map, { bias }, `phm.${site.position}`);
}
