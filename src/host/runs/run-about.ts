/** What a person says of a run, as it is recorded. */
import { StudioError } from '../../errors';
import type { RunAbout } from '../../runs/record';

/** Without spaces around, tags once each. Throws `bad-setting` for a name without a letter. */
export function cleanedAbout({ name, tags, notes, archived }: Partial<RunAbout>): Partial<RunAbout> {
  if (name !== undefined && name.trim() === '')
    throw new StudioError(
      'bad-setting',
      'The name of the run is empty.',
      'Give it a name of one letter at least.',
    );
  return {
    ...(name !== undefined && { name: name.trim() }),
    ...(tags !== undefined && {
      tags: [...new Set(tags.map((tag) => tag.trim()).filter((tag) => tag !== ''))],
    }),
    ...(notes !== undefined && { notes: notes.trim() }),
    ...(archived !== undefined && { archived }),
  };
}
