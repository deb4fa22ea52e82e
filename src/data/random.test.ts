import { expect, it } from 'vitest';
import { epochOrder, torchRandperm } from './random';

// python -c "import torch; p = torch.randperm(n, generator=torch.Generator().manual_seed(s)).tolist();
//            print(p[:12], sum(i * (x % 997) for i, x in enumerate(p)))"   with torch 2.13.0
it.each([
  { n: 10, seed: 42, first: [2, 6, 1, 8, 4, 5, 0, 9, 3, 7], checksum: 223 },
  { n: 1, seed: 0, first: [0], checksum: 0 },
  { n: 2, seed: 7, first: [1, 0], checksum: 0 },
  { n: 25, seed: 43, first: [13, 1, 4, 10, 8, 15, 9, 16, 5, 20, 11, 19], checksum: 3731 },
  {
    n: 8530,
    seed: 42,
    first: [7492, 7704, 3726, 2779, 4264, 7990, 5170, 6267, 1576, 6523, 4148, 5868],
    checksum: 17714793068,
  },
  {
    n: 100000,
    seed: 5,
    first: [53411, 99184, 41565, 33006, 87522, 16190, 40534, 78723, 77920, 13135, 82649, 58212],
    checksum: 2488292683675,
  },
])('permutes $n rows with seed $seed as torch does', ({ n, seed, first, checksum }) => {
  const order = torchRandperm(n, seed);
  expect([...order.subarray(0, 12)]).toEqual(first);
  expect(order.reduce((sum, x, i) => sum + i * (x % 997), 0)).toBe(checksum);
});

it('keeps the last, smaller batch of an epoch and shuffles each epoch anew', () => {
  const epoch = epochOrder(10, 4, 42, 0);
  expect(epoch.map((batch) => batch.length)).toEqual([4, 4, 2]);
  expect(epoch.flatMap((batch) => [...batch])).toEqual([...torchRandperm(10, 42)]);
  expect(epochOrder(10, 4, 42, 1).flatMap((batch) => [...batch])).toEqual([...torchRandperm(10, 43)]);
});
