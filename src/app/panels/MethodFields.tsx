/** The fields of the chosen adapter method, drawn from its description alone. */
import type { ConfigValue } from '../../adapters/config';
import type { MethodDescription, MethodField } from '../../adapters/method';
import { useStudio } from '../store/context';
import { type FormValues, methodFieldProblem, methodValue } from '../store/form';
import { CheckField, NumberField, SelectField } from './fields';

interface MethodFieldsProps {
  readonly method: MethodDescription;
  readonly form: FormValues;
  /** Layers of the chosen base model. */
  readonly layers: number;
}

export function MethodFields({ method, form, layers }: MethodFieldsProps) {
  const studio = useStudio();
  const set = (field: MethodField) => (value: ConfigValue) =>
    studio.edit({
      methodValues: {
        ...form.methodValues,
        [form.method]: { ...form.methodValues[form.method], [field.key]: value },
      },
    });
  return (
    <div className="field-grid">
      {method.fields.map((field) => (
        <MethodFieldInput
          key={field.key}
          field={field}
          value={methodValue(form, field)}
          layers={layers}
          onChange={set(field)}
        />
      ))}
    </div>
  );
}

interface MethodFieldInputProps {
  readonly field: MethodField;
  readonly value: ConfigValue;
  readonly layers: number;
  readonly onChange: (value: ConfigValue) => void;
}

function MethodFieldInput({ field, value, layers, onChange }: MethodFieldInputProps) {
  const { label, help } = field;
  const onReset =
    JSON.stringify(value) === JSON.stringify(field.default)
      ? undefined
      : () => onChange(field.default as ConfigValue);
  switch (field.kind) {
    case 'integer':
    case 'number':
      return (
        <NumberField
          label={label}
          help={help}
          value={String(value)}
          problem={methodFieldProblem(field, value)}
          onChange={onChange}
          onReset={onReset}
        />
      );
    case 'boolean':
      return <CheckField label={label} help={help} checked={value === true} onChange={onChange} />;
    case 'choice':
      return (
        <SelectField
          label={label}
          help={help}
          value={String(value)}
          options={field.options.map((option) => ({ value: option, label: option }))}
          onChange={onChange}
          onReset={onReset}
        />
      );
    case 'choices':
    case 'members':
      return (
        <Choices
          label={label}
          help={help}
          options={field.options}
          chosen={value as readonly string[]}
          onChange={onChange}
        />
      );
    case 'layers': {
      const chosen = (value as readonly number[]).map(String);
      const options = Array.from({ length: layers }, (_, i) => String(i));
      return (
        <Choices
          label={label}
          help={help}
          options={options}
          chosen={chosen}
          onChange={(next) => onChange(next.map(Number))}
        />
      );
    }
    default:
      return field satisfies never;
  }
}

interface ChoicesProps {
  readonly label: string;
  readonly help: string;
  readonly options: readonly string[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: string[]) => void;
}

function Choices({ label, help, options, chosen, onChange }: ChoicesProps) {
  return (
    <fieldset className="choices" title={help}>
      <legend>{label}</legend>
      {options.map((option) => (
        <CheckField
          key={option}
          label={option}
          checked={chosen.includes(option)}
          onChange={(checked) =>
            onChange(options.filter((o) => (o === option ? checked : chosen.includes(o))))
          }
        />
      ))}
    </fieldset>
  );
}
