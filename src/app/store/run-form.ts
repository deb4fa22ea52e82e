/** The form filled from a run: what it had, as far as that is still here, and what of it differs from the defaults. Pure functions. */
import type { AdapterConfig, ConfigValue } from '../../adapters/config';
import type { MethodDescription } from '../../adapters/method';
import type { StudioDescription } from '../../protocol/types';
import { type SettingKey, settingRows } from '../../runs/setting-table';
import { type FormValues, formOf } from './form';
import type { RunSummary, StudioState } from './state';

/** What a form was filled from. */
export interface FormBasis {
  readonly runName: string;
  readonly form: FormValues;
  /** What the run had and is gone, in words; the form has the default instead. */
  readonly missing: readonly string[];
}

export function basisOf(
  { name, settings, dataset }: RunSummary,
  { methods, defaults, defaultDatasetId }: StudioDescription,
  { datasets, library, adapters }: Pick<StudioState, 'datasets' | 'library' | 'adapters'>,
): FormBasis {
  const missing: string[] = [];
  const kept = <T>(isThere: boolean, what: string, value: T, otherwise: T): T => {
    if (!isThere) missing.push(what);
    return isThere ? value : otherwise;
  };
  const isAdapter = (id: string) => adapters.some((adapter) => adapter.id === id);
  const form = formOf(settings, dataset.id);
  const usual = formOf(defaults, defaultDatasetId);
  const method = methods.find(({ id }) => id === settings.method);
  const { startFrom, composedAdapters } = form;
  // A continued adapter brings its method with it, whether the form offers it or not.
  const isMethod = method !== undefined || startFrom !== '';
  const isComposable = composedAdapters.every(isAdapter);
  return {
    runName: name,
    missing,
    form: {
      ...form,
      datasetId: kept(
        datasets.some(({ id }) => id === dataset.id),
        `the data set ${dataset.name}`,
        dataset.id,
        usual.datasetId,
      ),
      baseModel: kept(
        library?.baseModels.some(({ id }) => id === settings.baseModel) ?? false,
        `the base model ${settings.baseModel}`,
        settings.baseModel,
        usual.baseModel,
      ),
      method: kept(isMethod, `the method ${settings.method}`, method?.id ?? usual.method, usual.method),
      startFrom: kept(
        startFrom === '' || isAdapter(startFrom),
        'the adapter that it started from',
        startFrom,
        '',
      ),
      composition: kept(isComposable, 'an adapter that it was composed with', form.composition, ''),
      composedAdapters: isComposable ? composedAdapters : [],
      methodValues: method ? { [method.id]: valuesOfConfig(method, settings.methodConfig, methods) } : {},
    },
  };
}

/** The values of a method's fields that make its configuration: what `configWith` makes of them. */
function valuesOfConfig(
  { fields }: Pick<MethodDescription, 'fields'>,
  config: AdapterConfig,
  methods: readonly MethodDescription[],
): Readonly<Record<string, ConfigValue>> {
  const values: Record<string, ConfigValue> = {};
  for (const { key, kind } of fields) {
    const place = /^configs\.(\d+)\.(.+)$/.exec(key);
    const members = (config.configs ?? []) as readonly AdapterConfig[];
    const value = place ? members[Number(place[1])]?.[place[2]!] : config[key];
    if (kind === 'members') {
      const chosen = members.flatMap((member) => {
        const method = nearest(member, methods);
        return method ? [{ method, member }] : [];
      });
      values[key] = chosen.map(({ method }) => method.id);
      for (const { method, member } of chosen)
        for (const [own, of] of Object.entries(valuesOfConfig(method, member, methods)))
          values[`${key}.${method.id}.${own}`] = of;
    } else if (value !== undefined) values[key] = value;
  }
  return values;
}

/** Of methods with the same architecture the one whose defaults are most alike. */
function nearest(
  config: AdapterConfig,
  methods: readonly MethodDescription[],
): MethodDescription | undefined {
  const alike = ({ defaultConfig }: MethodDescription) =>
    Object.entries(defaultConfig ?? {}).filter(
      ([key, value]) => JSON.stringify(config[key]) === JSON.stringify(value),
    ).length;
  return methods
    .filter(({ defaultConfig }) => defaultConfig?.architecture === config.architecture)
    .toSorted((a, b) => alike(b) - alike(a))[0];
}

/** Labels of the settings that are not as a form opens with them. */
export const changedLabels = (values: FormValues['values'], usual: FormValues['values']): readonly string[] =>
  settingRows
    .filter(({ key }) => values[key as SettingKey] !== usual[key as SettingKey])
    .map(({ label }) => label);
