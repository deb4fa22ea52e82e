/** Options of the head, as AdapterHub's `ClassificationHead` has them. */
import { useStudio } from '../store/context';
import type { FormValues } from '../store/form';
import { CheckField, SelectField } from './fields';

interface HeadFieldsProps {
  readonly form: FormValues;
  readonly activations: readonly string[];
  /** Of the chosen base model. */
  readonly hasPooler: boolean;
}

const layerChoices = ['1', '2', '3', '4'];

export function HeadFields({ form, activations, hasPooler }: HeadFieldsProps) {
  const studio = useStudio();
  const { head } = form;
  const edit = (changes: Partial<FormValues['head']>) => studio.edit({ head: { ...head, ...changes } });
  return (
    <>
      <div className="field-grid">
        <SelectField
          label="Head layers"
          value={String(head.layers)}
          options={layerChoices.map((value) => ({ value, label: value }))}
          onChange={(layers) => edit({ layers: Number(layers) })}
          help="Dense layers on the first token; AdapterHub’s default is 2."
        />
        <SelectField
          label="Head activation"
          value={head.activationFunction ?? ''}
          options={[...activations.map((value) => ({ value, label: value })), { value: '', label: 'None' }]}
          onChange={(name) => edit({ activationFunction: name || null })}
          help="Between the head’s layers."
        />
      </div>
      <CheckField
        label="Head bias"
        checked={head.bias}
        onChange={(bias) => edit({ bias })}
        help="A bias in the head’s last layer."
      />
      {/* It stays where it is on, so that it can be switched off on a base model without a pooler. */}
      {(hasPooler || head.usePooler) && (
        <CheckField
          label="Head reads the pooler"
          checked={head.usePooler}
          onChange={(usePooler) => edit({ usePooler })}
          help="The base model’s pooler between the first token and the head."
        />
      )}
    </>
  );
}
