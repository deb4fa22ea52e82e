/** Fields of the settings' table. */
import { appliesTo, type Setting, type SettingGroup } from '../../runs/setting';
import { type SettingKey, settingRows } from '../../runs/setting-table';
import type { TaskType } from '../../task';
import { useStudio } from '../store/context';
import { type FormValue, type FormValues, formValueProblem } from '../store/form';
import { CheckField, NumberField, SelectField } from './fields';

interface SettingFieldsProps {
  readonly group: SettingGroup;
  readonly values: FormValues['values'];
  /** What the fields' way back leads to. */
  readonly defaults: FormValues['values'];
  /** What that is, where it is not the default. */
  readonly resetTo?: string | undefined;
  /** Settings that do nothing for it are left out. */
  readonly task: TaskType;
}

/** Numbers and choices in a grid, switches below it. */
export function SettingFields({ group, values, defaults, resetTo, task }: SettingFieldsProps) {
  const studio = useStudio();
  const rows = settingRows.filter((row) => row.group === group && appliesTo(row, task));
  const field = (row: Setting) => {
    const key = row.key as SettingKey;
    return (
      <SettingField
        key={key}
        setting={row}
        value={values[key]}
        initial={defaults[key]}
        resetTo={resetTo}
        onChange={(value) => studio.edit({ values: { ...values, [key]: value } })}
      />
    );
  };
  return (
    <>
      <div className="field-grid">{rows.filter(({ kind }) => kind !== 'switch').map(field)}</div>
      {rows.filter(({ kind }) => kind === 'switch').map(field)}
    </>
  );
}

interface SettingFieldProps {
  readonly setting: Setting;
  readonly value: FormValue;
  readonly initial: FormValue;
  readonly resetTo: string | undefined;
  readonly onChange: (value: FormValue) => void;
}

function SettingField({ setting, value, initial, resetTo, onChange }: SettingFieldProps) {
  const { label, help } = setting;
  const onReset = value === initial ? undefined : () => onChange(initial);
  switch (setting.kind) {
    case 'number':
      return (
        <NumberField
          label={label}
          help={help}
          step={setting.integer ? '1' : 'any'}
          value={String(value)}
          problem={formValueProblem(setting, value)}
          placeholder={setting.whenEmpty ?? ''}
          onChange={onChange}
          onReset={onReset}
          resetTo={resetTo}
        />
      );
    case 'choice':
      return (
        <SelectField
          label={label}
          help={help}
          value={String(value)}
          options={setting.options}
          onChange={onChange}
          onReset={onReset}
          resetTo={resetTo}
        />
      );
    case 'switch':
      return <CheckField label={label} help={help} checked={value === true} onChange={onChange} />;
    default:
      return setting satisfies never;
  }
}
