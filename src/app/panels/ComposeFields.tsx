/** AdapterHub's compositions that train: a new adapter on top of saved ones, or a fusion of them. */
import type { AdapterSummary } from '../../protocol/types';
import { useStudio } from '../store/context';
import { compositionProblem, type FormValues } from '../store/form';
import { CheckField, SelectField } from './fields';

const kinds = [
  { value: '', label: 'No' },
  { value: 'Stack', label: 'Stack a new adapter on them' },
  { value: 'dynamic', label: 'Fuse them (dynamic AdapterFusion)' },
  { value: 'static', label: 'Fuse them (static AdapterFusion)' },
] as const;

const help: Readonly<Record<FormValues['composition'], string>> = {
  '': 'Saved adapters can be stacked under a new one, or fused; they stay as they are.',
  Stack:
    'The chosen ones are frozen, in the order of the list, below the adapter that trains (Pfeiffer et al. 2020).',
  dynamic:
    'Trains attention over the chosen bottleneck adapters, with value matrices (Pfeiffer et al. 2021).',
  static:
    'Trains attention over the chosen bottleneck adapters, without value matrices (Pfeiffer et al. 2021).',
};

export function ComposeFields({
  form,
  adapters,
}: {
  readonly form: FormValues;
  readonly adapters: readonly AdapterSummary[];
}) {
  const studio = useStudio();
  // A bare head adds nothing to others, and a composition cannot be part of one.
  const fitting = adapters.filter(
    ({ baseModel, composed, method }) => baseModel === form.baseModel && !composed && method !== 'head_only',
  );
  const problem = compositionProblem(form);
  return (
    <>
      <SelectField
        label="Use saved adapters"
        value={form.composition}
        options={kinds}
        help={help[form.composition]}
        onChange={(value) => studio.edit({ composition: value as FormValues['composition'] })}
      />
      {form.composition !== '' && (
        <fieldset className="choices stacked">
          <legend>Saved adapters</legend>
          {fitting.map(({ id, name, method }) => (
            <CheckField
              key={id}
              label={`${name}, ${method}`}
              checked={form.composedAdapters.includes(id)}
              onChange={(checked) =>
                studio.edit({
                  composedAdapters: fitting
                    .map((adapter) => adapter.id)
                    .filter((other) => (other === id ? checked : form.composedAdapters.includes(other))),
                })
              }
            />
          ))}
          {problem && <p className="field-problem">{problem}</p>}
        </fieldset>
      )}
    </>
  );
}
