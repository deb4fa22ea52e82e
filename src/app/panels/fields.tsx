/** The form's fields: labelled, with help, an inline problem and a way back to the default. */
import { RotateCcw } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useId } from 'react';

interface FieldProps {
  readonly label: string;
  readonly help?: string | undefined;
  readonly problem?: string | null;
  /** Shown where the value differs from its default. */
  readonly onReset?: (() => void) | undefined;
  /** Where that leads, if not to the default. */
  readonly resetTo?: string | undefined;
  readonly children: (ids: { readonly id: string; readonly describedBy: string | undefined }) => ReactNode;
}

function Field({ label, help, problem, onReset, resetTo = 'default', children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const labelId = `${id}-label`;
  const note = problem ?? help;
  return (
    <div className="field" data-invalid={Boolean(problem)} title={help}>
      <div className="field-head">
        <label htmlFor={id} id={labelId}>
          {label}
        </label>
        {onReset && <ResetButton labelId={labelId} onReset={onReset} resetTo={resetTo} />}
      </div>
      {children({ id, describedBy: note ? noteId : undefined })}
      {note && (
        <p id={noteId} className={problem ? 'field-problem' : 'field-help'}>
          {note}
        </p>
      )}
    </div>
  );
}

/** Its name leaves the field's out, so that a field is found by its own name alone. */
interface ResetButtonProps {
  readonly labelId: string;
  readonly onReset: () => void;
  readonly resetTo?: string;
}

function ResetButton({ labelId, onReset, resetTo = 'default' }: ResetButtonProps) {
  return (
    <button
      type="button"
      className="reset"
      onClick={onReset}
      aria-label={`Back to ${resetTo}`}
      aria-describedby={labelId}
      title={`Back to ${resetTo === 'default' ? 'the default' : resetTo}`}
    >
      <RotateCcw size={12} aria-hidden />
    </button>
  );
}

interface NumberFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly problem?: string | null;
  readonly help?: string;
  readonly placeholder?: string;
  readonly step?: string;
  readonly onReset?: (() => void) | undefined;
  readonly resetTo?: string | undefined;
}

export function NumberField({
  label,
  value,
  onChange,
  problem = null,
  help,
  placeholder,
  step = 'any',
  onReset,
  resetTo,
}: NumberFieldProps) {
  return (
    <Field label={label} help={help} problem={problem} onReset={onReset} resetTo={resetTo}>
      {({ id, describedBy }) => (
        <input
          id={id}
          type="number"
          inputMode="decimal"
          step={step}
          value={value}
          placeholder={placeholder}
          aria-invalid={problem ? true : undefined}
          aria-describedby={describedBy}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Enter does what the button beside it does. */
  readonly onEnter: (event: KeyboardEvent) => void;
  readonly type?: 'text' | 'password';
  readonly help?: string;
  readonly placeholder?: string;
  /** Id of a `datalist`. */
  readonly list?: string;
}

export function TextField({
  label,
  value,
  onChange,
  onEnter,
  type = 'text',
  help,
  placeholder,
  list,
}: TextFieldProps) {
  return (
    <Field label={label} help={help}>
      {({ id, describedBy }) => (
        <input
          id={id}
          type={type}
          value={value}
          placeholder={placeholder}
          list={list}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          aria-describedby={describedBy}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') onEnter(event);
          }}
        />
      )}
    </Field>
  );
}

interface SelectFieldProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string) => void;
  readonly help?: string | undefined;
  readonly disabled?: boolean;
  readonly onReset?: (() => void) | undefined;
  readonly resetTo?: string | undefined;
}

export function SelectField({
  label,
  value,
  options,
  onChange,
  help,
  disabled = false,
  onReset,
  resetTo,
}: SelectFieldProps) {
  return (
    <Field label={label} help={help} onReset={onReset} resetTo={resetTo}>
      {({ id, describedBy }) => (
        <select
          id={id}
          value={value}
          disabled={disabled}
          aria-describedby={describedBy}
          onChange={(event) => onChange(event.target.value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface GroupedSelectFieldProps extends Omit<SelectFieldProps, 'options'> {
  readonly groups: readonly {
    readonly label: string;
    readonly options: SelectFieldProps['options'];
  }[];
}

export function GroupedSelectField({
  label,
  value,
  groups,
  onChange,
  help,
  disabled = false,
}: GroupedSelectFieldProps) {
  return (
    <Field label={label} help={help}>
      {({ id, describedBy }) => (
        <select
          id={id}
          value={value}
          disabled={disabled}
          aria-describedby={describedBy}
          onChange={(event) => onChange(event.target.value)}
        >
          {groups.map((group) => (
            <optgroup key={group.label} label={group.label}>
              {group.options.map((option) => (
                <option key={option.value} value={option.value}>
                  {option.label}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      )}
    </Field>
  );
}

interface CheckFieldProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly help?: string;
}

export function CheckField({ label, checked, onChange, help }: CheckFieldProps) {
  return (
    <label className="check" title={help}>
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      <span>{label}</span>
    </label>
  );
}

interface ChoicesFieldProps {
  readonly label: string;
  readonly help: string;
  readonly options: readonly string[];
  readonly optionNames?: Readonly<Record<string, string>> | undefined;
  readonly chosen: readonly string[];
  readonly onChange: (chosen: string[]) => void;
  readonly problem?: string | null;
  /** A usual choice in one click. */
  readonly preset?: { readonly label: string; readonly perform: () => void };
  readonly onReset?: (() => void) | undefined;
}

/** Several of a list, as check boxes under one heading. */
export function ChoicesField({
  label,
  help,
  options,
  optionNames = {},
  chosen,
  onChange,
  problem = null,
  preset,
  onReset,
}: ChoicesFieldProps) {
  const legendId = useId();
  return (
    <fieldset className="choices" title={help}>
      <legend id={legendId}>{label}</legend>
      {onReset && <ResetButton labelId={legendId} onReset={onReset} />}
      {options.map((option) => (
        <CheckField
          key={option}
          label={optionNames[option] ?? option}
          checked={chosen.includes(option)}
          onChange={(checked) =>
            onChange(options.filter((o) => (o === option ? checked : chosen.includes(o))))
          }
        />
      ))}
      {preset && (
        <button type="button" className="text-button" onClick={preset.perform}>
          {preset.label}
        </button>
      )}
      {problem && <p className="field-problem">{problem}</p>}
    </fieldset>
  );
}
