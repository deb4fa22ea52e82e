/**
 * What a run's settings must satisfy. The form asks the same before it sends; this is for everything else that can send.
 */
import { StudioError } from '../../errors';
import { settingProblem } from '../../runs/setting';
import { type SettingKey, settingRows } from '../../runs/setting-table';
import type { RunSettings } from '../../runs/settings';

/** Throws `bad-setting` naming the first setting that cannot be used. */
export function checkSettings(settings: RunSettings): void {
  for (const row of settingRows) {
    const problem = settingProblem(row, settings[row.key as SettingKey]);
    if (problem) throw new StudioError('bad-setting', problem, 'Correct the field and train again.');
  }
}
