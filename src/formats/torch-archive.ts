/**
 * The zip container as torch's PyTorchStreamWriter lays it out (pytorch caffe2/serialize/inline_container.cc with
 * miniz): stored entries with data descriptors, data at multiples of 64 bytes, ZIP64 end records always present.
 */
import { crc32 } from './crc32';

const alignment = 64;
const flags = 0x0808; // UTF-8 names; crc and sizes in a descriptor behind the data

interface Entry {
  readonly name: Uint8Array;
  readonly data: Uint8Array;
  readonly crc: number;
  readonly offset: number;
  /** Length of the padding inside the extra field `FB`. */
  readonly padding: number;
}

/** The archive `<root>/…` with the pickle and the storages `data/0`, `data/1`, …: entries in torch's order. */
export function writeTorchArchive(
  root: string,
  pickle: Uint8Array,
  storages: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const contents: [string, Uint8Array][] = [
    ['data.pkl', pickle],
    ['.format_version', encoder.encode('1')],
    ['.storage_alignment', encoder.encode(String(alignment))],
    ['byteorder', encoder.encode('little')],
    ...storages.map((data, i): [string, Uint8Array] => [`data/${i}`, data]),
    ['version', encoder.encode('3\n')],
  ];
  const entries: Entry[] = [];
  let offset = 0;
  const add = (path: string, data: Uint8Array) => {
    const name = encoder.encode(`${root}/${path}`);
    const padding = (alignment - ((offset + 30 + name.length + 4) % alignment)) % alignment;
    entries.push({ name, data, crc: crc32(data), offset, padding });
    offset += 30 + name.length + 4 + padding + data.length + 16;
  };
  for (const [path, data] of contents) add(path, data);
  add('.data/serialization_id', encoder.encode(serializationId(entries.map(({ crc }) => crc))));
  return layOut(entries, offset);
}

/**
 * 40 digits. torch's first half is a hash of the entry names in the order of a C++ hash table, so it is left 0; the
 * second half combines the checksums like `c10::hash_combine`. Nothing reads it.
 */
function serializationId(checksums: readonly number[]): string {
  let seed = 0n;
  for (const crc of checksums)
    seed = BigInt.asUintN(64, seed ^ (BigInt(crc) + 0x9e3779b9n + (seed << 6n) + (seed >> 2n)));
  return '0'.repeat(20) + seed.toString().padStart(20, '0');
}

function layOut(entries: readonly Entry[], directoryOffset: number): Uint8Array<ArrayBuffer> {
  const directorySize = entries.reduce((size, { name }) => size + 46 + name.length, 0);
  const bytes = new Uint8Array(directoryOffset + directorySize + 56 + 20 + 22);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const u16 = (value: number) => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const u32 = (value: number) => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const u64 = (value: number) => {
    view.setBigUint64(at, BigInt(value), true);
    at += 8;
  };
  const raw = (value: Uint8Array) => {
    bytes.set(value, at);
    at += value.length;
  };
  for (const { name, data, crc, padding } of entries) {
    u32(0x04034b50);
    u16(0); // version needed
    u16(flags);
    u16(0); // stored
    u32(0); // time and date
    u32(0); // crc and sizes: in the descriptor
    u32(0);
    u32(0);
    u16(name.length);
    u16(4 + padding);
    raw(name);
    u16(0x4246); // "FB"
    u16(padding);
    bytes.fill(0x5a, at, at + padding);
    at += padding;
    raw(data);
    u32(0x08074b50);
    u32(crc);
    u32(data.length);
    u32(data.length);
  }
  for (const { name, data, crc, offset } of entries) {
    u32(0x02014b50);
    u16(0); // made by
    u16(0); // version needed
    u16(flags);
    u16(0);
    u32(0);
    u32(crc);
    u32(data.length);
    u32(data.length);
    u16(name.length);
    u16(0); // extra, comment, disk, attributes
    u16(0);
    u16(0);
    u16(0);
    u32(0);
    u32(offset);
    raw(name);
  }
  u32(0x06064b50); // ZIP64 end record
  u64(44);
  u16(0x031e); // made by
  u16(45);
  u32(0);
  u32(0);
  u64(entries.length);
  u64(entries.length);
  u64(directorySize);
  u64(directoryOffset);
  u32(0x07064b50); // its locator
  u32(0);
  u64(directoryOffset + directorySize);
  u32(1);
  u32(0x06054b50); // end record
  u32(0);
  u16(entries.length);
  u16(entries.length);
  u32(directorySize);
  u32(directoryOffset);
  u16(0);
  return bytes;
}
