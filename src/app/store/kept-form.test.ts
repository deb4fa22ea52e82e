import { describe, expect, it } from 'vitest';
import { lora } from '../../adapters/methods/lora';
import { adapterMethods } from '../../adapters/registry';
import type { AdapterSummary, StudioDescription } from '../../protocol/types';
import { defaultSettings } from '../../runs/settings';
import { type FormValues, formOf, formProblems } from './form';
import { keptOf, withKept, withKeptAdapters } from './kept-form';

const settings = { ...defaultSettings, method: 'lora', methodConfig: lora.defaultConfig! };
const opening = formOf(settings, 'rotten_tomatoes');
const known = {
  methods: adapterMethods,
  headActivations: ['tanh', 'relu'],
  datasets: [{ id: 'rotten_tomatoes' }, { id: 'own' }],
  library: { baseModels: [{ id: settings.baseModel }, { id: 'roberta-tiny' }] },
} as unknown as StudioDescription;
const adapters = [{ id: 'a' }, { id: 'b' }] as unknown as readonly AdapterSummary[];

/** Through a storage, as text. */
const again = (form: FormValues, description = known): FormValues =>
  withKept(opening, JSON.parse(JSON.stringify(keptOf(form, opening))), description);

describe('the form of the visit before', () => {
  it('comes back whole', () => {
    const form: FormValues = {
      ...opening,
      datasetId: 'own',
      baseModel: 'roberta-tiny',
      method: 'union',
      values: {
        ...opening.values,
        learningRate: '0.003',
        trainingRows: '64',
        dropout: false,
        scheduler: 'constant',
      },
      head: { layers: 1, activationFunction: 'relu', bias: false, usePooler: true },
      methodValues: {
        lora: { r: '16', attn_matrices: ['q'] },
        union: { configs: ['lora', 'ia3'], 'configs.lora.r': '4' },
      },
    };
    expect(again(form)).toEqual(form);
  });

  it('is nothing where nothing was changed, so that the defaults of the day hold', () => {
    expect(keptOf(opening, opening)).toEqual({ values: {}, head: {} });
    const now = { ...opening, values: { ...opening.values, trainingRows: '512' } };
    expect(withKept(now, keptOf(opening, opening), known)).toEqual(now);
  });

  it('is left where it is no longer possible', () => {
    const kept = {
      datasetId: 'deleted',
      baseModel: 'gone',
      method: 'of-a-later-version',
      values: {
        learningRate: '0',
        epochs: '4',
        batchSize: 'many',
        scheduler: 'square',
        dropout: 'yes',
        unknown: '1',
      },
      head: { layers: 9, activationFunction: 'sine', bias: 'no' },
      methodValues: {
        lora: { r: 0, attn_matrices: 'q', alpha: {}, unknown: 1 },
        union: { configs: ['gone'] },
        gone: { r: 4 },
      },
    };
    const form = withKept(opening, kept, known);
    expect(form).toEqual({ ...opening, values: { ...opening.values, epochs: '4' } });
    expect(formProblems(form, adapterMethods)).toEqual([]);
  });

  it.each([null, 7, 'text', [], { values: [], head: null, methodValues: 3 }])(
    'is left where it is %j',
    (kept) => {
      expect(withKept(opening, kept, known)).toEqual(opening);
      expect(withKeptAdapters(opening, kept, adapters)).toEqual(opening);
    },
  );

  it('goes on from adapters that are there still', () => {
    expect(withKeptAdapters(opening, { startFrom: 'a' }, adapters).startFrom).toBe('a');
    expect(withKeptAdapters(opening, { startFrom: 'gone' }, adapters)).toEqual(opening);
    const fusion = { composition: 'dynamic', composedAdapters: ['a', 'b'] };
    expect(withKeptAdapters(opening, fusion, adapters)).toMatchObject(fusion);
    expect(withKeptAdapters(opening, fusion, adapters.slice(1))).toEqual(opening);
    // What was chosen meanwhile stays.
    const chosen = { ...opening, startFrom: 'b' };
    expect(withKeptAdapters(chosen, { startFrom: 'a' }, adapters)).toEqual(chosen);
  });
});
