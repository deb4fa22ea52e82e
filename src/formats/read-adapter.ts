/** An adapter from files of any format the studio reads, told apart by what is in them. */
import { loadableName } from '../adapters/adapter-name';
import { readAdapterHub } from './adapterhub';
import { bundleOfSetup, isAdapterSetup, readAdapterSetup } from './adapterhub-setup';
import type { AdapterBundle } from './bundle';
import { isPeft, readPeft } from './peft';

/** `folderName` is what errors call the files, and what an adapter is called whose format has no name for it. */
export function readAdapter(files: ReadonlyMap<string, Uint8Array>, folderName: string): AdapterBundle {
  if (isAdapterSetup(files)) return bundleOfSetup(readAdapterSetup(files, folderName));
  if (!isPeft(files)) return readAdapterHub(files, folderName);
  return readPeft(files, folderName, loadableName(folderName.replace(/\.zip$/i, '')));
}
