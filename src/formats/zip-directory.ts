/**
 * The directory of a zip file from a stranger, checked before anything is unpacked: the central directory is the truth,
 * the local headers must agree with it, nothing may overlap, hide or point outside. Knows no compression.
 * Layout: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local), 4.3.12 (central), 4.3.16 (end).
 */
import { StudioError } from '../errors';

export interface ZipEntry {
  readonly name: string;
  readonly method: 'stored' | 'deflated';
  readonly crc: number;
  /** Declared; the reader counts what really comes out. */
  readonly sizeBytes: number;
  /** The bytes as they lie in the file. */
  readonly packed: Uint8Array;
}

interface Record extends ZipEntry {
  readonly begin: number;
  readonly end: number;
}

const endSignature = 0x06054b50;
const centralSignature = 0x02014b50;
const localSignature = 0x04034b50;
const zip64EndSignature = 0x06064b50;
const zip64LocatorSignature = 0x07064b50;
const zip64EndBytes = 56;
const zip64LocatorBytes = 20;

/**
 * Entries in the directory's order, folders (a `/` at the end of the name) included. Throws a `StudioError` with a code `zip-*` that names the file
 * and the entry.
 */
export function readZipDirectory(bytes: Uint8Array, fileName: string, maximumEntries: number): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view, fileName);
  const count = view.getUint16(end + 10, true);
  const directorySize = view.getUint32(end + 12, true);
  const directoryStart = view.getUint32(end + 16, true);
  if (view.getUint32(end + 4, true) !== 0 || view.getUint16(end + 8, true) !== count)
    zipFail('layout', fileName, 'is one part of a split archive.');
  if (count === 0xffff || directorySize === 0xffffffff || directoryStart === 0xffffffff)
    zipFail('too-large', fileName, 'is a ZIP64 archive beyond 4 GB or 65,534 entries.');
  if (count > maximumEntries)
    zipFail('too-many', fileName, `has ${count} entries; at most ${maximumEntries} are read.`);
  const directoryEnd = directoryStart + directorySize;
  if (directoryEnd > end) zipFail('layout', fileName, 'has a directory that reaches beyond its end.');
  checkZip64End(view, { end, count, directoryStart, directorySize }, fileName);

  const records: Record[] = [];
  const seen = new Set<string>();
  let at = directoryStart;
  for (let index = 0; index < count; index++) {
    if (at + 46 > directoryEnd || view.getUint32(at, true) !== centralSignature)
      zipFail('layout', fileName, `has a broken directory at entry ${index + 1} of ${count}.`);
    const nameLength = view.getUint16(at + 28, true);
    const next = at + 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > directoryEnd)
      zipFail('layout', fileName, `has a broken directory at entry ${index + 1} of ${count}.`);
    const nameBytes = bytes.subarray(at + 46, at + 46 + nameLength);
    const name = decodeName(nameBytes, fileName);
    const folded = name.normalize('NFC').toLowerCase();
    if (seen.has(folded))
      zipFail('duplicate', fileName, `has two entries named \`${name}\` (letter case aside).`);
    seen.add(folded);
    const record = readRecord(view, bytes, at, name, nameBytes, directoryStart, fileName);
    records.push(record);
    at = next;
  }
  if (at !== directoryEnd) zipFail('layout', fileName, 'has data in its directory that belongs to no entry.');
  let covered = 0;
  for (const { name, begin, end: finish } of [...records].sort((a, b) => a.begin - b.begin)) {
    if (begin < covered) zipFail('overlap', fileName, `entry \`${name}\` lies over another one.`);
    covered = finish;
  }
  return records;
}

/** Throws the `StudioError` for a zip file that is refused. */
export function zipFail(kind: string, fileName: string, what: string): never {
  throw new StudioError(
    `zip-${kind}`,
    `${fileName}: ${what}`,
    'Unpack it with your system, check what is inside, and pack the adapter’s files again.',
  );
}

/**
 * The end record must close the file: its comment reaches exactly to the last byte. The last signature counts, as it
 * does for other readers; a comment with a second one could show them another directory.
 */
function findEnd(view: DataView, fileName: string): number {
  const lowest = Math.max(0, view.byteLength - 22 - 0xffff);
  for (let at = view.byteLength - 22; at >= lowest; at--) {
    if (view.getUint32(at, true) !== endSignature) continue;
    if (at + 22 + view.getUint16(at + 20, true) === view.byteLength) return at;
    break;
  }
  return zipFail(
    'layout',
    fileName,
    'is not a zip archive, or its end is missing or followed by other data.',
  );
}

/**
 * torch always writes the ZIP64 end records (APPNOTE 4.3.14 and 4.3.15), also where they are not needed, and believes
 * them: they must say what the end record says. Where there are none, the directory reaches to the end record, and
 * nothing in it may pass for a locator.
 */
