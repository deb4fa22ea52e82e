import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { fixturesFolder } from '../../test/fixtures-folder';
import { codeOf, expectErrorOr, mutations } from '../../test/hostile';
import type { Tensor } from './bundle';
import { readSafetensors, writeSafetensors } from './safetensors';
import { readTorchBin, writeTorchBin } from './torch-bin';
import { readZipDirectory } from './zip-directory';

const formats = join(fixturesFolder(), 'formats');

function filesUnder(folder: string, extension: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .flatMap((path) =>
      statSync(path).isDirectory() ? filesUnder(path, extension) : path.endsWith(extension) ? [path] : [],
    );
}

const bins = filesUnder(formats, '.bin');
const fileRoot = (path: string) => path.split('/').at(-1)!.replace('.bin', '');

/** The bytes with the 40 digits of the serialization id, its checksum and its descriptor's made equal. */
function withoutSerializationId(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const entry = readZipDirectory(copy, 'file', 1e5).find(({ name }) => name.endsWith('serialization_id'))!;
  const start = entry.packed.byteOffset;
  copy.fill(0x30, start, start + 20);
  copy.fill(0, start + 44, start + 48);
  const name = new TextEncoder().encode('.data/serialization_id');
  const directoryName = Buffer.from(copy.buffer).lastIndexOf(Buffer.from(name));
  const header = Buffer.from(copy.buffer).lastIndexOf(Buffer.from('PK\x01\x02', 'latin1'), directoryName);
  copy.fill(0, header + 16, header + 20);
  return copy;
}

