/** Whatever IndexedDB can hold goes through a file and back. */
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeValue, encodeValue } from './record-file';

const throughFile = async (value: unknown) =>
  decodeValue(JSON.parse(JSON.stringify(await encodeValue(value))));

it('keeps any value of JavaScript', async () => {
  const anything = fc.anything({
    // Without dates of no day: sets of them are never equal to Node, which compares their numbers.
    values: [
      fc.boolean(),
      fc.integer(),
      fc.double(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(null, undefined),
      fc.date({ noInvalidDate: true }),
    ],
    withBigInt: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withNullPrototype: false,
    key: fc.oneof(fc.string(), fc.constantFrom('$type', '__proto__', 'constructor', 'same')),
  });
  await fc.assert(
    fc.asyncProperty(anything, async (value) => {
      // Not `toStrictEqual`, which takes an own `constructor` for the type.
      expect(isDeepStrictEqual(await throughFile(value), value), fc.stringify(value)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

it('keeps a date of no day', async () => {
  expect(await throughFile({ savedAt: new Date(Number.NaN) })).toEqual({ savedAt: new Date(Number.NaN) });
});

it('keeps a value that holds itself, and one that is there twice', async () => {
  const shared = [1, -0, Number.NaN];
  const value: Record<string, unknown> = { first: shared, second: shared, map: new Map([['again', shared]]) };
  value.itself = value;
  const back = (await throughFile(value)) as typeof value;
  expect(back.itself).toBe(back);
  expect(back.second).toBe(back.first);
  expect((back.map as Map<string, unknown>).get('again')).toBe(back.first);
  expect(back.first).toStrictEqual([1, -0, Number.NaN]);
});

it('keeps a part of a buffer as that part, bytes and files with their names', async () => {
  const part = new Float32Array(new Float32Array([1, 2, 3, 4]).buffer, 4, 2);
  expect(await throughFile(part)).toStrictEqual(new Float32Array([2, 3]));
  expect(await throughFile(new Uint8Array([1, 2]).buffer)).toStrictEqual(new Uint8Array([1, 2]).buffer);
  const file = (await throughFile(new File(['ä,b'], 'a.csv', { type: 'text/csv', lastModified: 5 }))) as File;
  expect([file.name, file.type, file.lastModified, await file.text()]).toEqual([
    'a.csv',
    'text/csv',
    5,
    'ä,b',
  ]);
  const blob = (await throughFile(new Blob(['x']))) as Blob;
  expect([blob instanceof File, await blob.text()]).toEqual([false, 'x']);
});

it('names what it cannot keep', async () => {
  expect(await encodeValue({ of: Symbol('s'), by: new WeakSet() })).toEqual({
    of: { $type: 'unknown', name: 'symbol' },
    by: { $type: 'unknown', name: 'WeakSet' },
  });
  expect(() => decodeValue({ $type: 'WeakSet' })).toThrow('no value is written as WeakSet');
});
