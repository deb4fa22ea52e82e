/**
 * Writes the values that a storage of the base model holds, so that torch can compute with the very same:
 * `tsx scripts/stored-weights.ts FOLDER f16|int8 OUT.safetensors`. FOLDER has a `model.safetensors`; the output has the
 * weight matrices of its encoder layers, which are what is rounded.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SafetensorsFile, writeSafetensors } from '../src/formats/safetensors';
import { roundTo } from '../src/graph/rounding';

const [folder, storage, out] = process.argv.slice(2);
if (!folder || (storage !== 'f16' && storage !== 'int8') || !out)
  throw new Error('usage: tsx scripts/stored-weights.ts FOLDER f16|int8 OUT.safetensors');
// A plain array: `slice` of Node's buffers does not copy.
const bytes = new Uint8Array(readFileSync(join(folder, 'model.safetensors')).buffer);
const file = new SafetensorsFile(bytes, 'model.safetensors');
const tensors = new Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>();
for (const [name, { shape }] of file.entries) {
  if (shape.length !== 2 || !name.includes('.encoder.layer.')) continue;
  const data = roundTo(storage, file.tensor(name).data, shape[0]!);
  if (!data) throw new Error(`${name} has values that ${storage} cannot hold`);
  tensors.set(name, { shape, data });
}
writeFileSync(out, writeSafetensors(tensors));
