/** From files that have arrived to a base model that is kept: checked whole, its record written last. */
import { createSHA256 } from 'hash-wasm';
import { StudioError } from '../../errors';
import { bytesOf } from '../../formats/dtypes';
import { writeSafetensorsHeader } from '../../formats/safetensors';
import { readTorchBin } from '../../formats/torch-bin';
import { baseParameterCount } from '../../models/parameter-count';
import type { ModelFileRecord, ModelOrigin, ModelRecord } from '../../protocol/records';
import { ModelFolder } from '../../storage/models/model-folder';
import type { StudioStore } from '../../storage/store';
import { type ModelBlobs, readModel } from './model-files';

export interface Arrived {
  readonly id: string;
  readonly name: string;
  readonly origin: ModelOrigin;
  /** All of them, hashed as they came in. */
  readonly files: readonly ModelFileRecord[];
}

const torchFile = 'pytorch_model.bin';

/** Bytes that `admitModel` needs beside the files: torch's weights are there twice for a while. */
export const rewrittenBytes = (
  files: readonly { readonly path: string; readonly sizeBytes: number }[],
): number => files.find(({ path }) => path === torchFile)?.sizeBytes ?? 0;

/** Makes the model usable. Throws as `readModel`; the files stay for the caller to delete. */
export async function admitModel(arrived: Arrived, store: StudioStore): Promise<ModelRecord> {
  const { id, name, origin } = arrived;
  const folder = await ModelFolder.open(id);
  const fingerprint = await fingerprintOf(arrived.files);
  const files = await withSafetensors(arrived.files, folder, name);
  const { config, hasPooler } = await readModel(await blobsOf(files, folder, name), name);
  const record: ModelRecord = {
    version: 1,
    id,
    name,
    origin,
    storedAt: Date.now(),
    files,
    fingerprint,
    modelType: config.family.modelType,
    layers: config.numHiddenLayers,
    hiddenSize: config.hiddenSize,
    parameterCount: baseParameterCount(config),
    hasPooler,
  };
  await store.saveModel(record);
  // Not before: where something goes wrong until here it is not downloaded again.
  await folder.remove(torchFile);
  return record;
}

/** The files of a kept model. Throws `model-damaged` where one is not as it was kept. */
export async function blobsOf(
  files: readonly ModelFileRecord[],
  folder: ModelFolder,
  name: string,
): Promise<ModelBlobs> {
  const blobs = new Map<string, Blob>();
  for (const { path, sizeBytes } of files) {
    const file = await folder.file(path);
    if (file?.size !== sizeBytes)
      throw new StudioError(
        'model-damaged',
        `${name}: ${path} has ${file?.size ?? 'no'} bytes on the disk instead of ${sizeBytes}.`,
        'The browser or another program has removed it. Delete the base model and get it again.',
      );
    blobs.set(path, file);
  }
  return blobs;
}

/** Of the weights as they came, before torch's are rewritten: what the hub names, and what another copy would have. */
async function fingerprintOf(files: readonly ModelFileRecord[]): Promise<string> {
  const weights = files
    .filter(({ path }) => path.endsWith('.safetensors') || path === torchFile)
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const [only] = weights;
  if (only && weights.length === 1) return only.sha256;
  const hash = await createSHA256();
  for (const { sha256 } of weights) hash.update(sha256);
  return hash.digest('hex');
}

/** torch's file becomes a safetensors file, once, so that training reads it tensor by tensor. */
async function withSafetensors(
  files: readonly ModelFileRecord[],
  folder: ModelFolder,
  name: string,
): Promise<readonly ModelFileRecord[]> {
  if (!files.some(({ path }) => path === torchFile)) return files;
  const file = await folder.file(torchFile);
  const bytes = new Uint8Array((await file?.arrayBuffer()) ?? new ArrayBuffer(0));
  const tensors = readTorchBin(bytes, `${name}/${torchFile}`);
  const path = 'model.safetensors';
  const hash = await createSHA256();
  const sizeBytes = await folder.write(path, (writer) => {
    writer.truncate(0);
    const append = (part: Uint8Array) => {
      writer.append(part);
      hash.update(part);
    };
    append(writeSafetensorsHeader(tensors, { format: 'pt' }));
    for (const { data } of tensors.values()) append(bytesOf(data));
    return writer.sizeBytes;
  });
  return [
    ...files.filter((other) => other.path !== torchFile),
    { path, sizeBytes, sha256: hash.digest('hex') },
  ];
}
