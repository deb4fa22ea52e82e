import { describe, expect, it } from 'vitest';
import { listedRun } from '../../../test/listed-run';
import { adapterMethods } from '../../adapters/registry';
import type { StudioDescription } from '../../protocol/types';
import { formOf, settingsOf } from './form';
import { basisOf, changedLabels } from './run-form';
import type { initialState } from './state';

const methods = adapterMethods.map(({ matches: _, ...description }) => description);
const run = listedRun();
const description = {
  methods,
  defaults: run.settings,
  defaultDatasetId: 'other',
} as unknown as StudioDescription;
const here = {
  adapters: [],
  datasets: [{ id: run.dataset.id }],
  library: { baseModels: [{ id: run.settings.baseModel }] },
} as unknown as typeof initialState;

describe('the form filled from a run', () => {
  it.each(methods.map((method) => [method.id, method] as const))(
    'stands for the settings that the run had: %s',
    (_, method) => {
      const opened = { ...formOf(run.settings, run.dataset.id), method: method.id };
      const settings = {
        ...settingsOf(opened, methods),
        learningRate: 0.002,
        trainingRows: 7,
        dropout: false,
      };
      const { form, missing } = basisOf(listedRun({ settings }), description, here);
      expect(missing).toEqual([]);
      expect(settingsOf(form, methods)).toEqual(settings);
    },
  );

  it('has values that were changed, also within a member of a union', () => {
    const lora = methods.find(({ id }) => id === 'lora')!;
    const changed = { ...formOf(run.settings, run.dataset.id), methodValues: { [lora.id]: { r: 3 } } };
    const settings = settingsOf(changed, methods);
    expect(settings.methodConfig.r).toBe(3);
    const { form } = basisOf(listedRun({ settings }), description, here);
    expect(settingsOf(form, methods)).toEqual(settings);
  });

  it('names what is gone, and has the default instead', () => {
    const settings = { ...run.settings, baseModel: 'gone', startFrom: 'gone too' };
    const basis = basisOf(listedRun({ settings }), description, { ...here, datasets: [] });
    expect(basis.missing).toEqual([
      'the data set Data',
      'the base model gone',
      'the adapter that it started from',
    ]);
    expect(basis.form).toMatchObject({
      datasetId: 'other',
      baseModel: run.settings.baseModel,
      startFrom: '',
    });
  });

  it('says which settings are not the usual ones', () => {
    const usual = formOf(run.settings, 'd').values;
    expect(changedLabels({ ...usual, seed: '7', dropout: false }, usual)).toEqual(['Seed', 'Dropout']);
  });
});
