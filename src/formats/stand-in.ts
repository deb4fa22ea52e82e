/**
 * Files that stand where a weight file should be: the commonest bad files are not damaged, they are something else.
 * A Git LFS pointer comes from a clone without LFS, an HTML page from a server's fallback or a log-in wall.
 */
import { StudioError } from '../errors';

const decoder = new TextDecoder('latin1');

/** Throws `file-lfs-pointer`, `file-html` or `file-empty`, naming the file, where `bytes` is no weight file at all. */
export function refuseStandIn(bytes: Uint8Array, fileName: string): void {
  if (bytes.byteLength === 0)
    throw new StudioError('file-empty', `${fileName} is empty.`, 'Download or export the file again.');
  const start = decoder.decode(bytes.subarray(0, 256)).trimStart().toLowerCase();
  if (start.startsWith('version https://git-lfs'))
    throw new StudioError(
      'file-lfs-pointer',
      `${fileName} is a Git LFS pointer of ${bytes.byteLength} bytes, not the file itself.`,
      'Run `git lfs pull` in the repository it comes from, or download the file from its page.',
    );
  if (start.startsWith('<!doctype') || start.startsWith('<html'))
    throw new StudioError(
      'file-html',
      `${fileName} is an HTML page, not the file itself.`,
      'The server answered with a page instead of the file: check the address, and whether the file needs a log-in.',
    );
}