describe('torch .bin', () => {
  it.each(bins.map((path) => [path.slice(formats.length + 1), path]))('writes %s as torch did', (_, path) => {
    const original = new Uint8Array(readFileSync(path));
    const written = writeTorchBin(readTorchBin(original, path), fileRoot(path));
    expect(written.length).toBe(original.length);
    expect(Buffer.compare(withoutSerializationId(written), withoutSerializationId(original))).toBe(0);
  });

  it.each(
    bins
      .filter((path) => existsSync(safetensorsOf(path)))
      .map((path) => [path.slice(formats.length + 1), path]),
  )('reads the tensors of %s that its safetensors twin has', (_, path) => {
    const tensors = readTorchBin(new Uint8Array(readFileSync(path)), path);
    const twin = readSafetensors(new Uint8Array(readFileSync(safetensorsOf(path))), path);
    expect(twin.size).toBeGreaterThan(0);
    for (const [name, { shape, data }] of twin)
      expect([name, { shape, data }]).toEqual([name, tensors.get(name)]);
  });

  it('stores tensors on the same memory once and reads them back as one', () => {
    const shared = { shape: [2, 3], data: new Float32Array([1, 2, 3, 4, 5, 6]) };
    const tensors = new Map([
      ['a', shared],
      ['b', shared],
      ['c', { shape: [3], data: shared.data.subarray(3) }],
    ]);
    const read = readTorchBin(writeTorchBin(tensors, 'r'), 'r.bin');
    expect(read).toEqual(tensors);
    expect(read.get('a')!.data).toBe(read.get('b')!.data);
    expect(read.get('a')!.data).not.toBe(read.get('c')!.data);
  });

  it('writes more than 1000 tensors, scalars, empty and five-dimensional ones', () => {
    const tensors = new Map<string, Tensor>();
    for (let i = 0; i < 2100; i++)
      tensors.set(`t${i}`, { shape: [1, i % 3], data: new Float32Array(i % 3).fill(i) });
    tensors.set('scalar', { shape: [], data: new Float32Array([7]) });
    tensors.set('five', { shape: [1, 2, 1, 3, 1], data: Float32Array.from({ length: 6 }, (_, i) => -i) });
    tensors.set('wide', { shape: [70_000], data: new Float32Array(70_000).fill(0.5) });
    expect(readTorchBin(writeTorchBin(tensors, 'r'), 'r.bin')).toEqual(tensors);
  });

  it('finds any changed byte or leaves the tensors equal', () => {
    const tensors = new Map<string, Tensor>([
      ['a.lora_A', { shape: [2, 3], data: new Float32Array([1, -2, 3, 4, 5e-8, 6]) }],
      ['a.lora_B', { shape: [3, 2], data: new Float32Array([0, 0.5, -0, 4, 5, 6]) }],
    ]);
    const bytes = writeTorchBin(tensors, 'pytorch_adapter');
    fc.assert(
      fc.property(mutations(bytes), (mutated) => {
        expectErrorOr(
          () => readTorchBin(mutated, 'x.bin'),
          (read) => expect(read).toEqual(tensors),
        );
      }),
      { numRuns: 2000, seed: 7 },
    );
  });

  it('refuses ZIP64 ends that say something else than the end record', () => {
    const bytes = writeTorchBin(new Map([['a', { shape: [1], data: new Float32Array([1]) }]]), 'r');
    const record = Buffer.from(bytes).lastIndexOf('PK\x06\x06', undefined, 'latin1');
    const end = bytes.length - 22;
    expect(record).toBe(end - 76);
    for (const field of [4, 16, 20, 24, 32, 40, 48, 60, 64, 72]) {
      const changed = bytes.slice();
      changed[record + field]!++;
      expect([field, codeOf(() => readTorchBin(changed, 'r.bin'))]).toEqual([field, 'zip-layout']);
    }
  });

  it.each<[string, Record<string, string>, string]>([
    ['no version', { version: '' }, 'torch-bin-layout'],
    ['version 11', { version: '11\n' }, 'torch-bin-layout'],
    ['big numbers first', { version: '3', byteorder: 'big' }, 'torch-bin-byteorder'],
    ['an alignment that is no number', { version: '3', '.storage_alignment': 'x' }, 'torch-bin-layout'],
    ['a program', { version: '3', 'constants.pkl': '\x80\x02}.' }, 'torch-bin-layout'],
    [
      'a serialization id that is no text',
      { version: '3', '.data/serialization_id': 'é' },
      'torch-bin-layout',
    ],
  ])('refuses %s', (_, records, code) => {
    const files: Record<string, Uint8Array> = { 'r/data.pkl': new TextEncoder().encode('}.') };
    for (const [name, value] of Object.entries(records)) files[`r/${name}`] = new TextEncoder().encode(value);
    expect(codeOf(() => readTorchBin(zipSync(files, { level: 0 }), 'r.bin'))).toBe(code);
  });

  it('refuses entries that are compressed or beside the folder of the first', () => {
    const content = { 'data.pkl': new TextEncoder().encode('}.'), version: new TextEncoder().encode('3') };
    expect(readTorchBin(zipSync({ r: content }, { level: 0 }), 'r.bin').size).toBe(0);
    expect(codeOf(() => readTorchBin(zipSync({ r: content }, { level: 6 }), 'r.bin'))).toBe(
      'torch-bin-layout',
    );
    const other = zipSync({ q: { x: new Uint8Array() }, r: content }, { level: 0 });
    expect(codeOf(() => readTorchBin(other, 'r.bin'))).toBe('torch-bin-layout');
  });

  it('names what stands in for the file', () => {
    const text = (value: string) => new TextEncoder().encode(value);
    expect(codeOf(() => readTorchBin(text('version https://git-lfs.github.com/spec/v1\noid'), 'a'))).toBe(
      'file-lfs-pointer',
    );
    expect(codeOf(() => readTorchBin(text('<!DOCTYPE html><html>'), 'a'))).toBe('file-html');
    expect(codeOf(() => readTorchBin(new Uint8Array(), 'a'))).toBe('file-empty');
    expect(codeOf(() => readTorchBin(new Uint8Array([0x80, 2, 0x8a, 10]), 'a'))).toBe('torch-bin-old');
    expect(codeOf(() => readTorchBin(writeSafetensors(new Map()), 'a'))).toBe('zip-layout');
  });
});

function safetensorsOf(path: string): string {
  return path
    .replace('/bin/', '/safetensors/')
    .replace('pytorch_adapter.bin', 'adapter.safetensors')
    .replace('pytorch_model_head.bin', 'model_head.safetensors')
    .replace('adapter_model.bin', 'adapter_model.safetensors');
}
