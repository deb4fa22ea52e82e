/**
 * Small files that promise or unpack to much: each is refused by name before it costs a second or 300 MB. The peak of
 * memory is the process's, which Linux resets on demand (man 5 proc, clear_refs); elsewhere only the names are tested.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readAdapterHub } from '../src/formats/adapterhub';
import { crc32 } from '../src/formats/crc32';
import { readSafetensors } from '../src/formats/safetensors';
import { writeTorchArchive } from '../src/formats/torch-archive';
import { readTorchBin } from '../src/formats/torch-bin';
import { readZip } from '../src/formats/zip';
import { codeOf, limits, timed } from './hostile';

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

/** A little-endian number as [bytes, value]. */
type Field = readonly [2 | 4, number];

interface PackedFile {
  readonly name: string;
  readonly packed: Uint8Array;
  readonly sizeBytes: number;
  readonly crc: number;
}

/** A deflated archive that declares what it is told to. */
function zipOf(files: readonly PackedFile[], declaredCount = files.length): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, packed, sizeBytes, crc } of files) {
    const common: Field[] = [
      [2, 20], // version needed
      [2, 0],
      [2, 8], // deflated
      [4, 0],
      [4, crc],
      [4, packed.length],
      [4, sizeBytes],
      [4, name.length], // and no extra field
    ];
    const local = record([[4, 0x04034b50], ...common]);
    const place: Field[] = [
      [4, 0], // no comment, first disk
      [2, 0],
      [4, 0],
      [4, offset],
    ];
    parts.push(local, latin1(name), packed);
    directory.push(record([[4, 0x02014b50], [2, 20], ...common, ...place]), latin1(name));
    offset += local.length + name.length + packed.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = record([
    [4, 0x06054b50],
    [4, 0],
    [2, declaredCount],
    [2, declaredCount],
    [4, size],
    [4, offset],
    [2, 0],
  ]);
  return new Uint8Array(Buffer.concat([...parts, ...directory, end]));
}

function record(fields: readonly Field[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, [size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return bytes;
}

/** `sizeBytes` zeros, declared as `declared`. */
function zeros(name: string, sizeBytes: number, declared = sizeBytes): PackedFile {
  const content = new Uint8Array(sizeBytes);
  return { name, packed: deflateRawSync(content, { level: 9 }), sizeBytes: declared, crc: crc32(content) };
}

function safetensorsOf(header: string, length = BigInt(header.length)): Uint8Array {
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  bytes.set(latin1(header), 8);
  return bytes;
}

const long = (value: number) => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true);
  return `\x8a\x08${String.fromCharCode(...bytes)}`;
};

/** A file of one tensor on a storage of one float, which the pickle says has `elements`. */
function binOf(shape: readonly number[], elements = 1): Uint8Array {
  const storage = `(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpu${long(elements)}tQ`;
  const sizes = `(${shape.map(long).join('')}t`;
  const strides = `(${shape.map(() => long(0)).join('')}t`;
  const pickle = `\x80\x02}X\x01\0\0\0actorch._utils\n_rebuild_tensor_v2\n(${storage}K\0${sizes}${strides}\x89}tRs.`;
  return pickleFile(pickle, [new Uint8Array(4)]);
}

function pickleFile(pickle: string, storages: readonly Uint8Array[] = []): Uint8Array {
  return writeTorchArchive('a', latin1(pickle), storages);
}

const filled = (unit: string, bytes: number) => unit.repeat(Math.floor(bytes / unit.length));
const pickleBytes = 8e6;

const zip = (bytes: Uint8Array) => () => readZip(bytes, 'a.zip');
const bin = (bytes: Uint8Array) => () => readTorchBin(bytes, 'a.bin');
const safetensors = (bytes: Uint8Array) => () => readSafetensors(bytes, 'a.safetensors');
const keys = () => Array.from({ length: 190_000 }, (_, i) => `"${i.toString(36)}":{}`).join();

