/** Which formats an adapter can be written in. */
import { adapterHubReason } from './adapterhub';
import type { AdapterBundle } from './bundle';
import type { ExportFormat } from './export-format';
import { mergedModelReason } from './hugging-face';
import { peftReason } from './peft';

/** For each format, null where the adapter can be written in it, else why not. */
export function exportReasons(
  bundle: Pick<AdapterBundle, 'config' | 'head' | 'name' | 'base' | 'composition'>,
): Readonly<Record<ExportFormat, string | null>> {
  return {
    adapterhub: adapterHubReason(bundle),
    peft: peftReason(bundle),
    merged: mergedModelReason(bundle),
  };
}