function checkZip64End(
  view: DataView,
  directory: { end: number; count: number; directoryStart: number; directorySize: number },
  fileName: string,
): void {
  const { end, count, directoryStart, directorySize } = directory;
  const record = directoryStart + directorySize;
  const locator = end - zip64LocatorBytes;
  const hasLocator = locator >= 0 && view.getUint32(locator, true) === zip64LocatorSignature;
  if (record === end && !hasLocator) return;
  if (record + zip64EndBytes !== locator || !hasLocator)
    zipFail('layout', fileName, 'has data between its directory and its end.');
  const u64 = (at: number) => Number(view.getBigUint64(at, true));
  const agrees =
    view.getUint32(record, true) === zip64EndSignature &&
    u64(record + 4) === zip64EndBytes - 12 &&
    u64(record + 16) === 0 && // number of this disk, and of the one where the directory starts
    u64(record + 24) === count &&
    u64(record + 32) === count &&
    u64(record + 40) === directorySize &&
    u64(record + 48) === directoryStart &&
    view.getUint32(locator + 4, true) === 0 &&
    u64(locator + 8) === record &&
    view.getUint32(locator + 16, true) === 1;
  if (!agrees) zipFail('layout', fileName, 'has a ZIP64 end that disagrees with its end record.');
}

function readRecord(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  name: string,
  nameBytes: Uint8Array,
  directoryStart: number,
  fileName: string,
): Record {
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  const crc = view.getUint32(at + 16, true);
  const packedBytes = view.getUint32(at + 20, true);
  const sizeBytes = view.getUint32(at + 24, true);
  const begin = view.getUint32(at + 42, true);
  if (flags & 0x2041) zipFail('encrypted', fileName, `entry \`${name}\` is encrypted.`);
  if (method !== 0 && method !== 8)
    zipFail(
      'method',
      fileName,
      `entry \`${name}\` is packed with method ${method}; only stored and deflated are read.`,
    );
  if (((view.getUint32(at + 38, true) >>> 28) & 0xf) === 0xa)
    zipFail('name', fileName, `entry \`${name}\` is a symbolic link.`);
  if (packedBytes === 0xffffffff || sizeBytes === 0xffffffff || begin === 0xffffffff)
    zipFail('too-large', fileName, `entry \`${name}\` is a ZIP64 entry.`);
  // Readers that go by this attribute take the entry for a folder and leave its content unread.
  if (view.getUint32(at + 38, true) & 0x10 && !name.endsWith('/'))
    zipFail('name', fileName, `entry \`${name}\` is marked as a folder.`);
  if (view.getUint16(at + 34, true) !== 0)
    zipFail('layout', fileName, `entry \`${name}\` is in another part of a split archive.`);
  const disagrees = (): never =>
    zipFail('layout', fileName, `entry \`${name}\`: its own header and the directory disagree.`);
  if (begin + 30 > directoryStart || view.getUint32(begin, true) !== localSignature) disagrees();
  const localNameLength = view.getUint16(begin + 26, true);
  const dataBegin = begin + 30 + localNameLength + view.getUint16(begin + 28, true);
  const end = dataBegin + packedBytes;
  if (end > directoryStart) disagrees();
  if (view.getUint16(begin + 8, true) !== method || view.getUint16(begin + 6, true) !== flags) disagrees();
  if (localNameLength !== nameBytes.length) disagrees();
  for (let i = 0; i < nameBytes.length; i++) if (bytes[begin + 30 + i] !== nameBytes[i]) disagrees();
  // Bit 3: crc and sizes follow the data, and the local header may have zeros.
  const hasDescriptor = (flags & 0x8) !== 0;
  const agrees = (offset: number, value: number) => {
    const local = view.getUint32(begin + offset, true);
    return local === value || (hasDescriptor && local === 0);
  };
  if (!agrees(14, crc) || !agrees(18, packedBytes) || !agrees(22, sizeBytes)) disagrees();
  if (method === 0 && packedBytes !== sizeBytes) disagrees();
  if (name.endsWith('/') && sizeBytes !== 0) zipFail('name', fileName, `the folder \`${name}\` has content.`);
  return {
    name,
    method: method === 0 ? 'stored' : 'deflated',
    crc,
    sizeBytes,
    packed: bytes.subarray(dataBegin, end),
    begin,
    end,
  };
}

function decodeName(nameBytes: Uint8Array, fileName: string): string {
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(nameBytes);
  } catch {
    return zipFail('name', fileName, 'has an entry whose name is not UTF-8.');
  }
  const quoted = JSON.stringify(name);
  if (name === '' || name.length > 1000)
    zipFail('name', fileName, `has an entry with a name of ${name.length} characters.`);
  if (name.startsWith('/') || name.includes('\\') || /^[a-z]:/i.test(name))
    zipFail('name', fileName, `the entry name ${quoted} is an absolute path or has a backslash.`);
  if (
    name
      .split('/')
      .some(
        (part, index, parts) => part === '..' || part === '.' || (part === '' && index < parts.length - 1),
      )
  )
    zipFail('name', fileName, `the entry name ${quoted} has an empty, \`.\` or \`..\` part.`);
  for (const character of name)
    if (isHidden(character.codePointAt(0)!))
      zipFail('name', fileName, `the entry name ${quoted} has a control or direction-changing character.`);
  return name;
}

function isHidden(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code < 0xa0) ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) ||
    code === 0xfeff
  );
}
