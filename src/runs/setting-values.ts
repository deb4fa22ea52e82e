/** What the table's rows say together. */
import type { Setting } from './setting';
import { type SettingKey, settingRows, type TableSettings } from './setting-table';

const byKey = new Map(settingRows.map((row) => [row.key, row]));

export const settingOf = (key: SettingKey): Setting => byKey.get(key)!;

const valuesOf = (of: (row: Setting) => Setting['default']) =>
  Object.fromEntries(settingRows.map((row) => [row.key, of(row)])) as unknown as TableSettings;

export const defaultTableSettings = valuesOf((row) => row.default);

/** What runs had that were stored without a setting. */
export const settingsBefore = valuesOf((row) => row.before ?? row.default);
