import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { fixturesFolder } from '../../test/fixtures-folder';
import { codeOf, expectErrorOr, mutations } from '../../test/hostile';
import { crc32 } from './crc32';
import { defaultZipLimits, readZip, writeZip } from './zip';

const text = (value: string) => new TextEncoder().encode(value);
const files = new Map([
  ['adapter_config.json', text('{"name": "main"}\n'.repeat(20))],
  ['sub/ünï 🙂.bin', Uint8Array.from({ length: 999 }, (_, i) => (i * 7) % 256)],
  ['empty', new Uint8Array()],
]);

/** An archive of `files` with `find` replaced by `put` (of equal length) in both headers. */
function renamed(find: string, put: string): Uint8Array {
  const bytes = Buffer.from(writeZip(new Map([[find, text('x')]])));
  for (let at = bytes.indexOf(find); at >= 0; at = bytes.indexOf(find, at + 1))
    bytes.write(put, at, 'latin1');
  return new Uint8Array(bytes);
}

/** An archive of one stored file with the 16-bit or 32-bit fields at these offsets of its headers changed. */
function patched(local: [number, number][], central: [number, number][], content = 'x'): Uint8Array {
  const bytes = Buffer.from(writeZip(new Map([['a', text(content)]])));
  const directory = bytes.indexOf('PK\x01\x02', 0, 'latin1');
  for (const [offset, value] of local) bytes.writeUInt16LE(value, offset);
  for (const [offset, value] of central) bytes.writeUInt16LE(value, directory + offset);
  return new Uint8Array(bytes);
}

