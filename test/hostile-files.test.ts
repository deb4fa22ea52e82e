/**
 * Files from a stranger: every one ends in a named error, or in exactly the tensors that Python's readers get from the
 * same bytes (`interop/hostile_verdicts.py`). Being stricter than Python is allowed, and counted; being laxer is not.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { StudioError } from '../src/errors';
import type { Tensor } from '../src/formats/bundle';
import { readSafetensors } from '../src/formats/safetensors';
import { readTorchBin } from '../src/formats/torch-bin';
import {
  craftedFiles,
  digestOf,
  expectedDigest,
  judgedFiles,
  judgedVariants,
  type Verdict,
} from './hostile-variants';

/** Hanging is what this is against; the time of each file is printed. */
const hangMs = 20_000;

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

describe('damaged files', () => {
  it.each(judgedFiles)('%s: the variants are those that Python judged', (name) => {
    expect(digestOf(judgedVariants(name).variants)).toBe(expectedDigest(name));
  });

  it.each(judgedFiles)('%s: every variant is refused by name or read as Python reads it', (name) => {
    const { variants, verdicts } = judgedVariants(name);
    expect(verdicts.length).toBe(variants.length);
    const read = name.endsWith('.bin') ? readTorchBin : readSafetensors;
    const lax: string[] = [];
    const codes: Record<string, number> = {};
    let [accepted, stricter, slowestMs] = [0, 0, 0];
    variants.forEach((bytes, index) => {
      const start = performance.now();
      const result = outcome(() => read(bytes, name));
      slowestMs = Math.max(slowestMs, performance.now() - start);
      const wrong = laxness(verdicts[index]!, result);
      if (wrong) lax.push(`variant ${index} ${wrong}`);
      if ('tensors' in result) accepted++;
      else {
        codes[result.code] = (codes[result.code] ?? 0) + 1;
        if (verdicts[index]!.kind !== 'refused') stricter++;
      }
    });
    console.info(
      `${name}: ${variants.length} variants, ${accepted} read, ${stricter} of the refused ones Python reads, slowest ${slowestMs.toFixed(1)} ms, ${JSON.stringify(codes)}`,
    );
    expect(lax).toEqual([]);
    expect(slowestMs).toBeLessThan(hangMs);
  });
});

describe('files that are wrong on purpose', () => {
  it.each(['bin', 'safetensors'] as const)(
    '.%s: each is refused by name or read as Python reads it',
    (kind) => {
      const read = kind === 'bin' ? readTorchBin : readSafetensors;
      const lax: string[] = [];
      const stricter: string[] = [];
      for (const { name, bytes, verdict } of craftedFiles(kind)) {
        const result = outcome(() => read(bytes, `x.${kind}`));
        const wrong = laxness(verdict, result);
        if (wrong) lax.push(`${name}: ${wrong}`);
        if ('code' in result && verdict.kind !== 'refused') stricter.push(name);
      }
      console.log(stricter);
      expect(lax).toEqual([]);
    },
  );
});
