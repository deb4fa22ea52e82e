import { describe, expect, it } from 'vitest';
import { listedRun } from '../../../test/listed-run';
import { lora } from '../../adapters/methods/lora';
import type { DatasetSummary, ModelLibrary, StudioDescription } from '../../protocol/types';
import { defaultSettings } from '../../runs/settings';
import { formOf } from './form';
import { sourceOfForm, sourceOfRun } from './python-source';

const embedded = { id: 'roberta-mini', title: 'roberta-mini', modelType: 'roberta', kept: null };
const origin = { kind: 'hub', endpoint: '', repo: 'camembert-base', revision: 'main', commit: 'c0ffee' };
const ofHub = {
  id: 'camembert-base@c0ffee',
  title: 'camembert-base',
  modelType: 'camembert',
  kept: { origin },
};
const dataset = {
  id: 'd',
  name: 'Data',
  task: 'classification',
  labels: ['a', 'b'],
  rows: { train: 10, validation: 2, test: null },
} as unknown as DatasetSummary;

const settings = { ...defaultSettings, method: 'lora', methodConfig: lora.defaultConfig! };
const known = {
  form: formOf(settings, 'd'),
  description: { methods: [lora] } as unknown as StudioDescription,
  library: { baseModels: [embedded, ofHub] } as unknown as ModelLibrary,
  adapters: [],
  datasets: [dataset],
};

describe('the script of the form', () => {
  it('is of its settings, data set and base model', () => {
    expect(sourceOfForm(known)).toMatchObject({
      settings,
      dataset: { name: 'Data', task: 'classification', labels: ['a', 'b'], trainRows: 10 },
      base: { name: 'roberta-mini', revision: null, modelType: 'roberta' },
    });
  });

  it('names a model of the hub by repository and commit', () => {
    expect(sourceOfForm({ ...known, form: { ...known.form, baseModel: ofHub.id } })).toMatchObject({
      base: { name: 'camembert-base', revision: 'c0ffee', modelType: 'camembert' },
    });
  });

  it('is not there while something is wrong with the form, which it says', () => {
    const values = { ...known.form.values, epochs: '' };
    expect(sourceOfForm({ ...known, form: { ...known.form, values } })).toBe('Epochs is empty.');
    expect(sourceOfForm({ ...known, form: null })).toContain('Choose a data set');
  });
});

describe('the script of a run', () => {
  const run = listedRun({ base: { name: 'gone-model', revision: 'abc', fingerprint: '' } });

  it('is of what the run had, whatever the form says and is kept now', () => {
    const source = sourceOfRun({ ...run, settings: { ...run.settings, baseModel: 'gone' } }, known);
    expect(source).toMatchObject({
      settings: { epochs: run.settings.epochs },
      dataset: { labels: ['a', 'b'] },
      base: { name: 'gone-model', revision: 'abc', modelType: null },
    });
  });

  it('is not there where the studio could not open', () => {
    expect(sourceOfRun(run, { ...known, description: null })).toContain('could not open');
  });
});
