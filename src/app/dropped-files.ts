/** What was dropped on the page or chosen: a data file, the files of an adapter, or those of a base model. */
import type { NamedBytes, NamedFile } from '../protocol/types';

export interface AdapterFiles {
  /** What errors call them. */
  readonly name: string;
  readonly files: readonly NamedBytes[];
}

export type Dropped =
  | { readonly kind: 'data'; readonly file: File }
  | ({ readonly kind: 'adapter' } & AdapterFiles)
  | { readonly kind: 'model'; readonly name: string; readonly files: readonly NamedFile[] };

const isAdapterFile = (name: string) =>
  /\.zip$/i.test(name) || /^(adapter|head)_config\.json$|\.safetensors$|\.bin$/i.test(name);

/** An adapter's folder has its own configuration, a merged model's none of them. */
const isAdapterConfig = /(^|\/)(adapter_config|head_config|adapter_fusion_config|adapter_setup)\.json$/;
const isModelConfig = /(^|\/)config\.json$/;
/** Whether files are those of a base model: its `config.json`, and no adapter's. */
function isModel(files: readonly NamedFile[]): boolean {
  return (
    files.some(({ path }) => isModelConfig.test(path)) &&
    !files.some(({ path }) => isAdapterConfig.test(path))
  );
}

/** Larger folders are no adapter: reading stops before memory does. */
const maximumFiles = 200;
const maximumBytes = 2 ** 31;

async function bytesOf(files: readonly NamedFile[]): Promise<NamedBytes[]> {
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  if (files.length > maximumFiles || total > maximumBytes)
    throw new Error(`${files.length} files of ${total} bytes are more than an adapter has.`);
  return Promise.all(
    files.map(async ({ path, file }) => ({ path, bytes: new Uint8Array(await file.arrayBuffer()) })),
  );
}

/** Files that were chosen: `webkitRelativePath` is set for those of a folder. */
export async function chosenAdapter(files: readonly File[]): Promise<Dropped | null> {
  const [first] = files;
  if (!first) return null;
  const name = files.length === 1 ? first.name : (first.webkitRelativePath.split('/')[0] ?? first.name);
  const named = files.map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  return { kind: 'adapter', name, files: await bytesOf(named) };
}

/** A folder, or its files, of a base model. */
export async function chosenModel(files: readonly File[]): Promise<Dropped | null> {
  const [first] = files;
  if (!first) return null;
  const named = files.map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  return { kind: 'model', name: first.webkitRelativePath.split('/')[0] || 'my-model', files: named };
}

async function entriesOf(entry: FileSystemEntry, path = ''): Promise<NamedFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ path: path + entry.name, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FileSystemEntry[] = [];
  // One call gives a hundred at most; an empty one says that was all.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0 || found.length > maximumFiles) break;
    found.push(...some);
  }
  const inside = await Promise.all(found.map((child) => entriesOf(child, `${path}${entry.name}/`)));
  return inside.flat();
}

/**
 * A dropped folder, zip or weight file is an adapter, or a base model if it has a model's `config.json`; anything else is a
 * data file. Null where nothing was dropped.
 */
export async function droppedFiles(transfer: DataTransfer): Promise<Dropped | null> {
  const loose = [...transfer.files].map((file): NamedFile => ({ path: file.name, file }));
  // Entries are gone once the event handler has returned: they are taken before anything is awaited.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const folder = entries.find((entry) => entry?.isDirectory);
  if (folder) return modelOrAdapter(folder.name, await entriesOf(folder));
  const [first] = loose;
  if (!first) return null;
  if (isModel(loose)) return { kind: 'model', name: 'my-model', files: loose };
  if (loose.some(({ path }) => isAdapterFile(path)))
    return {
      kind: 'adapter',
      name: loose.length === 1 ? first.path : 'The dropped files',
      files: await bytesOf(loose),
    };
  return { kind: 'data', file: first.file };
}

async function modelOrAdapter(name: string, files: readonly NamedFile[]): Promise<Dropped> {
  return isModel(files)
    ? { kind: 'model', name, files }
    : { kind: 'adapter', name, files: await bytesOf(files) };
}
