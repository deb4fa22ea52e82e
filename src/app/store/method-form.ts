/** The chosen method's part of the form: its fields, what is wrong with them, what to know of them. Pure functions. */
import type { ConfigValue } from '../../adapters/config';
import { fieldsOf } from '../../adapters/config-with';
import type { MethodDescription, MethodField } from '../../adapters/method';
import type { FormValues } from './form';

export function methodFieldProblem(field: MethodField, value: ConfigValue): string | null {
  switch (field.kind) {
    case 'integer':
    case 'number':
      return numberIn(field, value);
    case 'numberByLayer':
      return Object.entries(byLayerOf(value))
        .map(([layer, typed]) =>
          layer !== 'default' && String(typed).trim() === ''
            ? null
            : numberIn(layer === 'default' ? field : { ...field, label: layerLabel(field, layer) }, typed),
        )
        .reduce((first, problem) => first ?? problem, null);
    case 'numberOrWord':
      return field.options.includes(String(value)) ? null : numberIn(field, value);
    case 'choices':
    case 'members':
    case 'someLayers':
      return Array.isArray(value) && value.length === 0 ? `Choose at least one for ${field.label}.` : null;
    case 'boolean':
    case 'choice':
    case 'layers':
      return null;
    default:
      return field satisfies never;
  }
}

function numberIn(
  { kind, label, minimum, maximum }: Extract<MethodField, { readonly minimum: number }>,
  value: ConfigValue,
): string | null {
  const number = Number(value);
  if (String(value).trim() === '' || !Number.isFinite(number)) return `${label} must be a number.`;
  if (kind === 'integer' && !Number.isInteger(number)) return `${label} must be a whole number.`;
  return number < minimum || number > maximum ? `${label} must be between ${minimum} and ${maximum}.` : null;
}

/** The accessible name of one layer's own value. */
export const layerLabel = ({ label }: Pick<MethodField, 'label'>, layer: number | string): string =>
  `${label}, layer ${layer}`;

/** A value of a `numberByLayer` field as a map: "default", and the layers that have their own. */
export function byLayerOf(value: ConfigValue): Readonly<Record<string, ConfigValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, ConfigValue>>)
    : { default: value };
}

/** From what was typed and chosen to what AdapterHub's configuration has. */
export function configValueOf(field: MethodField, value: ConfigValue): ConfigValue {
  switch (field.kind) {
    case 'integer':
    case 'number':
      return Number(value);
    case 'numberByLayer': {
      const typed = Object.entries(byLayerOf(value)).filter(([, entry]) => String(entry).trim() !== '');
      const numbers = Object.fromEntries(typed.map(([layer, entry]) => [layer, Number(entry)]));
      return typed.length === 1 ? numbers.default! : numbers;
    }
    case 'numberOrWord':
      return field.options.includes(String(value)) ? value : Number(value);
    default:
      return value;
  }
}

/** What was typed and chosen for the chosen method. */
const valuesOf = (form: FormValues) => form.methodValues[form.method] ?? {};

export function methodValue(form: FormValues, field: MethodField): ConfigValue {
  return valuesOf(form)[field.key] ?? field.default;
}

/** Fields of the chosen method, those of a union's chosen members included. */
export function methodFields(
  form: FormValues,
  methods: readonly MethodDescription[],
): readonly MethodField[] {
  const method = methods.find(({ id }) => id === form.method);
  return method ? fieldsOf(method, valuesOf(form), methods) : [];
}

/** What to know before training: of the method, of a union's members, and of the values that are chosen. */
export function cautionsOf(form: FormValues, methods: readonly MethodDescription[]): readonly string[] {
  const fields = methodFields(form, methods);
  const involved = [
    form.method,
    ...fields.flatMap((field) =>
      field.kind === 'members' ? (methodValue(form, field) as readonly string[]) : [],
    ),
  ];
  const ofMethods = involved.flatMap(
    (id) =>
      methods
        .find((method) => method.id === id)
        ?.cautions.filter(
          ({ whenPositive }) => whenPositive === undefined || Number(form.values[whenPositive]) > 0,
        ) ?? [],
  );
  const ofValues = fields.flatMap((field) => {
    const value = configValueOf(field, methodValue(form, field));
    return (field.cautions ?? []).filter((caution) =>
      Array.isArray(value) ? value.includes(caution.value) : value === caution.value,
    );
  });
  return [...new Set([...ofMethods, ...ofValues].map(({ text }) => text))];
}
