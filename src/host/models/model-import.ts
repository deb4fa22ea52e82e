/** A base model from the person's disk: the files of a folder, checked as a download is, copied to where models are kept. */
import { createSHA256 } from 'hash-wasm';
import { StudioError } from '../../errors';
import type { ModelFileRecord, ModelRecord } from '../../protocol/records';
import type { DownloadProgress, NamedFile } from '../../protocol/types';
import { neededFiles, shardIndexFile } from '../../storage/models/hub-repo';
import { ModelFolder } from '../../storage/models/model-folder';
import { requireRoom } from '../../storage/models/room';
import type { StudioStore } from '../../storage/store';
import { admitModel, rewrittenBytes } from './model-admission';
import { parseJson, readModel, shardsOf } from './model-files';
import { ModelProgress } from './model-progress';

export interface ImportParts {
  readonly store: StudioStore;
  readonly onProgress: (progress: DownloadProgress) => void;
}

/**
 * Throws `model-files-missing`, `model-tokenizer`, `model-no-room` or what `admitModel` throws; then nothing of it is kept.
 * A model that is kept already is returned as it is.
 */
export async function importModel(
  name: string,
  files: readonly NamedFile[],
  { store, onProgress }: ImportParts,
): Promise<ModelRecord> {
  const inFolder = filesOfModel(files);
  const chosen = await choose(inFolder, name);
  // Before anything is copied; torch's weights are checked once they are rewritten.
  if (!chosen.has('pytorch_model.bin')) await readModel(chosen, name);
  const totalBytes = [...chosen.values()].reduce((sum, { size }) => sum + size, 0);
  const records = await hashAll(chosen, new ModelProgress(name, 2 * totalBytes, onProgress));
  const id = `${name}@${(await hashOf(records)).slice(0, 8)}`;
  const kept = (await store.listModels()).find((model) => model.id === id);
  if (kept) return kept;
  await requireRoom(totalBytes + rewrittenBytes(records), name);
  const folder = await ModelFolder.open(id);
  const progress = new ModelProgress(name, 2 * totalBytes, onProgress);
  let done = totalBytes;
  for (const [path, file] of chosen)
    await folder.write(path, async (writer) => {
      writer.truncate(0);
      for await (const part of partsOf(file)) {
        writer.append(part);
        done += part.byteLength;
        progress.advance(path, done);
      }
    });
  return admitModel({ id, name, origin: { kind: 'disk', folder: name }, files: records }, store);
}

/** Those beside the `config.json` that is least deep. */
function filesOfModel(files: readonly NamedFile[]): ReadonlyMap<string, File> {
  const depth = (path: string) => path.split('/').length;
  const configs = files.filter(({ path }) => /(^|\/)config\.json$/.test(path));
  const [config] = configs.sort((a, b) => depth(a.path) - depth(b.path));
  const prefix = config ? config.path.slice(0, -'config.json'.length) : '';
  return new Map(
    files
      .filter(({ path }) => path.startsWith(prefix) && depth(path) === depth(`${prefix}x`))
      .map(({ path, file }) => [path.slice(prefix.length), file]),
  );
}

async function choose(files: ReadonlyMap<string, File>, name: string): Promise<ReadonlyMap<string, File>> {
  const index = files.has('model.safetensors') ? undefined : files.get(shardIndexFile);
  const indexName = `${name}/${shardIndexFile}`;
  const shards = index ? shardsOf(parseJson(await index.text(), indexName), indexName) : null;
  return new Map(neededFiles(new Set(files.keys()), shards).map((path) => [path, files.get(path)!]));
}

async function hashAll(
  files: ReadonlyMap<string, File>,
  progress: ModelProgress,
): Promise<ModelFileRecord[]> {
  const records: ModelFileRecord[] = [];
  let done = 0;
  for (const [path, file] of files) {
    const hash = await createSHA256();
    for await (const part of partsOf(file)) {
      hash.update(part);
      done += part.byteLength;
      progress.advance(path, done);
    }
    records.push({ path, sizeBytes: file.size, sha256: hash.digest('hex') });
  }
  return records;
}

/** Of every file: another shard, tokenizer or configuration is another model. */
async function hashOf(records: readonly ModelFileRecord[]): Promise<string> {
  const hash = await createSHA256();
  const lines = records.map(({ path, sha256 }) => `${sha256} ${path}\n`);
  return hash.update(lines.sort().join('')).digest('hex');
}

/** Pieces of a file from first to last. Throws `file-unreadable` where it changed or went away meanwhile. */
async function* partsOf(file: File): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } catch (cause) {
    throw new StudioError(
      'file-unreadable',
      `${file.name} could not be read to its end.`,
      'It may have been changed or moved meanwhile. Choose or drop it again.',
      { cause },
    );
  }
}
