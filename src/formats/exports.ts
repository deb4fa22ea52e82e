/** The formats an adapter can be taken away in. */
import { adapterHubReason } from './adapterhub';
import type { AdapterBundle } from './bundle';
import { mergedModelReason } from './hugging-face';
import { peftReason } from './peft';

export const exportFormats = ['adapterhub', 'peft', 'merged'] as const;

export type ExportFormat = (typeof exportFormats)[number];

/** For each format, null where the adapter can be written in it, else why not. */
export function exportReasons(
  bundle: Pick<AdapterBundle, 'config' | 'head' | 'name'>,
): Readonly<Record<ExportFormat, string | null>> {
  return {
    adapterhub: adapterHubReason(bundle),
    peft: peftReason(bundle),
    merged: mergedModelReason(bundle),
  };
}