describe('zip', () => {
  it('reads back what it writes, the same bytes each time', () => {
    expect(readZip(writeZip(files), 'a.zip')).toEqual(files);
    expect(writeZip(files)).toEqual(writeZip(files));
  });

  it('knows the checksum of "123456789"', () => {
    expect(crc32(text('123456789'))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array())).toBe(0);
  });

  it("reads Python's zips", () => {
    const folder = join(fixturesFolder(), 'formats/adapterhub/lora');
    const read = readZip(new Uint8Array(readFileSync(join(folder, 'lora.zip'))), 'lora.zip');
    expect([...read.keys()].sort()).toEqual([
      'adapter_config.json',
      'head_config.json',
      'pytorch_adapter.bin',
      'pytorch_model_head.bin',
    ]);
    for (const [name, content] of read)
      expect(Buffer.compare(content, readFileSync(join(folder, 'bin', name)))).toBe(0);
  });

  it.each([
    ['a path that climbs out', renamed('aa/b', '../b'), 'zip-name'],
    ['a path that climbs inside', renamed('a/bb/c', 'a/../c'), 'zip-name'],
    ['an absolute path', renamed('aetc', '/etc'), 'zip-name'],
    ['a drive letter', renamed('c__x', 'c:/x'), 'zip-name'],
    ['a backslash', renamed('a_b', 'a\\b'), 'zip-name'],
    ['a NUL', renamed('a_b', 'a\0b'), 'zip-name'],
    ['a name that is not UTF-8', renamed('a_b', 'a\xffb'), 'zip-name'],
    ['a name that reads backwards', writeZip(new Map([['a\u202egpj', text('x')]])), 'zip-name'],
    [
      'names that differ by case',
      writeZip(
        new Map([
          ['A', text('x')],
          ['a', text('y')],
        ]),
      ),
      'zip-duplicate',
    ],
    ['an encrypted entry', patched([[6, 1]], [[8, 1]]), 'zip-encrypted'],
    ['an unknown method', patched([[8, 12]], [[10, 12]]), 'zip-method'],
    ['a symbolic link', patched([], [[40, 0xa1ff]]), 'zip-name'],
    ['headers that disagree', patched([[8, 0]], []), 'zip-layout'],
    [
      'a wrong checksum',
      patched(
        [
          [14, 1],
          [16, 1],
        ],
        [
          [16, 1],
          [18, 1],
        ],
      ),
      'zip-damaged',
    ],
    ['a size that is too small', patched([[22, 5]], [[24, 5]], 'x'.repeat(100)), 'zip-too-large'],
    ['a size that is too large', patched([[22, 500]], [[24, 500]], 'x'.repeat(100)), 'zip-damaged'],
    ['data before the end record', insertBefore('PK\x05\x06', writeZip(files)), 'zip-layout'],
    ['data behind the end', new Uint8Array([...writeZip(files), 0]), 'zip-layout'],
    ['a comment with a second end', withComment('PK\x05\x06'.padEnd(22, '\0')), 'zip-layout'],
    [
      'a comment that passes for a ZIP64 locator',
      withEntryComment(`PK\x06\x07${'\0'.repeat(16)}`),
      'zip-layout',
    ],
    ['a file marked as a folder', patched([], [[38, 0x10]]), 'zip-name'],
    ['an entry on another disk', patched([], [[34, 1]]), 'zip-layout'],
    ['no zip', text('hello'), 'zip-layout'],
  ])('refuses %s', (_, bytes, code) => {
    expect(codeOf(() => readZip(bytes, 'a.zip'))).toBe(code);
  });

  it('refuses entries that lie over each other', () => {
    // The quoted bomb in small: the content of `a` is itself the local entry of `b`.
    const inner = Buffer.from(zipSync({ b: text('y') }, { level: 0 }));
    const innerDirectory = inner.indexOf('PK\x01\x02', 0, 'latin1');
    const outer = Buffer.from(zipSync({ a: inner.subarray(0, innerDirectory) }, { level: 0 }));
    const directory = outer.lastIndexOf('PK\x01\x02', undefined, 'latin1');
    const end = outer.lastIndexOf('PK\x05\x06', undefined, 'latin1');
    const record = Buffer.from(inner.subarray(innerDirectory, inner.indexOf('PK\x05\x06', 0, 'latin1')));
    record.writeUInt32LE(31, 42); // `b` begins where the content of `a` begins
    const newEnd = Buffer.from(outer.subarray(end));
    newEnd.writeUInt16LE(2, 8);
    newEnd.writeUInt16LE(2, 10);
    newEnd.writeUInt32LE(end - directory + record.length, 12);
    const quoted = Buffer.concat([outer.subarray(0, end), record, newEnd]);
    expect(codeOf(() => readZip(new Uint8Array(quoted), 'a.zip'))).toBe('zip-overlap');
  });

  it('stops a bomb at its limits', () => {
    const bomb = writeZip(new Map([['zeros', new Uint8Array(20_000_000)]]));
    expect(bomb.length).toBeLessThan(30_000);
    expect(codeOf(() => readZip(bomb, 'a.zip'))).toBe('zip-too-large');
    expect(codeOf(() => readZip(bomb, 'a.zip', { ...defaultZipLimits, ratio: 1e6, totalBytes: 1e6 }))).toBe(
      'zip-too-large',
    );
    expect(readZip(bomb, 'a.zip', { ...defaultZipLimits, ratio: 1e6 }).get('zeros')!.length).toBe(20_000_000);
    const declared = writeZip(new Map([['zeros', new Uint8Array(70_000_000)]]));
    expect(codeOf(() => readZip(declared, 'a.zip', { ...defaultZipLimits, ratio: 1e6 }))).toBe(
      'zip-too-large',
    );
    const many = new Map(Array.from({ length: 201 }, (_, i) => [`${i}`, text('x')]));
    expect(codeOf(() => readZip(writeZip(many), 'a.zip'))).toBe('zip-too-many');
  });

  it('ends every damaged archive in equal files or a StudioError', () => {
    const small = new Map([
      ['adapter_config.json', text('{"name": "main"}')],
      ['b', text('bbbbbbbbbbbbbbbbbbbbbbbbbbb')],
    ]);
    fc.assert(
      fc.property(mutations(writeZip(small)), (mutated) => {
        expectErrorOr(
          () => readZip(mutated, 'a.zip'),
          (read) => expect([...read.values()]).toEqual([...small.values()]),
        );
      }),
      { numRuns: 2000, seed: 5 },
    );
  });
});

function insertBefore(signature: string, bytes: Uint8Array): Uint8Array {
  const at = Buffer.from(bytes).lastIndexOf(signature, undefined, 'latin1');
  return new Uint8Array([...bytes.subarray(0, at), 1, 2, 3, ...bytes.subarray(at)]);
}

/** An archive of one file whose end has this comment, in Latin-1. */
function withComment(comment: string): Uint8Array {
  const bytes = Buffer.concat([writeZip(new Map([['a', text('x')]])), Buffer.from(comment, 'latin1')]);
  bytes.writeUInt16LE(comment.length, bytes.length - comment.length - 2);
  return new Uint8Array(bytes);
}

/** An archive of one file whose directory entry has this comment, in Latin-1. */
function withEntryComment(comment: string): Uint8Array {
  const plain = Buffer.from(writeZip(new Map([['a', text('x')]])));
  const directory = plain.indexOf('PK\x01\x02', 0, 'latin1');
  const end = plain.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const bytes = Buffer.concat([plain.subarray(0, end), Buffer.from(comment, 'latin1'), plain.subarray(end)]);
  bytes.writeUInt16LE(comment.length, directory + 32);
  bytes.writeUInt32LE(end - directory + comment.length, end + comment.length + 12);
  return new Uint8Array(bytes);
}
