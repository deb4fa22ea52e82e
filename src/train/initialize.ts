/**
 * Fresh values of a run's parameters from their initial distributions and the seed. Every tensor has its own stream,
 * keyed by its name, so adding a layer does not change the others.
 */
import { Mt19937 } from '../data/random';
import { fold, siteHash } from '../ops/dropout/rng';
import type { TrainableTensor } from './programs';

export function initialize(
  tensors: readonly TrainableTensor[],
  seed: number,
): Map<string, { shape: readonly number[]; data: Float32Array }> {
  return new Map(tensors.map((tensor) => [tensor.name, { shape: tensor.shape, data: draw(tensor, seed) }]));
}

function draw({ name, shape, initializer }: TrainableTensor, seed: number): Float32Array {
  const data = new Float32Array(shape.reduce((product, n) => product * n, 1));
  if (initializer.kind === 'constant') return data.fill(initializer.value);
  const generator = new Mt19937(fold(siteHash(name), seed));
  // 32 random bits to the open interval (0, 1), so that the logarithm below is finite.
  const uniform = () => (generator.random32() + 0.5) / 2 ** 32;
  for (let i = 0; i < data.length; i++) {
    data[i] =
      initializer.kind === 'uniform'
        ? initializer.bound * (2 * uniform() - 1)
        : // Box & Muller 1958.
          initializer.standardDeviation *
          Math.sqrt(-2 * Math.log(uniform())) *
          Math.cos(2 * Math.PI * uniform());
  }
  return data;
}
