/**
 * Files from a stranger: every one ends in a named error, or in exactly the tensors that Python's readers get from the
 * same bytes (`interop/hostile_verdicts.py`). Being stricter than Python is allowed, and counted; being laxer is not.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { StudioError } from '../src/errors';
import { readAdapterHub } from '../src/formats/adapterhub';
import type { AdapterBundle, Tensor } from '../src/formats/bundle';
import { readSafetensors } from '../src/formats/safetensors';
import { readTorchBin } from '../src/formats/torch-bin';
import { readZip } from '../src/formats/zip';
import { Costs, expectErrorOr, limits } from './hostile';
import {
  craftedFiles,
  digestOf,
  expectedDigest,
  hostileFixture,
  judgedFiles,
  judgedVariants,
  type Verdict,
  variantsOf,
} from './hostile-variants';

function expectCheap({ slowestMs, largestBytes }: Costs): void {
  expect(slowestMs).toBeLessThan(limits.ms);
  expect(largestBytes).toBeLessThan(limits.bytes);
}

/** What Python prints for the tensors: `canonical` of the script. */
function digestOfTensors(tensors: ReadonlyMap<string, Tensor>): string {
  const hash = createHash('sha256');
  const encoder = new TextEncoder();
  const byName = [...tensors].map(([name, tensor]) => ({ name: encoder.encode(name), ...tensor }));
  for (const { name, shape, data } of byName.sort((a, b) => Buffer.compare(a.name, b.name))) {
    const bits = new Uint32Array(data.slice().buffer);
    for (let i = 0; i < bits.length; i++) if ((bits[i]! & 0x7fffffff) > 0x7f800000) bits[i] = 0x7fc00000;
    hash.update(name).update(`\0${shape.join()}\0`).update(new Uint8Array(bits.buffer));
  }
  return hash.digest().subarray(0, 8).toString('base64').replace(/=+$/, '');
}

/** The code of the error, or the digest of the tensors; any other exception is the test's failure. */
function outcome(read: () => ReadonlyMap<string, Tensor>): { code: string } | { tensors: string } {
  let tensors: ReadonlyMap<string, Tensor>;
  try {
    tensors = read();
  } catch (error) {
    if (error instanceof StudioError) return { code: error.code };
    throw error;
  }
  return { tensors: digestOfTensors(tensors) };
}

/** What is wrong with an outcome by Python's verdict, or null. */
function laxness(verdict: Verdict, result: ReturnType<typeof outcome>): string | null {
  if ('code' in result) return null;
  if (verdict.kind !== 'accepted') return `read as ${result.tensors}, which Python calls ${verdict.kind}`;
  return result.tensors === verdict.tensors
    ? null
    : `read as ${result.tensors}, by Python as ${verdict.tensors}`;
}

/**
 * How many damaged files Python reads and the studio refuses, by the studio's code. torch looks at no checksum, no
 * local header and nothing outside the directory's entries (`zip-*`); `pickle-malformed` is mostly one storage under
 * two types or sizes, of which torch silently takes the first, and a key twice; `torch-bin-layout` a version entry
 * that torch's number parser takes.
 */
const stricterByCode: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'adapter.bin': {
    'zip-damaged': 339,
    'zip-layout': 143,
    'zip-name': 6,
    'pickle-malformed': 25,
    'torch-bin-layout': 14,
  },
  'mixed.bin': {
    'zip-damaged': 81,
    'zip-layout': 195,
    'zip-name': 10,
    'pickle-malformed': 29,
    'torch-bin-layout': 10,
  },
  'adapter.safetensors': { 'safetensors-tensor': 1 }, // an unknown field
  'mixed.safetensors': {},
};

describe('damaged files', () => {
  it.each(judgedFiles)('%s: the variants are those that Python judged', (name) => {
    expect(digestOf(judgedVariants(name).variants)).toBe(expectedDigest(name));
  });

  it.each(judgedFiles)('%s: every variant is refused by name or read as Python reads it', (name) => {
    const { variants, verdicts } = judgedVariants(name);
    expect(verdicts.length).toBe(variants.length);
    const read = name.endsWith('.bin') ? readTorchBin : readSafetensors;
    const lax: string[] = [];
    const stricter: Record<string, number> = {};
    let accepted = 0;
    const costs = new Costs();
    variants.forEach((bytes, index) => {
      const result = costs.of(() => outcome(() => read(bytes, name)));
      const wrong = laxness(verdicts[index]!, result);
      if (wrong) lax.push(`variant ${index} ${wrong}`);
      if ('tensors' in result) accepted++;
      else if (verdicts[index]!.kind === 'accepted') stricter[result.code] = (stricter[result.code] ?? 0) + 1;
    });
    console.info(`${name}: ${variants.length} variants, ${accepted} read, ${costs}`);
    expect(stricter).toEqual(stricterByCode[name]);
    expect(lax).toEqual([]);
    expectCheap(costs);
  });
});

/**
 * Files that Python reads and the studio does not, by the reason. Everything here is further than `torch.save` and the
 * safetensors crate ever go when they write.
 */
