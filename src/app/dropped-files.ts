/** What was dropped on the page or chosen: a data file, or the files of an adapter. */
import type { NamedBytes } from '../protocol/types';

export interface AdapterFiles {
  /** What errors call them. */
  readonly name: string;
  readonly files: readonly NamedBytes[];
}

export type Dropped =
  | { readonly kind: 'data'; readonly file: File }
  | ({ readonly kind: 'adapter' } & AdapterFiles);

const isAdapterFile = (name: string) =>
  /\.zip$/i.test(name) || /^(adapter|head)_config\.json$|\.safetensors$|\.bin$/i.test(name);

/** Larger folders are no adapter: reading stops before memory does. */
const maximumFiles = 200;
const maximumBytes = 2 ** 31;

async function bytesOf(
  files: readonly { readonly path: string; readonly file: File }[],
): Promise<NamedBytes[]> {
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

async function entriesOf(entry: FileSystemEntry, path = ''): Promise<{ path: string; file: File }[]> {
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

/** A dropped folder, zip or weight file is an adapter; anything else is a data file. Null where nothing was dropped. */
export async function droppedFiles(transfer: DataTransfer): Promise<Dropped | null> {
  const files = [...transfer.files];
  // Entries are gone once the event handler has returned: they are taken before anything is awaited.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const folder = entries.find((entry) => entry?.isDirectory);
  if (folder) return { kind: 'adapter', name: folder.name, files: await bytesOf(await entriesOf(folder)) };
  const [first] = files;
  if (!first) return null;
  if (files.some(({ name }) => isAdapterFile(name)))
    return {
      kind: 'adapter',
      name: files.length === 1 ? first.name : 'The dropped files',
      files: await bytesOf(files.map((file) => ({ path: file.name, file }))),
    };
  return { kind: 'data', file: first };
}
