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

export const defaultZipLimits: ZipLimits = { entries: 200, totalBytes: 512 * 1024 * 1024, ratio: 100 };

/** Deflated archive of `files` by name, in the map's order; the same files give the same bytes. */
export function writeZip(files: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const packing: Zippable = Object.create(null);
  for (const [name, bytes] of files) packing[name] = bytes;
  return zipSync(packing, { level: 6, mtime: new Date(1980, 0, 1) });
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
  const files = new Map<string, Uint8Array>();
  let total = 0;
  for (const entry of readZipDirectory(bytes, fileName, limits.entries)) {
    const content = unpackEntry(entry, fileName, limits, limits.totalBytes - total);
    total += content.byteLength;
    files.set(entry.name, content);
  }
  return files;
}

/**
 * The content of one entry, its CRC-32 checked. A stored entry is a view of the archive. Throws `zip-too-large` once
 * more than `remainingBytes` came out, `zip-damaged` where sizes or checksum are wrong.
 */
export function unpackEntry(
  entry: ZipEntry,
  fileName: string,
  limits: ZipLimits,
  remainingBytes: number,
): Uint8Array {
  const tooLarge = (): never =>
    zipFail(
      'too-large',
      fileName,
      `unpacks to more than ${limits.totalBytes} bytes at entry \`${entry.name}\`.`,
    );
  if (entry.sizeBytes > remainingBytes) tooLarge();
  const content =
    entry.method === 'stored'
      ? entry.packed
      : inflate(entry, fileName, limits, Math.min(remainingBytes, entry.sizeBytes));
  if (content.byteLength !== entry.sizeBytes || crc32(content) !== entry.crc)
    zipFail('damaged', fileName, `entry \`${entry.name}\` is damaged: its checksum is wrong.`);
  return content;
}

class TooMuch extends Error {}

function inflate(entry: ZipEntry, fileName: string, limits: ZipLimits, maximumBytes: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const limit = Math.min(maximumBytes, Math.max(1024 * 1024, entry.packed.byteLength * limits.ratio));
  const stream = new Inflate((chunk) => {
    size += chunk.byteLength;
    if (size > limit) throw new TooMuch();
    chunks.push(chunk);
  });
  const step = 16 * 1024; // deflate expands at most 1032 times: 16 MB between two looks at the limit
  try {
    for (let at = 0; at === 0 || at < entry.packed.byteLength; at += step)
      stream.push(entry.packed.subarray(at, at + step), at + step >= entry.packed.byteLength);
  } catch (error) {
    if (error instanceof TooMuch)
      zipFail(
        'too-large',
        fileName,
        `entry \`${entry.name}\` unpacks to more than the ${entry.sizeBytes} bytes it declares, or more than ${limits.ratio} times its packed size.`,
      );
    zipFail(
      'damaged',
      fileName,
      `entry \`${entry.name}\` cannot be unpacked (${error instanceof Error ? error.message : error}).`,
    );
  }
  const content = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    content.set(chunk, at);
    at += chunk.byteLength;
  }
  return content;
}
