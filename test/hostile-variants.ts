/**
 * The damaged files of `interop/hostile_verdicts.py`, made again: the same generator and the same thirteen kinds of
 * damage, so the repository keeps the sources and Python's verdicts, and not eighteen thousand files.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inflateSync } from 'node:zlib';
import { crc32 } from '../src/formats/crc32';

/** The content of one zip entry and where its checksum stands, so damage can be sealed with the right checksum. */
interface Seal {
  readonly begin: number;
  readonly size: number;
  readonly checksums: readonly number[];
}

/** `count` variants with damage in bytes [begin, end). Under a seal the length stays and the checksum is renewed. */
export interface Target {
  readonly begin: number;
  readonly end: number;
  readonly count: number;
  readonly seal: Seal | null;
}

interface JudgedFile {
  readonly digest: string;
  readonly original: string;
  readonly targets: readonly Target[];
  readonly verdicts: string;
}

interface Verdicts {
  readonly seed: number;
  readonly files: Readonly<Record<string, JudgedFile>>;
}

/** Python's word on one variant. */
export type Verdict =
  | { readonly kind: 'refused' }
  /** Reads beyond a record: the tensors differ from one load to the next. */
  | { readonly kind: 'unstable' }
  | { readonly kind: 'accepted'; readonly tensors: string };

const interestingBytes = [
  0, 1, 0x7f, 0x80, 0xff, 0x20, 0x22, 0x2c, 0x2d, 0x2e, 0x30, 0x39, 0x5b, 0x5d, 0x65, 0x7b, 0x7d,
];
const interestingWords = [0, 1, 2, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
const digits = new TextEncoder().encode('0123456789-.eE');

/** A file of `test/fixtures/hostile`. */
export function hostileFixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(fileURLToPath(new URL(`./fixtures/hostile/${name}`, import.meta.url))));
}

const recorded: Verdicts = JSON.parse(new TextDecoder().decode(hostileFixture('verdicts.json')));

/** Names of the judged files; the position of a name is part of its variants' seeds. */
export const judgedFiles = Object.keys(recorded.files);

/** Every variant of a judged file with its verdict. `digest` of all of them must be `expectedDigest`. */
export function judgedVariants(name: string): { variants: Uint8Array[]; verdicts: Verdict[] } {
  const { targets, verdicts, original } = recorded.files[name]!;
  return {
    variants: [...variantsOf(hostileFixture(name), judgedFiles.indexOf(name), targets)],
    verdicts: verdicts.split(',').map((text) => verdictOf(text, original)),
  };
}

/** A small file that is wrong on purpose, `crafted_*` of the script. */
export interface CraftedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly verdict: Verdict;
}

interface RecordedCrafted {
  readonly name: string;
  /** base64 of the deflated bytes. */
  readonly bytes: string;
  readonly verdict: string;
}

export function craftedFiles(kind: 'bin' | 'safetensors'): CraftedFile[] {
  const all: Record<string, RecordedCrafted[]> = JSON.parse(
    new TextDecoder().decode(hostileFixture('crafted.json')),
  );
  return all[kind]!.map(({ name, bytes, verdict }) => ({
    name,
    bytes: new Uint8Array(inflateSync(Buffer.from(bytes, 'base64'))),
    verdict: verdictOf(verdict, ''),
  }));
}

/** SHA-256 that Python took over all variants of the file. */
export function expectedDigest(name: string): string {
  return recorded.files[name]!.digest;
}

/** SHA-256 over the variants, each after its length. */
export function digestOf(variants: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const bytes of variants) {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, bytes.byteLength, true);
    hash.update(length).update(bytes);
  }
  return hash.digest('hex');
}

/** The damaged copies of `source`, in the order of its targets. */
export function* variantsOf(
  source: Uint8Array,
  fileIndex: number,
  targets: readonly Target[],
): Generator<Uint8Array> {
  let index = 0;
  for (const { begin, end, count, seal } of targets)
    for (let i = 0; i < count; i++) {
      const random = new Random(recorded.seed + fileIndex * 1000003 + index * 2654435761);
      index++;
      const bytes = damage(source, begin, end, seal !== null, random);
      if (seal) renewChecksum(bytes, seal);
      yield bytes;
    }
}

