/** The fingerprint of an adapter: what it computes with, whatever file it came from. Knows no format. */
import type { AdapterBundle } from './bundle';
import { bytesOf } from './dtypes';
import { sha256 } from './sha256';

/**
 * sha-256, hex, over the tensors of adapter and head sorted by name (by UTF-16 units, which for ASCII is Python's
 * order): the UTF-8 name, a zero byte, the little-endian float32 bytes.
 */
export async function sha256OfBundle(bundle: AdapterBundle): Promise<string> {
  const tensors = [...bundle.tensors, ...bundle.headTensors].sort(([a], [b]) => (a < b ? -1 : 1));
  const encoder = new TextEncoder();
  const parts = tensors.flatMap(([name, { data }]) => [encoder.encode(`${name}\0`), bytesOf(data)]);
  return sha256(parts);
}
