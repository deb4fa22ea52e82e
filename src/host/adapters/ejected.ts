/** A new adapter with the prefix of a stored one without the network that made it. */
import { ejectPrefix } from '../../adapters/builders/eject-prefix';
import { methodOfConfig } from '../../adapters/registry';
import type { AdapterBundle } from '../../formats/bundle';
import { sha256OfBundle } from '../../formats/bundle-digest';
import type { AdapterRecord } from '../../protocol/records';
import type { LoadedBaseModel } from '../models/base-models';
import { tensorsOfBundle } from './adapter-plan';
import { bytesOf } from './adapter-sizes';
import { requireFit } from './imports';

/** Throws `no-prefix-network` where there is none to eject. */
export async function ejectedRecord(adapter: AdapterRecord, base: LoadedBaseModel): Promise<AdapterRecord> {
  const { name, config, tensors } = adapter.bundle;
  const bundle: AdapterBundle = {
    ...adapter.bundle,
    ...ejectPrefix({ config: config ?? {}, tensors }, name),
  };
  const parameterCount = requireFit(bundle, bundle.name, base);
  return {
    ...adapter,
    id: crypto.randomUUID(),
    name: `${adapter.name}, flat`,
    createdAt: Date.now(),
    runId: null,
    parentId: adapter.id,
    method: methodOfConfig(bundle.config).id,
    parameterCount,
    sizeBytes: bytesOf(tensorsOfBundle(bundle).values()),
    sha256: await sha256OfBundle(bundle),
    bundle,
  };
}