const stricterOnPurpose = {
  bin: [
    // No float32 could be made of them, or not for certain the ones that were meant.
    'pickle: an untyped storage',
    'pickle: a storage of complex numbers',
    'pickle: a storage of two types',
    'pickle: a storage of two float types',
    'pickle: attributes of a tensor',
    "archive: the byte order b'big'",
    // torch runs nothing of them, yet they are no part of saved tensors.
    'pickle: protocol 0',
    'pickle: NEWOBJ of an OrderedDict',
    'pickle: a shape that is a list',
    'pickle: a hook',
    'pickle: hooks that are a number',
    'pickle: attributes that are a list',
    'pickle: a name of a lone surrogate',
    'pickle: a view of 2^53 in an empty shape',
    // torch checks no checksum, and looks names up without regard to case and to the first NUL.
    'archive: a wrong checksum',
    'archive: a wrong checksum of an entry that nobody needs',
    'archive: names in capitals',
    'archive: the same name twice',
    'archive: the same name in capitals',
    'pickle: the storage key "0\\u0000"',
    // Compression is where bombs come from.
    'archive: compressed entries',
    // torch parses numbers leniently.
    "archive: the version b'3.5'",
    "archive: the version b' 3'",
    "archive: the version b'+3'",
    "archive: the version b'03'",
    "archive: the version b'3 '",
    "archive: the version b'3\\x00'",
    "archive: the alignment b'6_4'",
    "archive: the alignment b' 64'",
    "archive: the alignment b'-1'",
    "archive: the alignment b'999999999999999999999999999999'",
    // One file, two directories: torch reads the second, other tools show the first.
    'archive: a ZIP64 end of another directory',
    'archive: a ZIP64 locator in a comment',
    'archive: a second end in the comment',
  ],
  safetensors: [
    // The crate keeps one of two tensors and says nothing.
    'a name twice',
    'a name twice, one escaped',
    'a metadata key twice',
    // Readings of a lenient deserializer; the specification knows none of them.
    'metadata that are null',
    'an unknown field',
    'a tensor as a list',
    'a space before the header',
    'the shape [0, 9007199254740992]',
  ],
};

describe('files that are wrong on purpose', () => {
  it.each(['bin', 'safetensors'] as const)(
    '.%s: each is refused by name or read as Python reads it',
    (kind) => {
      const read = kind === 'bin' ? readTorchBin : readSafetensors;
      const lax: string[] = [];
      const stricter: string[] = [];
      const costs = new Costs();
      for (const { name, bytes, verdict } of craftedFiles(kind)) {
        const result = costs.of(() => outcome(() => read(bytes, `x.${kind}`)));
        const wrong = laxness(verdict, result);
        if (wrong) lax.push(`${name}: ${wrong}`);
        if ('code' in result && verdict.kind !== 'refused') stricter.push(name);
      }
      expect(lax).toEqual([]);
      expectCheap(costs);
      expect(stricter.sort()).toEqual([...stricterOnPurpose[kind]].sort());
    },
  );
});

describe('damaged adapters', () => {
  const archive = hostileFixture('adapter.zip');
  const files = readZip(archive, 'adapter.zip');
  const original = readAdapterHub(files, 'adapter');

  /** The bundle, if it was read; it must have every tensor of the original with the same values, and no other. */
  function expectWholeOrRefused(read: () => AdapterBundle): AdapterBundle | undefined {
    let bundle: AdapterBundle | undefined;
    expectErrorOr(read, (result) => {
      bundle = result;
      expect(result.config).not.toBeNull();
      expect(digestOfTensors(result.tensors)).toBe(digestOfTensors(original.tensors));
      expect(digestOfTensors(result.headTensors)).toBe(digestOfTensors(original.headTensors));
      expect(result.head.labels.length).toBe(result.head.numLabels);
    });
    return bundle;
  }

  it('a zip: each variant is refused by name or the same adapter', () => {
    const directory = Buffer.from(archive).indexOf('PK\x01\x02', 0, 'latin1');
    const whole = { begin: 0, end: archive.length, count: 2000, seal: null };
    let read = 0;
    const costs = new Costs();
    for (const bytes of variantsOf(archive, 4, [whole, { ...whole, begin: directory }])) {
      const bundle = costs.of(() =>
        expectWholeOrRefused(() => readAdapterHub(readZip(bytes, 'a.zip'), 'a.zip')),
      );
      if (!bundle) continue;
      read++;
      expect(bundle).toEqual(original);
    }
    expectCheap(costs);
    expect(read).toBeGreaterThan(100); // of 4000: damage to dates, attributes and the like
  });

  it.each([...files.keys()])('%s in a folder: each variant is refused by name or a whole adapter', (name) => {
    const source = files.get(name)!;
    const target = { begin: 0, end: source.length, count: 1000, seal: null };
    let refused = 0;
    const costs = new Costs();
    for (const bytes of variantsOf(source, 5, [target])) {
      const read = () => readAdapterHub(new Map(files).set(name, bytes), 'adapter');
      if (!costs.of(() => expectWholeOrRefused(read))) refused++;
    }
    expectCheap(costs);
    expect(refused).toBeGreaterThan(100);
  });
});
