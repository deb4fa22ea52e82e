/**
 * Ejects the network that makes a prefix (`eject_prefix_tuning` of the library): what it computes, wte → Linear → act → Linear,
 * is stored as a flat prefix. The same function with far fewer numbers; what trains on afterwards is the prefix itself.
 *
 * Computed in float64 and rounded to float32 once, so that logits differ by that rounding alone.
 */
import { invariant, StudioError } from '../../errors';
import { activationFunctions } from '../../ops/activation/activation';
import type { AdapterConfig } from '../config';
import { readNonLinearity } from './activation-key';

interface Matrix {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

interface Prefix {
  readonly config: AdapterConfig;
  readonly tensors: ReadonlyMap<string, Matrix>;
}

/** Throws `no-prefix-network` where there is none. */
export function ejectPrefix({ config, tensors }: Prefix, adapterName: string): Prefix {
  if (config.architecture !== 'prefix_tuning' || config.flat === true)
    throw new StudioError(
      'no-prefix-network',
      `"${adapterName}" has no network that makes a prefix.`,
      'Choose an adapter of prefix tuning that is not flat.',
    );
  const module = moduleOf([...tensors.keys()]);
  const own = [...tensors].filter(([name]) => !name.startsWith(`${module}.`) && !copies.test(name));
  const flat = flatPrefix(config, (name) => tensors.get(`${module}.${name}`)!);
  return {
    config: { ...config, flat: true },
    tensors: new Map([...own, [`${module}.control_trans`, flat]]),
  };
}

/** The library's files have the network again in every layer. */
const copies = /\.prefix_tuning\.pool\./;

/** E.g. `roberta.prefix_tuning.prefix_tunings.<name>.self_prefix`. */
function moduleOf(names: readonly string[]): string {
  const last = '.wte.weight';
  const first = names.find((name) => name.endsWith(last) && !copies.test(name));
  invariant(first, 'ejectPrefix: no tensor of the network');
  return first.slice(0, -last.length);
}

/** [P · 2 L H] from wte [P, H], the first layer [b, H] and the second [2 L H, b]. */
function flatPrefix(config: AdapterConfig, tensor: (name: string) => Matrix): Matrix {
  const name = readNonLinearity('prefix_tuning', config, 'tanh');
  const act = name === null ? (x: number) => x : activationFunctions[name].value;
  const wte = tensor('wte.weight');
  const [rows] = wte.shape;
  const first = tensor('control_trans.0.weight');
  const hidden = dense(Float64Array.from(wte.data), rows!, first, tensor('control_trans.0.bias')).map(act);
  const second = tensor('control_trans.2.weight');
  const data = Float32Array.from(dense(hidden, rows!, second, tensor('control_trans.2.bias')));
  return { shape: [data.length], data };
}

/** x [M, K] · weightᵀ [K, N] + bias [N] → [M, N]. */
function dense(x: Float64Array, M: number, { shape, data }: Matrix, bias: Matrix): Float64Array {
  const [N, K] = [shape[0]!, shape[1]!];
  const y = new Float64Array(M * N);
  for (let m = 0; m < M; m++)
    for (let n = 0; n < N; n++) {
      let sum = bias.data[n]!;
      for (let k = 0; k < K; k++) sum += x[m * K + k]! * data[n * K + k]!;
      y[m * N + n] = sum;
    }
  return y;
}
