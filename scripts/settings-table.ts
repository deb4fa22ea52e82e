/** docs/SETTINGS.md as text: every setting of a run. */
import { formatSettingValue, type Setting, settingGroups } from '../src/runs/setting';
import { settingRows } from '../src/runs/setting-table';

function values(setting: Setting): string {
  switch (setting.kind) {
    case 'number': {
      const { minimum, maximum, integer, unit, whenEmpty } = setting;
      const range = `${minimum} to ${maximum}${unit ? ` ${unit}` : ''}${integer ? '' : ', fractions too'}`;
      return whenEmpty ? `${range}, or empty: ${whenEmpty}` : range;
    }
    case 'choice':
      return setting.options.map(({ value, label }) => `\`${value}\`: ${label}`).join('; ');
    case 'switch':
      return 'on, off';
    default:
      return setting satisfies never;
  }
}

export function settingsTable(): string {
  const groups = Object.entries(settingGroups).flatMap(([group, title]) => {
    const rows = settingRows.filter((setting) => setting.group === group);
    return [
      `## ${title}`,
      '',
      '| Setting | In records | Values | Default | What it does | Tasks |',
      '| --- | --- | --- | --- | --- | --- |',
      ...rows.map(
        (setting) =>
          `| ${setting.label} | \`${setting.key}\` | ${values(setting)} | ${formatSettingValue(setting, setting.default)} | ${setting.help} | ${setting.appliesTo?.join(', ') ?? 'all'} |`,
      ),
      '',
    ];
  });
  return [
    '# Settings of a run',
    '',
    'Written by `npm run docs:settings` from `src/runs/setting-table.ts`, which the form, its checks, the worker, the store, the',
    'comparison, replay files, Python scripts and model cards are made of as well. Methods bring fields of their own ([METHODS.md](METHODS.md)).',
    '',
    ...groups,
  ].join('\n');
}
