/**
 * Fresh values of a run's parameters from their initial distributions and the seed. Every tensor has its own stream,
 * keyed by its name, so adding a layer does not change the others.
 */
import { Mt19937 } from '../data/random';
import { invariant } from '../errors';
import { fold, siteHash } from '../ops/dropout/rng';
import type { TrainableTensor } from './programs';

/** `base` gives the values of a tensor of the base model, for initializers that read one. */
export async function initialize(
  tensors: readonly TrainableTensor[],
  seed: number,
  base: BaseReader,
): Promise<Map<string, { shape: readonly number[]; data: Float32Array }>> {
  const drawn = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const tensor of tensors)
    drawn.set(tensor.name, { shape: tensor.shape, data: await draw(tensor, seed, base) });
  return drawn;
}

type BaseReader = (name: string) => Promise<Float32Array | undefined>;

async function draw(
  { name, shape, initializer }: TrainableTensor,
  seed: number,
  base: BaseReader,
): Promise<Float32Array> {
  const data = new Float32Array(shape.reduce((product, n) => product * n, 1));
  const generator = new Mt19937(fold(siteHash(name), seed));
  // 32 random bits to the open interval (0, 1), so that the logarithm below is finite.
  const uniform = () => (generator.random32() + 0.5) / 2 ** 32;
  // Box & Muller 1958.
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const fill = (next: (i: number) => number) => {
    for (let i = 0; i < data.length; i++) data[i] = next(i);
  };
  const baseTensor = async (of: string) => {
    const values = await base(of);
    invariant(values, `initialize: ${name} starts from the base model's ${of}, which is not there`);
    return values;
  };
  switch (initializer.kind) {
    case 'constant':
      return data.fill(initializer.value);
    case 'uniform':
      fill(() => initializer.bound * (2 * uniform() - 1));
      return data;
    case 'normal':
      fill(() => initializer.standardDeviation * normal());
      return data;
    case 'truncatedNormal':
      fill(() => {
        for (;;) {
          const value = initializer.standardDeviation * normal();
          if (Math.abs(value) <= initializer.bound) return value;
        }
      });
      return data;
    case 'diagonal': {
      const cols = shape.at(-1)!;
      fill((i) => (Math.floor(i / cols) === i % cols ? initializer.diagonal : initializer.elsewhere));
      return data;
    }
    case 'orthonormal':
      return orthonormalMatrix(shape[0]!, initializer.rank, () => 2 * uniform() - 1);
    case 'rowNorms': {
      const values = await baseTensor(initializer.of);
      const cols = values.length / data.length;
      fill((row) => Math.hypot(...values.subarray(row * cols, (row + 1) * cols)));
      return data;
    }
    case 'base':
      data.set(await baseTensor(name));
      return data;
  }
}

/**
 * [size, size], row-major: the product of `rank` Householder reflections of random vectors. Its first `rank` columns are
 * orthonormal and of random direction, the others complete the basis.
 */
function orthonormalMatrix(size: number, rank: number, random: () => number): Float32Array {
  const q = Array.from({ length: size }, (_, i) =>
    Float64Array.from({ length: size }, (_unused, j) => (i === j ? 1 : 0)),
  );
  for (let k = 0; k < rank; k++) {
    const v = Float64Array.from({ length: size }, random);
    const squared = v.reduce((total, value) => total + value * value, 0);
    // q ← q (I − 2 v vᵀ / ‖v‖²)
    for (const row of q) {
      const factor = (2 / squared) * row.reduce((total, value, j) => total + value * v[j]!, 0);
      for (let j = 0; j < size; j++) row[j]! -= factor * v[j]!;
    }
  }
  return Float32Array.from(q.flatMap((row) => [...row]));
}
