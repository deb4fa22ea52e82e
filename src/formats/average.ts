/**
 * One adapter from several of the same configuration, by their weights (`average_adapter` of the library; Ilharco et al. 2023,
 * arXiv:2212.04089 for weights that do not sum to 1 or are negative):
 *
 * - `linear`: every tensor is the weighted sum. For LoRA that averages A and B apart, which is not the average of their products.
 * - `lora_linear_only_negate_b` (Zhang et al. 2023): A with the weight's magnitude, B with the weight.
 * - `lora_delta_w_svd`: the weighted sum of the products B A, cut to a rank by its singular value decomposition: A = Vᵀ, B = U Σ.
 */
import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { withOwner } from '../adapters/tensor-names';
import { StudioError } from '../errors';
import type { AdapterBundle, AdapterConfig, Tensor } from './bundle';
import type { AveragingStrategy } from './export-format';

export interface Averaging {
  readonly name: string;
  readonly strategy: AveragingStrategy;
  /** One an adapter; divided by their sum where `normalize` is true. */
  readonly weights: readonly number[];
  readonly normalize: boolean;
  /** Of the result, for `lora_delta_w_svd`. */
  readonly rank?: number;
}

type Parts = Pick<AdapterBundle, 'name' | 'config' | 'tensors'>;

const fail = (what: string) =>
  new StudioError(
    'average-unsupported',
    what,
    'Choose adapters of the same method, settings and base model.',
  );

/** Throws `average-unsupported` where the adapters do not fit each other or the strategy. */
export function averageAdapters(adapters: readonly Parts[], averaging: Averaging): Parts {
  const { name, strategy, weights, normalize } = averaging;
  const [first] = adapters;
  if (!first || adapters.length !== weights.length)
    throw fail(`There are ${adapters.length} adapters and ${weights.length} weights.`);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (normalize && total === 0) throw fail('The weights sum to 0 and cannot be normalised.');
  const shares = weights.map((weight) => (normalize ? weight / total : weight));
  const isLora = first.config?.architecture === 'lora' && first.config.composition_mode !== 'scale';
  if (
    strategy !== 'linear' &&
    (!isLora || first.config?.use_dora || typeof first.config?.vera_d === 'number')
  )
    throw fail(`${strategy} averages plain LoRA only.`);
  const own = adapters.map(withoutName);
  for (const [i, tensors] of own.entries()) requireSame(own[0]!, tensors, adapters[i]!.name, strategy);
  const combined =
    strategy === 'lora_delta_w_svd'
      ? svdOfDeltas(own, shares, averaging.rank ?? Number(first.config?.r ?? 8))
      : linear(own, shares, strategy);
  const config: AdapterConfig | null =
    strategy === 'lora_delta_w_svd' && first.config
      ? { ...first.config, r: averaging.rank ?? first.config.r! }
      : first.config;
  return {
    name,
    config,
    tensors: new Map([...combined].map(([key, tensor]) => [withOwner(key, placeholder, name), tensor])),
  };
}

/** No adapter has this name. */
const placeholder = '\u0000';

/** The tensors with the adapter's name replaced by a placeholder. */
function withoutName({ name, tensors }: Parts): ReadonlyMap<string, Tensor> {
  return new Map([...tensors].map(([key, tensor]) => [withOwner(key, name, placeholder), tensor]));
}

function requireSame(
  first: ReadonlyMap<string, Tensor>,
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
  strategy: AveragingStrategy,
): void {
  for (const [key, { shape }] of first) {
    const other = tensors.get(key);
    const anyRank = strategy === 'lora_delta_w_svd';
    if (!other || (!anyRank && other.shape.join() !== shape.join()) || tensors.size !== first.size)
      throw fail(`"${name}" has other tensors than the first adapter: ${withOwner(key, placeholder, name)}.`);
  }
}

function linear(
  all: readonly ReadonlyMap<string, Tensor>[],
  shares: readonly number[],
  strategy: AveragingStrategy,
): ReadonlyMap<string, Tensor> {
  return new Map(
    [...all[0]!].map(([key, { shape, data }]) => {
      const share = (i: number) =>
        strategy === 'lora_linear_only_negate_b' && key.endsWith('.lora_A')
          ? Math.abs(shares[i]!)
          : shares[i]!;
      const sum = new Float64Array(data.length);
      all.forEach((tensors, i) => {
        const values = tensors.get(key)!.data;
        for (let k = 0; k < sum.length; k++) sum[k]! += share(i) * values[k]!;
      });
      return [key, { shape, data: Float32Array.from(sum) }];
    }),
  );
}

const rowsOf = ({ shape, data }: Tensor): Matrix =>
  Matrix.from1DArray(shape[0]!, shape[1]!, Array.from(data));

function svdOfDeltas(
  all: readonly ReadonlyMap<string, Tensor>[],
  shares: readonly number[],
  rank: number,
): ReadonlyMap<string, Tensor> {
  const result = new Map<string, Tensor>();
  for (const key of all[0]!.keys()) {
    if (!key.endsWith('.lora_A')) continue;
    const partner = key.replace(/lora_A$/, 'lora_B');
    const delta = all
      .map((tensors, i) =>
        rowsOf(tensors.get(partner)!)
          .mmul(rowsOf(tensors.get(key)!))
          .mul(shares[i]!),
      )
      .reduce((sum, term) => sum.add(term));
    const [out, into] = [delta.rows, delta.columns];
    if (rank > Math.min(out, into))
      throw fail(`A rank of ${rank} is more than a ${out} × ${into} matrix has.`);
    const svd = new SingularValueDecomposition(delta, { autoTranspose: true });
    const [u, v, s] = [svd.leftSingularVectors, svd.rightSingularVectors, svd.diagonal];
    const a = Float32Array.from({ length: rank * into }, (_, k) => v.get(k % into, Math.floor(k / into)));
    const b = Float32Array.from(
      { length: out * rank },
      (_, k) => u.get(Math.floor(k / rank), k % rank) * s[k % rank]!,
    );
    result.set(key, { shape: [rank, into], data: a });
    result.set(partner, { shape: [out, rank], data: b });
  }
  return result;
}
