/**
 * What of the form is kept from one visit to the next: what differs from the form as it opens, so that the rest follows the
 * defaults of the day. Of what was kept only what is still possible comes back. Pure functions.
 */
import type { ConfigValue } from '../../adapters/config';
import { fieldsOf } from '../../adapters/config-with';
import type { MethodDescription, MethodField } from '../../adapters/method';
import type { AdapterSummary, StudioDescription } from '../../protocol/types';
import { type SettingKey, settingRows } from '../../runs/setting-table';
import { compositionProblem, type FormValues, formValueProblem } from './form';
import { methodFieldProblem } from './method-form';

/** As it comes from a storage that anybody may have written to. */
type Json = Readonly<Record<string, unknown>>;

const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

/** What was changed in the form, as JSON takes it. */
export function keptOf(form: FormValues, opening: FormValues): Json {
  const changed = (now: object, then: object) =>
    Object.fromEntries(
      Object.entries(now).filter(
        ([key, value]) => JSON.stringify(value) !== JSON.stringify((then as Json)[key]),
      ),
    );
  const { values, head, ...choices } = form;
  return {
    ...changed(choices, opening),
    values: changed(values, opening.values),
    head: changed(head, opening.head),
  };
}

/** The form as it opens with what was kept of it, but for what needs the list of adapters. */
export function withKept(
  opening: FormValues,
  kept: unknown,
  { methods, headActivations, datasets, library }: StudioDescription,
): FormValues {
  const { datasetId, baseModel, method, values, head, methodValues } = object(kept);
  const chosen = <T extends string>(value: unknown, among: readonly { readonly id: T }[], usual: string) =>
    among.some(({ id }) => id === value) ? (value as T) : usual;
  return {
    ...opening,
    datasetId: chosen(datasetId, datasets, opening.datasetId),
    baseModel: chosen(baseModel, library.baseModels, opening.baseModel),
    method: chosen(method, methods, opening.method),
    values: keptValues(opening.values, object(values)),
    head: keptHead(opening.head, object(head), headActivations),
    methodValues: Object.fromEntries(
      methods.flatMap((of) => {
        const own = keptMethodValues(of, object(object(methodValues)[of.id]), methods);
        return Object.keys(own).length > 0 ? [[of.id, own]] : [];
      }),
    ),
  };
}

/** Once the adapters are listed, and only where nothing was chosen meanwhile. */
export function withKeptAdapters(
  form: FormValues,
  kept: unknown,
  adapters: readonly AdapterSummary[],
): FormValues {
  const { startFrom, composition, composedAdapters } = object(kept);
  const isThere = (id: unknown) => adapters.some((adapter) => adapter.id === id);
  if (form.startFrom !== '' || form.composition !== '') return form;
  if (isThere(startFrom)) return { ...form, startFrom: startFrom as string };
  if (composition !== 'Stack' && composition !== 'dynamic' && composition !== 'static') return form;
  const composed = Array.isArray(composedAdapters) ? (composedAdapters.filter(isThere) as string[]) : [];
  const whole: FormValues = { ...form, composition, composedAdapters: composed };
  return compositionProblem(whole) === null ? whole : form;
}

function keptValues(opening: FormValues['values'], kept: Json): FormValues['values'] {
  const possible = settingRows.flatMap((row) => {
    const value = kept[row.key];
    const isTyped = row.kind === 'switch' ? typeof value === 'boolean' : typeof value === 'string';
    return isTyped && formValueProblem(row, value as string | boolean) === null ? [[row.key, value]] : [];
  });
  return { ...opening, ...(Object.fromEntries(possible) as Partial<Record<SettingKey, string | boolean>>) };
}

function keptHead(
  opening: FormValues['head'],
  { layers, activationFunction, bias, usePooler }: Json,
  activations: readonly string[],
): FormValues['head'] {
  const isActivation = activationFunction === null || activations.some((name) => name === activationFunction);
  return {
    ...opening,
    ...(typeof layers === 'number' && [1, 2, 3, 4].includes(layers) && { layers }),
    ...(isActivation && { activationFunction: activationFunction as string | null }),
    ...(typeof bias === 'boolean' && { bias }),
    ...(typeof usePooler === 'boolean' && { usePooler }),
  };
}

/** A union's own fields first: they say which others there are. */
function keptMethodValues(
  method: MethodDescription,
  kept: Json,
  methods: readonly MethodDescription[],
): Readonly<Record<string, ConfigValue>> {
  const possible = (fields: readonly MethodField[]) =>
    Object.fromEntries(
      fields.flatMap((field) => {
        const value = kept[field.key];
        return isLike(field, value) && methodFieldProblem(field, value) === null ? [[field.key, value]] : [];
      }),
    );
  const own: Readonly<Record<string, ConfigValue>> = possible(method.fields);
  return possible(fieldsOf(method, own, methods));
}

const isNumberTyped = (value: unknown) => typeof value === 'number' || typeof value === 'string';

/** Whether a value has the shape that the field's values have. */
function isLike(field: MethodField, value: unknown): value is ConfigValue {
  switch (field.kind) {
    case 'integer':
    case 'number':
    case 'numberOrWord':
      return isNumberTyped(value);
    case 'numberByLayer':
      return isNumberTyped(value) || Object.values(object(value)).some(isNumberTyped);
    case 'boolean':
      return typeof value === 'boolean';
    case 'choice':
      return field.options.some((option) => option === value);
    case 'choices':
    case 'members':
      return Array.isArray(value) && value.every((one) => field.options.includes(one));
    case 'layers':
      return Array.isArray(value) && value.every(Number.isInteger);
    case 'someLayers':
      return value === 'all' || (Array.isArray(value) && value.every(Number.isInteger));
    default:
      return field satisfies never;
  }
}
