/** An adapter from files of any format the studio reads, told apart by what is in them. */
import { readAdapterHub } from './adapterhub';
import { bundleOfSetup, isAdapterSetup, readAdapterSetup } from './adapterhub-setup';
import type { AdapterBundle } from './bundle';
import { isPeft, readPeft } from './peft';

/** `folderName` is what errors call the files, and what an adapter is called whose format has no name for it. */
export function readAdapter(files: ReadonlyMap<string, Uint8Array>, folderName: string): AdapterBundle {
  if (isAdapterSetup(files)) return bundleOfSetup(readAdapterSetup(files, folderName));
  if (!isPeft(files)) return readAdapterHub(files, folderName);
  const name = folderName
    .replace(/\.zip$/i, '')
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return readPeft(files, folderName, name || 'adapter');
}