const attacks: [string, string, () => () => unknown][] = [
  ['a zip entry of 4 GB', 'zip-too-large', () => zip(zipOf([zeros('a', 100, 0xfffffffe)]))],
  ['a ZIP64 entry', 'zip-too-large', () => zip(zipOf([zeros('a', 100, 0xffffffff)]))],
  [
    '10 GB in 100 zip entries',
    'zip-too-large',
    () => zip(zipOf(Array.from({ length: 100 }, (_, i) => zeros(`${i}`, 100, 100e6)))),
  ],
  ['65,535 zip entries', 'zip-too-large', () => zip(zipOf([zeros('a', 1)], 0xffff))],
  ['60,000 zip entries', 'zip-too-many', () => zip(zipOf([zeros('a', 1)], 60_000))],
  ['a bomb of 60 MB', 'zip-too-large', () => zip(zipOf([zeros('a', 60e6)]))],
  ['a bomb that declares 1 MB', 'zip-too-large', () => zip(zipOf([zeros('a', 60e6, 1e6)]))],
  [
    '200 bombs of 1 MB',
    'zip-too-large',
    () => {
      const one = zeros('a', 1e6);
      return zip(zipOf(Array.from({ length: 200 }, (_, i) => ({ ...one, name: `${i}` }))));
    },
  ],
  ['a compressed .bin', 'torch-bin-layout', () => bin(zipOf([zeros('a/data.pkl', 60e6)]))],
  ['a view of 2 GB of one float', 'torch-bin-too-large', () => bin(binOf([2 ** 29]))],
  ['a view of 2^53 bytes of one float', 'torch-bin-too-large', () => bin(binOf([2 ** 26, 2 ** 25]))],
  ['a view of 2^100 elements', 'torch-bin-too-large', () => bin(binOf([2 ** 50, 2 ** 50]))],
  ['a storage of 10 GB', 'torch-bin-bounds', () => bin(binOf([1], 2.5e9))],
  ['a pickle of 9 MB', 'pickle-malformed', () => bin(pickleFile(filled('}', 9e6)))],
  ['a pickle of dicts', 'pickle-malformed', () => bin(pickleFile(filled('}', pickleBytes)))],
  [
    'a pickle of tuples in tuples',
    'pickle-malformed',
    () => bin(pickleFile(`)${filled('\x85', pickleBytes)}.`)),
  ],
  ['a pickle of marks', 'pickle-malformed', () => bin(pickleFile(`${filled('(', pickleBytes)}.`))],
  ['a pickle of numbers', 'pickle-malformed', () => bin(pickleFile(`(${filled('K\0', pickleBytes)}t.`))],
  ['a pickle of floats', 'pickle-malformed', () => bin(pickleFile(filled('G\0\0\0\0\0\0\0\0', pickleBytes)))],
  ['a pickle of texts', 'pickle-malformed', () => bin(pickleFile(`${filled('X\x01\0\0\0a', pickleBytes)}.`))],
  [
    'a pickle of globals',
    'pickle-malformed',
    () => bin(pickleFile(filled('ccollections\nOrderedDict\n', pickleBytes))),
  ],
  [
    'a pickle of memo entries',
    'pickle-malformed',
    () =>
      bin(
        pickleFile(
          `}${Array.from({ length: 1_500_000 }, (_, i) => `r${String.fromCharCode(i & 255, (i >> 8) & 255, i >> 16, 0)}`).join('')}N.`,
        ),
      ),
  ],
  [
    'a pickle of one long list',
    'pickle-malformed',
    () => bin(pickleFile(`]q\0(${filled('h\0', pickleBytes)}e.`)),
  ],
  [
    'a pickle that asks for a long name',
    'pickle-refused',
    () => bin(pickleFile(`c${filled('a', pickleBytes)}\nb\n.`)),
  ],
  [
    'a safetensors header of 2^53 bytes',
    'safetensors-header',
    () => safetensors(safetensorsOf('{}', 2n ** 53n)),
  ],
  [
    'a safetensors header of 2^64 - 1 bytes',
    'safetensors-header',
    () => safetensors(safetensorsOf('{}', 2n ** 64n - 1n)),
  ],
  [
    'a safetensors tensor of 10 GB',
    'safetensors-truncated',
    () =>
      safetensors(safetensorsOf('{"a":{"dtype":"U8","shape":[10000000000],"data_offsets":[0,10000000000]}}')),
  ],
  [
    'a safetensors tensor of 2^80 bytes',
    'safetensors-tensor',
    () =>
      safetensors(safetensorsOf(`{"a":{"dtype":"U8","shape":[${2 ** 40},${2 ** 40}],"data_offsets":[0,0]}}`)),
  ],
  ['190,000 safetensors names', 'safetensors-dtype', () => safetensors(safetensorsOf(`{${keys()}}`))],
  [
    'a safetensors header of lists',
    'safetensors-tensor',
    () => safetensors(safetensorsOf(`{"a":[${filled('[],', 1.9e6)}[]]}`)),
  ],
  [
    'a safetensors header nested deep',
    'safetensors-json',
    () => safetensors(safetensorsOf(`{"a":${filled('[', 1.9e6)}`)),
  ],
  [
    'a configuration of 30 MB',
    'adapter-json',
    () => {
      const text = latin1(`[${filled('[],', 30e6)}[]]`);
      return () => readAdapterHub(new Map([['head_config.json', text]]), 'a');
    },
  ],
];

/** Peak and present size of the process in bytes; zeros where the system does not say. */
function memory(): { peak: number; present: number } {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const field = (name: string) => 1024 * Number(new RegExp(`${name}:\\s*(\\d+)`).exec(status)?.[1] ?? 0);
  return { peak: field('VmHWM'), present: field('VmRSS') };
}

function resetPeak(): void {
  if (existsSync('/proc/self/clear_refs')) writeFileSync('/proc/self/clear_refs', '5');
}

describe('files that promise much', () => {
  let [slowestMs, largest] = [0, 0];

  it.each(attacks)('refuses %s', (_, code, make) => {
    const read = make();
    resetPeak();
    const before = memory().present;
    const [refusal, first] = timed(() => codeOf(read));
    const bytes = memory().peak - before;
    expect(refusal).toBe(code);
    expect(bytes).toBeLessThan(limits.bytes);
    // Any call can be stalled by a busy machine: the better of two is its own time.
    const ms = first > limits.ms ? Math.min(first, timed(() => codeOf(read))[1]) : first;
    expect(ms).toBeLessThan(limits.ms);
    slowestMs = Math.max(slowestMs, ms);
    largest = Math.max(largest, bytes);
  });

  afterAll(() => {
    console.info(`slowest ${slowestMs.toFixed(0)} ms, largest ${(largest / 1e6).toFixed(0)} MB`);
  });
});