function verdictOf(text: string, original: string): Verdict {
  if (text === '') return { kind: 'refused' };
  if (text === '~') return { kind: 'unstable' };
  return { kind: 'accepted', tensors: text === '=' ? original : text };
}

function renewChecksum(bytes: Uint8Array, { begin, size, checksums }: Seal): void {
  const checksum = crc32(bytes.subarray(begin, begin + size));
  for (const place of checksums) new DataView(bytes.buffer).setUint32(place, checksum, true);
}

/** xorshift32, Marsaglia 2003. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed % 2 ** 32 || 1;
    for (let i = 0; i < 8; i++) this.next();
  }

  next(): number {
    let x = this.#state;
    x = (x ^ (x << 13)) >>> 0;
    x = (x ^ (x >>> 17)) >>> 0;
    x = (x ^ (x << 5)) >>> 0;
    this.#state = x;
    return x;
  }

  below(count: number): number {
    return this.next() % count;
  }
}

/** `damage` of the Python script: the order in which random numbers are drawn is part of its meaning. */
function damage(
  source: Uint8Array,
  begin: number,
  end: number,
  keepsLength: boolean,
  random: Random,
): Uint8Array {
  const data = source.slice();
  const at = () => begin + random.below(end - begin);
  const flip = () => {
    const place = at();
    data[place]! ^= 1 << random.below(8);
  };
  const kind = random.below(keepsLength ? 9 : 13);
  switch (kind) {
    case 0:
      flip();
      return data;
    case 1:
      for (let flips = 2 + random.below(4); flips > 0; flips--) flip();
      return data;
    case 2: {
      const value = interestingBytes[random.below(interestingBytes.length)]!;
      data[at()] = value;
      return data;
    }
    case 3: {
      const to = at();
      data[to] = source[at()]!;
      return data;
    }
    case 4: {
      const to = at();
      const word = interestingWords[random.below(interestingWords.length)]!;
      for (let i = 0; i < 4 && to + i < end; i++) data[to + i] = word >>> (8 * i);
      return data;
    }
    case 5: {
      const to = at();
      const origin = at();
      const length = 1 + random.below(64);
      for (let i = 0; i < length && to + i < end && origin + i < end; i++) data[to + i] = source[origin + i]!;
      return data;
    }
    case 6: {
      const to = at();
      data.fill(0, to, Math.min(to + 1 + random.below(64), end));
      return data;
    }
    case 7: {
      const to = at();
      const cut = Math.min(1 + random.below(32), end - to);
      data.copyWithin(to, to + cut, end);
      data.fill(0, end - cut, end);
      return data;
    }
    case 8: {
      const start = at();
      const digit = digits[random.below(digits.length)]!;
      const place = source.findIndex((byte, i) => i >= start && i < end && byte >= 0x30 && byte <= 0x39);
      if (place >= 0) data[place] = digit;
      return data;
    }
    case 9:
      return data.slice(0, at());
    case 10: {
      const to = at();
      return splice(source, to, 1 + random.below(32), new Uint8Array());
    }
    case 11: {
      const to = at();
      const inserted = new Uint8Array(1 + random.below(16));
      for (let i = 0; i < inserted.length; i++) inserted[i] = random.below(256);
      return splice(source, to, 0, inserted);
    }
    default: {
      const to = at();
      const origin = at();
      return splice(source, to, 0, source.subarray(origin, origin + 1 + random.below(64)));
    }
  }
}

function splice(source: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  const rest = source.subarray(Math.min(at + removed, source.length));
  const result = new Uint8Array(at + inserted.length + rest.length);
  result.set(source.subarray(0, at));
  result.set(inserted, at);
  result.set(rest, at + inserted.length);
  return result;
}
