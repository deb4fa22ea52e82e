/** The fields of the chosen adapter method, drawn from their descriptions alone. */
import { ChevronRight } from 'lucide-react';
import type { ConfigValue } from '../../adapters/config';
import type { MethodDescription, MethodField } from '../../adapters/method';
import { useStudio } from '../store/context';
import type { FormValues } from '../store/form';
import { methodFields, methodValue } from '../store/method-form';
import { MethodFieldInput } from './MethodFieldInput';

interface MethodFieldsProps {
  readonly form: FormValues;
  readonly methods: readonly MethodDescription[];
  /** Layers of the chosen base model. */
  readonly layers: number;
}

export function MethodFields({ form, methods, layers }: MethodFieldsProps) {
  const studio = useStudio();
  const fields = methodFields(form, methods);
  // Boxes after the rest, so that each kind stands in even rows.
  const rare = fields
    .filter(({ advanced }) => advanced)
    .sort((a, b) => Number(a.kind === 'boolean') - Number(b.kind === 'boolean'));
  const changed = rare.filter(
    (field) => JSON.stringify(methodValue(form, field)) !== JSON.stringify(field.default),
  );
  const inputOf = (field: MethodField) => (
    <MethodFieldInput
      key={field.key}
      field={field}
      value={methodValue(form, field)}
      layers={layers}
      optionNames={
        field.kind === 'members' ? Object.fromEntries(methods.map(({ id, title }) => [id, title])) : undefined
      }
      onChange={(value: ConfigValue) =>
        studio.edit({
          methodValues: {
            ...form.methodValues,
            [form.method]: { ...form.methodValues[form.method], [field.key]: value },
          },
        })
      }
    />
  );
  return (
    <>
      <Groups fields={fields.filter((field) => !field.advanced)} inputOf={inputOf} />
      {rare.length > 0 && (
        <details className="disclosure">
          <summary>
            <ChevronRight size={14} aria-hidden /> More options
            {changed.length > 0 && <span className="muted">{changed.length} changed</span>}
          </summary>
          <Groups fields={rare} inputOf={inputOf} />
        </details>
      )}
    </>
  );
}

interface GroupsProps {
  readonly fields: readonly MethodField[];
  readonly inputOf: (field: MethodField) => React.ReactNode;
}

/** Fields without a group, then each group under its name. */
function Groups({ fields, inputOf }: GroupsProps) {
  const names = [...new Set(fields.map(({ group }) => group))];
  const within = (name: string | undefined) => fields.filter(({ group }) => group === name).map(inputOf);
  return names.map((name) =>
    name === undefined ? (
      <div key="own" className="field-grid">
        {within(name)}
      </div>
    ) : (
      <fieldset key={name} className="method-group">
        <legend>{name}</legend>
        <div className="field-grid">{within(name)}</div>
      </fieldset>
    ),
  );
}
