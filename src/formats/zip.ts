/**
 * Zip files in memory: what a person downloads, and what a person drops. Reading counts the bytes that really come out
 * and stops at its limits: declared sizes may lie.
 */
import { Inflate, type Zippable, zipSync } from 'fflate';
import { crc32 } from './crc32';
import { readZipDirectory, type ZipEntry, zipFail } from './zip-directory';

export interface ZipLimits {
  readonly entries: number;
  /** Unpacked bytes of all entries together. */
  readonly totalBytes: number;
  /** Unpacked by packed bytes of an entry, looked at above 1 MB. */
  readonly ratio: number;
}

/** 256 MB are a bottleneck of half the hidden size in every layer of roberta-large. */
export const defaultZipLimits: ZipLimits = { entries: 200, totalBytes: 256 * 1024 * 1024, ratio: 100 };

/**
 * Unpacked bytes that an archive of this size may have in all: weights shrink to a half at most, so a small archive of
 * much content is a bomb, and never costs more than the first 64 MB.
 */
function mostBytes(archiveBytes: number, limits: ZipLimits): number {
  return Math.min(limits.totalBytes, 64 * 1024 * 1024 + 8 * archiveBytes);
}

/** The first time that a zip can tell. Zips tell times without a zone, and fflate writes those of its own zone. */
const noTime = new Date(1980, 0, 1);

/** Weights shrink by a tenth at most, and take seconds to. */
const isIncompressible = (name: string) => name.endsWith('.onnx');

/** Deflated archive of `files` by name, in the map's order; the same files, with the same time, give the same bytes. */
export function writeZip(files: ReadonlyMap<string, Uint8Array>, mtime = noTime): Uint8Array<ArrayBuffer> {
  const packing: Zippable = Object.create(null);
  for (const [name, bytes] of files) packing[name] = isIncompressible(name) ? [bytes, { level: 0 }] : bytes;
  return zipSync(packing, { level: 6, mtime });
}

/**
 * All files of an archive by path. Throws a `StudioError` with a code `zip-*` for anything encrypted, overlapping,
 * duplicated, pointing outside, beyond `limits` or damaged.
 */
export function readZip(
  bytes: Uint8Array,
  fileName: string,
  limits: ZipLimits = defaultZipLimits,
): Map<string, Uint8Array> {
  const entries = readZipDirectory(bytes, fileName, limits.entries);
  const most = mostBytes(bytes.byteLength, limits);
  let declared = 0; // no entry unpacks to more than it declares, so this is known before anything is unpacked
  for (const { name, sizeBytes } of entries) {
    declared += sizeBytes;
    if (declared > most)
      zipFail('too-large', fileName, `unpacks to more than ${most} bytes at entry \`${name}\`.`);
  }
  const files = new Map<string, Uint8Array>();
  for (const entry of entries)
    if (!entry.name.endsWith('/')) files.set(entry.name, unpackEntry(entry, fileName, limits.ratio));
  return files;
}

/**
 * The content of one entry, its CRC-32 checked. A stored entry is a view of the archive. Throws `zip-too-large` once
 * more comes out than it declares or than `ratio` allows (`ZipLimits`), `zip-damaged` where sizes or checksum are wrong.
 */
export function unpackEntry(entry: ZipEntry, fileName: string, ratio: number): Uint8Array {
  const content = entry.method === 'stored' ? entry.packed : inflate(entry, fileName, ratio);
  if (content.byteLength !== entry.sizeBytes || crc32(content) !== entry.crc)
    zipFail('damaged', fileName, `entry \`${entry.name}\` is damaged: its checksum is wrong.`);
  return content;
}

class TooMuch extends Error {}

function inflate(entry: ZipEntry, fileName: string, ratio: number): Uint8Array {
  const tooMuch = (): never =>
    zipFail(
      'too-large',
      fileName,
      `entry \`${entry.name}\` unpacks to more than the ${entry.sizeBytes} bytes it declares, or more than ${ratio} times its packed size.`,
    );
  if (entry.sizeBytes > Math.max(1024 * 1024, entry.packed.byteLength * ratio)) tooMuch();
  const content = new Uint8Array(entry.sizeBytes);
  let size = 0;
  const stream = new Inflate((chunk) => {
    if (size + chunk.byteLength > content.byteLength) throw new TooMuch();
    content.set(chunk, size);
    size += chunk.byteLength;
  });
  const step = 16 * 1024; // deflate expands at most 1032 times: 16 MB between two looks at the limit
  try {
    for (let at = 0; at === 0 || at < entry.packed.byteLength; at += step)
      stream.push(entry.packed.subarray(at, at + step), at + step >= entry.packed.byteLength);
  } catch (error) {
    if (error instanceof TooMuch) tooMuch();
    zipFail(
      'damaged',
      fileName,
      `entry \`${entry.name}\` cannot be unpacked (${error instanceof Error ? error.message : error}).`,
    );
  }
  return content.subarray(0, size);
}
