import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf, expectErrorOr, mutations } from '../../test/hostile';
import { toFloat32 } from './dtypes';
import { readSafetensors, SafetensorsFile, writeSafetensors } from './safetensors';

const encoder = new TextEncoder();

/** A file with this header text and so many bytes of data. */
function fileOf(header: string | object, dataBytes: number): Uint8Array {
  const text = encoder.encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const tensor = (dtype: string, shape: number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
const open = (header: string | object, dataBytes: number) =>
  new SafetensorsFile(fileOf(header, dataBytes), 'm.safetensors');

describe('safetensors', () => {
  it('reads back what it writes, names of any kind included', () => {
    const tensors = new Map([
      ['a.weight', { shape: [2, 2], data: new Float32Array([1, -0, Number.NaN, 3e38]) }],
      ['__proto__', { shape: [0, 5], data: new Float32Array(0) }],
      ['名 "🙂"', { shape: [], data: new Float32Array([5]) }],
    ]);
    const bytes = writeSafetensors(tensors);
    expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0);
    const read = readSafetensors(bytes, 'm.safetensors');
    expect([...read.keys()]).toEqual([...tensors.keys()]);
    for (const [name, { shape, data }] of tensors)
      expect(read.get(name)).toEqual({ dtype: 'F32', shape, data });
  });

  it('reads at any alignment', () => {
    const bytes = writeSafetensors(new Map([['a', { shape: [2], data: new Float32Array([1, 2]) }]]));
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(readSafetensors(shifted.subarray(3), 'm').get('a')!.data).toEqual(new Float32Array([1, 2]));
  });

  it('converts F16, BF16 and F64', () => {
    const bytes = (values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);
    // IEEE 754 binary16: 1, -2, largest, smallest normal, smallest and largest subnormal, zeros, infinity, NaN
    expect([
      ...toFloat32(bytes([0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x03ff, 0x8000, 0x7c00, 0x7e00]), 'F16'),
    ]).toEqual([1, -2, 65504, 2 ** -14, 2 ** -24, 1023 * 2 ** -24, -0, Number.POSITIVE_INFINITY, Number.NaN]);
    expect([...toFloat32(bytes([0x3f80, 0xc049, 0xff80]), 'BF16')]).toEqual([
      1,
      -3.140625,
      Number.NEGATIVE_INFINITY,
    ]);
    expect([...toFloat32(new Uint8Array(new Float64Array([0.1, -1e300]).buffer), 'F64')]).toEqual([
      Math.fround(0.1),
      Number.NEGATIVE_INFINITY,
    ]);
  });

  it('converts every half as arithmetic does', () => {
    const all = toFloat32(new Uint8Array(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer), 'F16');
    for (let half = 0; half < 65536; half++) {
      const [sign, exponent, mantissa] = [half >> 15 ? -1 : 1, (half >> 10) & 31, half & 1023];
      const expected =
        exponent === 31
          ? mantissa
            ? Number.NaN
            : sign * Number.POSITIVE_INFINITY
          : exponent === 0
            ? sign * mantissa * 2 ** -24
            : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
      if (!Object.is(all[half], expected)) expect([half, all[half]]).toEqual([half, expected]);
    }
  });

  it('opens the embedded base models', () => {
    for (const [model, hiddenSize] of [
      ['roberta-mini', 384],
      ['roberta-tiny', 128],
    ] as const) {
      const path = fileURLToPath(new URL(`../../public/models/${model}/model.safetensors`, import.meta.url));
      const file = new SafetensorsFile(new Uint8Array(readFileSync(path)), path);
      const { shape, data } = file.tensor('roberta.embeddings.word_embeddings.weight');
      expect(shape[1]).toBe(hiddenSize);
      expect(data.every(Number.isFinite)).toBe(true);
    }
  });

  it('lists integers and refuses to read them as weights', () => {
    const file = open({ position_ids: tensor('I64', [1, 2], 0, 16), a: tensor('F32', [1], 16, 20) }, 20);
    expect(file.entries.get('position_ids')).toMatchObject({ dtype: 'I64', isFloat: false });
    expect(codeOf(() => file.tensor('position_ids'))).toBe('safetensors-dtype');
    expect(codeOf(() => file.tensor('b'))).toBe('safetensors-missing');
    expect([...readSafetensors(fileOf({ i: tensor('I64', [1], 0, 8) }, 8), 'm').keys()]).toEqual([]);
  });

  it.each([
    [
      'an LFS pointer',
      encoder.encode('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'),
      'file-lfs-pointer',
    ],
    ['a page', encoder.encode('\n<!doctype html>\n<html></html>'), 'file-html'],
    ['nothing', new Uint8Array(), 'file-empty'],
    ['a short file', new Uint8Array(9), 'safetensors-truncated'],
    ['another kind of file', encoder.encode('PK\x03\x04 and so on and on'), 'safetensors-header'],
    ['a header beyond the end', fileOf('{}', 0).fill(3, 0, 1), 'safetensors-truncated'],
    ['a huge header', fileOf('{}', 0).fill(0x7f, 0, 8), 'safetensors-header'],
    ['broken JSON', fileOf('{"a":}', 0), 'safetensors-json'],
    ['broken UTF-8', fileOf('{"a":1}', 0).fill(0xff, 10, 11), 'safetensors-json'],
    ['a deep header', fileOf(`{"a":${'['.repeat(1e5)}`, 0), 'safetensors-json'],
    [
      'a name twice',
      fileOf('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{}}', 0),
      'safetensors-duplicate-key',
    ],
    [
      'a field twice',
      fileOf('{"a":{"dtype":"U8","dtype":"F32","shape":[0],"data_offsets":[0,0]}}', 0),
      'safetensors-duplicate-key',
    ],
    ['metadata that is not text', fileOf({ __metadata__: { a: 1 } }, 0), 'safetensors-metadata'],
    ['a tensor that is none', fileOf({ a: [] }, 0), 'safetensors-tensor'],
    ['an unknown field', fileOf({ a: { ...tensor('U8', [0], 0, 0), x: 1 } }, 0), 'safetensors-tensor'],
    ['an unknown dtype', fileOf({ a: tensor('F99', [1], 0, 4) }, 4), 'safetensors-dtype'],
    ['a dtype from the prototype', fileOf({ a: tensor('constructor', [1], 0, 4) }, 4), 'safetensors-dtype'],
    ['a negative size', fileOf({ a: tensor('U8', [-1], 0, 4) }, 4), 'safetensors-tensor'],
    ['a fractional size', fileOf({ a: tensor('U8', [1.5], 0, 4) }, 4), 'safetensors-tensor'],
    [
      'an overflowing shape',
      fileOf({ a: tensor('F32', [2 ** 52, 2 ** 52, 2 ** 24], 0, 0) }, 0),
      'safetensors-tensor',
    ],
    [
      'an overflow beside a 0',
      fileOf({ a: tensor('F32', [2 ** 32, 2 ** 32, 0], 0, 0) }, 0),
      'safetensors-tensor',
    ],
    [
      'a size of 1.0',
      fileOf('{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}', 1),
      'safetensors-header',
    ],
    [
      'an offset of -0',
      fileOf('{"a":{"dtype":"U8","shape":[1],"data_offsets":[-0,1]}}', 1),
      'safetensors-header',
    ],
    [
      'an end of 1e0',
      fileOf('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1e0]}}', 1),
      'safetensors-header',
    ],
    [
      'half a character',
      fileOf('{"\\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', 0),
      'safetensors-json',
    ],
    ['half a character in the metadata', fileOf('{"__metadata__":{"a":"\\udc00"}}', 0), 'safetensors-json'],
    ['a header of 3 MB', fileOf(`{${' '.repeat(3e6)}}`, 0), 'safetensors-header'],
    ['offsets in disorder', fileOf({ a: tensor('U8', [4], 4, 0) }, 4), 'safetensors-offsets'],
    ['offsets of another size', fileOf({ a: tensor('F32', [2], 0, 4) }, 4), 'safetensors-offsets'],
    ['a hole', fileOf({ a: tensor('U8', [2], 0, 2), b: tensor('U8', [1], 3, 4) }, 4), 'safetensors-offsets'],
    ['a hole at the start', fileOf({ a: tensor('U8', [2], 2, 4) }, 4), 'safetensors-offsets'],
    [
      'an overlap',
      fileOf({ a: tensor('U8', [3], 0, 3), b: tensor('U8', [2], 2, 4) }, 4),
      'safetensors-offsets',
    ],
    ['data behind the last tensor', fileOf({ a: tensor('U8', [3], 0, 3) }, 4), 'safetensors-offsets'],
    ['missing data', fileOf({ a: tensor('U8', [5], 0, 5) }, 4), 'safetensors-truncated'],
  ])('names %s', (_, bytes, code) => {
    expect(codeOf(() => new SafetensorsFile(bytes, 'm.safetensors'))).toBe(code);
  });

  it('allows braces, quotes and equal names in different objects', () => {
    const header = `{"{\\"a\\",-1.0e1":${JSON.stringify(tensor('U8', [0], 0, 0))},"b" : ${JSON.stringify(tensor('U8', [0], 0, 0))}} `;
    expect([...open(header, 0).entries.keys()]).toEqual(['{"a",-1.0e1', 'b']);
  });

  it('ends every damaged file in tensors or a StudioError', () => {
    const bytes = writeSafetensors(
      new Map([
        ['a', { shape: [2, 3], data: new Float32Array(6).fill(1) }],
        ['b', { shape: [3], data: new Float32Array(3).fill(2) }],
      ]),
    );
    const header = bytes.subarray(0, bytes.length - 36); // most of the interest lies here
    const damaged = fc.oneof(
      mutations(bytes),
      mutations(header).map((start) => new Uint8Array([...start, ...bytes.subarray(bytes.length - 36)])),
    );
    fc.assert(
      fc.property(damaged, (mutated) => {
        expectErrorOr(
          () => readSafetensors(mutated, 'm.safetensors'),
          (tensors) => {
            for (const { shape, data } of tensors.values())
              expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
          },
        );
      }),
      { numRuns: 2000, seed: 3 },
    );
  });
});
