/** Reads fixture files, in Node from disk and in a browser from the test server, and safetensors as plain maps. */
import { readSafetensors } from '../../src/formats/safetensors';

export interface FixtureSource {
  bytes(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Paths of all files under a folder, relative to it, sorted; throws where there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
}

export type TensorMap = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;

export async function readJson<T>(source: Pick<FixtureSource, 'bytes'>, path: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await source.bytes(path))) as T;
}

export async function readTensors(source: Pick<FixtureSource, 'bytes'>, path: string): Promise<TensorMap> {
  return readSafetensors(await source.bytes(path), path);
}

/** All files under a folder by their path in it. */
export async function readFolder(
  source: FixtureSource,
  folder: string,
): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>> {
  const paths = await source.list(folder);
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await source.bytes(`${folder}/${path}`)] as const)),
  );
}

/** Fixtures from the test server; see `fixtures-plugin.ts`. */
export const httpSource: FixtureSource = {
  async bytes(path) {
    const response = await fetch(`/@fixtures/${path}`);
    if (!response.ok) throw new Error(`fixture ${path}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  },
  async list(folder) {
    const response = await fetch(`/@fixtures/${folder}?list`);
    if (!response.ok) throw new Error(`fixtures of ${folder}: ${response.status}`);
    return (await response.json()) as readonly string[];
  },
};
