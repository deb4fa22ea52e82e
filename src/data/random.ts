/**
 * The Mersenne Twister and torch's permutation on top of it, so that a run's data order is the one Python draws from the
 * same seed.
 */

const size = 624;
const shift = 397;

/** MT19937 of Matsumoto & Nishimura 1998, seeded as `torch.Generator().manual_seed` does. */
export class Mt19937 {
  readonly #state = new Uint32Array(size);
  #next = size;

  /** Only the low 32 bits of the seed count, as in torch's CPU generator. */
  constructor(seed: number) {
    this.#state[0] = seed >>> 0;
    for (let i = 1; i < size; i++) {
      const previous = this.#state[i - 1]! ^ (this.#state[i - 1]! >>> 30);
      this.#state[i] = Math.imul(previous, 1812433253) + i;
    }
  }

  /** Uniform on 0 … 2³² − 1. */
  random32(): number {
    if (this.#next === size) this.#twist();
    let y = this.#state[this.#next++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < size; i++) {
      const y = (state[i]! & 0x80000000) | (state[(i + 1) % size]! & 0x7fffffff);
      state[i] = state[(i + shift) % size]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}

/** `torch.randperm(n, generator=torch.Generator().manual_seed(seed))` on a CPU (ATen `randperm_cpu`, n below 2³² / 20). */
export function torchRandperm(n: number, seed: number): Uint32Array {
  const generator = new Mt19937(seed);
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  for (let i = 0; i < n - 1; i++) {
    const other = i + (generator.random32() % (n - i));
    const value = order[i]!;
    order[i] = order[other]!;
    order[other] = value;
  }
  return order;
}

/** Row indices of one epoch in batches, the last one possibly smaller: epoch e is shuffled with seed + e. */
export function epochOrder(n: number, batchSize: number, seed: number, epoch: number): Uint32Array[] {
  const order = torchRandperm(n, seed + epoch);
  return Array.from({ length: Math.ceil(n / batchSize) }, (_, i) =>
    order.subarray(i * batchSize, (i + 1) * batchSize),
  );
}
