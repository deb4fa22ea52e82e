/** Reads fixture files, in Node from disk and in a browser from the test server, and safetensors as plain maps. */
import { readSafetensors } from '../../src/formats/safetensors';

export interface FixtureSource {
  bytes(path: string): Promise<Uint8Array>;
}

export type TensorMap = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;

export async function readJson<T>(source: FixtureSource, path: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await source.bytes(path))) as T;
}

export async function readTensors(source: FixtureSource, path: string): Promise<TensorMap> {
  return readSafetensors(await source.bytes(path), path);
}

/** Fixtures from the test server; see `fixtures-plugin.ts`. */
export const httpSource: FixtureSource = {
  async bytes(path) {
    const response = await fetch(`/@fixtures/${path}`);
    if (!response.ok) throw new Error(`fixture ${path}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  },
};
