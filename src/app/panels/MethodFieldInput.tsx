/** One field of an adapter method, by its kind. */
import { ChevronRight } from 'lucide-react';
import type { ConfigValue } from '../../adapters/config';
import type { MethodField } from '../../adapters/method';
import { byLayerOf, layerLabel, methodFieldProblem } from '../store/method-form';
import { CheckField, ChoicesField, NumberField, SelectField } from './fields';

interface MethodFieldInputProps {
  readonly field: MethodField;
  readonly value: ConfigValue;
  readonly layers: number;
  /** Names of the options that the field itself does not name. */
  readonly optionNames?: Readonly<Record<string, string>> | undefined;
  readonly onChange: (value: ConfigValue) => void;
}

export function MethodFieldInput({ field, value, layers, optionNames, onChange }: MethodFieldInputProps) {
  const { label, help } = field;
  const onReset =
    JSON.stringify(value) === JSON.stringify(field.default)
      ? undefined
      : () => onChange(field.default as ConfigValue);
  const common = { label, help, onReset };
  switch (field.kind) {
    case 'integer':
    case 'number':
      return (
        <NumberField
          {...common}
          value={String(value)}
          problem={methodFieldProblem(field, value)}
          onChange={onChange}
        />
      );
    case 'numberByLayer':
      return <NumberByLayer {...common} field={field} value={value} layers={layers} onChange={onChange} />;
    case 'numberOrWord':
      return <NumberOrWord {...common} field={field} value={value} onChange={onChange} />;
    case 'boolean':
      return <CheckField label={label} help={help} checked={value === true} onChange={onChange} />;
    case 'choice':
      return (
        <SelectField
          {...common}
          value={String(value)}
          options={field.options.map((option) => ({
            value: String(option),
            label: field.optionLabels?.[String(option)] ?? String(option),
          }))}
          onChange={(chosen) => onChange(field.options.find((option) => String(option) === chosen) ?? null)}
        />
      );
    case 'choices':
    case 'members':
      return (
        <ChoicesField
          {...common}
          options={field.options}
          optionNames={field.optionLabels ?? optionNames}
          chosen={value as readonly string[]}
          onChange={onChange}
        />
      );
    case 'layers':
      return (
        <ChoicesField
          {...common}
          options={indices(layers)}
          chosen={(value as readonly number[]).map(String)}
          onChange={(chosen) => onChange(chosen.map(Number))}
          preset={{
            label: 'The first half',
            perform: () => onChange(indices(Math.floor(layers / 2)).map(Number)),
          }}
        />
      );
    case 'someLayers':
      return (
        <ChoicesField
          {...common}
          options={indices(layers)}
          chosen={value === 'all' ? indices(layers) : (value as readonly number[]).map(String)}
          problem={methodFieldProblem(field, value)}
          onChange={(chosen) => onChange(chosen.length === layers ? 'all' : chosen.map(Number))}
        />
      );
    default:
      return field satisfies never;
  }
}

const indices = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));

interface KindProps<K extends MethodField['kind']> {
  readonly field: Extract<MethodField, { readonly kind: K }>;
  readonly label: string;
  readonly help: string;
  readonly value: ConfigValue;
  readonly onReset: (() => void) | undefined;
  readonly onChange: (value: ConfigValue) => void;
}

/** The number for all layers, and below it those of single layers. */
function NumberByLayer({
  field,
  value,
  layers,
  onChange,
  ...common
}: KindProps<'numberByLayer'> & { readonly layers: number }) {
  const map = byLayerOf(value);
  const set = (layer: string, typed: string) => onChange({ ...map, [layer]: typed });
  return (
    <div className="by-layer">
      <NumberField
        {...common}
        value={String(map.default ?? '')}
        problem={methodFieldProblem(field, value)}
        onChange={(typed) => set('default', typed)}
      />
      <details className="disclosure">
        <summary>
          <ChevronRight size={14} aria-hidden /> By layer
        </summary>
        <div className="layer-grid">
          {indices(layers).map((layer) => (
            <label key={layer}>
              <span aria-hidden>{layer}</span>
              <input
                type="number"
                step="any"
                aria-label={layerLabel(field, layer)}
                placeholder={String(map.default ?? '')}
                value={String(map[layer] ?? '')}
                onChange={(event) => set(layer, event.target.value)}
              />
            </label>
          ))}
        </div>
      </details>
    </div>
  );
}

/** A list of words and "a number", and the number beside it where that is chosen. */
function NumberOrWord({ field, value, onChange, ...common }: KindProps<'numberOrWord'>) {
  const isWord = field.options.includes(String(value));
  const number = typeof field.default === 'number' ? String(field.default) : '1';
  return (
    <div className="number-or-word">
      <SelectField
        {...common}
        value={isWord ? String(value) : ''}
        options={[
          { value: '', label: 'a number' },
          ...field.options.map((word) => ({ value: word, label: field.optionLabels?.[word] ?? word })),
        ]}
        onChange={(chosen) => onChange(chosen === '' ? number : chosen)}
      />
      {!isWord && (
        <NumberField
          label={`${field.label}, number`}
          value={String(value)}
          problem={methodFieldProblem(field, value)}
          onChange={onChange}
        />
      )}
    </div>
  );
}
