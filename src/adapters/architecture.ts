/** `architecture` of a configuration: by it a builder is found, and a file's method told. */
import type { AdapterConfig } from './config';

/** The library's files name no architecture where it is a bottleneck. */
export const isBottleneck = ({ architecture = null }: AdapterConfig): boolean => architecture === null;

export const architectureOf = (config: AdapterConfig): string =>
  isBottleneck(config) ? 'bottleneck' : String(config.architecture);

/** True where the members of a union have exactly these architectures, in order. */
export function isUnionOf(config: AdapterConfig, architectures: readonly string[]): boolean {
  if (config.architecture !== 'union' || !Array.isArray(config.configs)) return false;
  const members = config.configs as readonly AdapterConfig[];
  return members.map(architectureOf).join() === architectures.join();
}
