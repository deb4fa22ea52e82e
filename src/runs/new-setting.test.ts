/**
 * A setting is one row: with a row more in the table, and nothing else, the form has it and checks it, a run carries it, the worker
 * refuses what it cannot be, the store takes it and gives it to older runs, and comparison, replay, Python script, card and docs tell
 * it.
 */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { lora } from '../adapters/methods/lora';
import type { ListedRun } from '../protocol/types';
import { emptySeries } from './series';
import type { NumberSetting, Setting } from './setting';
import type * as Table from './setting-table';

const patience: NumberSetting = {
  key: 'patience',
  kind: 'number',
  label: 'Patience',
  help: 'Evaluations without a better one before the run ends.',
  group: 'batches',
  minimum: 1,
  maximum: 100,
  integer: true,
  whenEmpty: 'never',
  default: null,
  before: 7,
  replay: (value: number | null) => `--patience ${value ?? 'never'}`,
  python: (value: number | null) => ({ patience: value }),
};

/** Of which nothing is said but what it is. */
const quiet: Setting = {
  key: 'quiet',
  kind: 'switch',
  label: 'Quiet',
  help: 'Says less.',
  group: 'batches',
  default: true,
};

vi.mock('./setting-table', async (original) => {
  const { settingRows, ...table } = await original<typeof Table>();
  return { ...table, settingRows: [...settingRows, patience, quiet] };
});

const { defaultSettings } = await import('./settings');
const { formOf, formProblems, settingsOf } = await import('../app/store/form');
const { comparedSettings } = await import('../app/store/comparison');
const { checkSettings } = await import('../host/runs/settings-check');
const { cardOf } = await import('../host/adapters/downloads');
const { migrate } = await import('../storage/migrations');
const { schemas } = await import('../storage/schemas');
const { pythonScript } = await import('../python/script');
const { settingsTable } = await import('../../scripts/settings-table');
const v = await import('valibot');

const settings = { ...defaultSettings, quiet: true, method: 'lora', methodConfig: lora.defaultConfig! };
const withPatience = (value: unknown) => ({ ...settings, patience: value });

describe('one row more', () => {
  let run: ListedRun;

  beforeEach(async () => {
    const { listedRun } = await import('../../test/listed-run');
    run = listedRun({ settings });
  });

  it('is in the form, with its default and its problem', () => {
    const form = formOf(settings, 'rotten_tomatoes');
    expect(form.values).toHaveProperty('patience', '');
    const typed = (value: string) => ({ ...form, values: { ...form.values, patience: value } });
    expect(settingsOf(typed('3'), [lora])).toEqual(withPatience(3));
    expect(formProblems(typed('0'), [lora])).toEqual(['Patience must be between 1 and 100.']);
  });

  it('is checked by the worker', () => {
    expect(() => checkSettings(withPatience(3))).not.toThrow();
    expect(() => checkSettings(withPatience(2.5))).toThrow('Patience must be a whole number.');
  });

  it('is stored, and given to runs from before', () => {
    const { canResume: _, ...record } = run;
    expect(v.is(schemas.run, { ...record, settings: withPatience(3) })).toBe(true);
    expect(v.is(schemas.run, { ...record, settings: withPatience('3') })).toBe(false);
    const { patience: none, ...before } = withPatience(null);
    expect(none).toBeNull();
    expect(migrate('run', { ...record, settings: before })).toMatchObject({ settings: { patience: 7 } });
    expect(migrate('run', { ...record, settings: withPatience(3) })).toMatchObject({
      settings: { patience: 3 },
    });
  });

  it('is in the Python script, or said to be left out there', () => {
    const script = pythonScript({
      settings: withPatience(3),
      methods: [lora],
      dataset: run.dataset,
      base: { ...run.base, modelType: 'roberta' },
      saved: new Map(),
    });
    expect(script).toContain('    patience=3,\n');
    expect(script).toContain('# Left out, the trainer does not have it: Quiet, on.\n');
  });

  it('is compared, and told in card and docs', () => {
    const runs = [run, { ...run, settings: withPatience(3) }];
    const row = comparedSettings(runs).find(({ name }) => name === 'Patience');
    expect(row).toEqual({ name: 'Patience', values: ['never', '3'], differs: true });
    expect(
      cardOf({ run: { ...run, settings: withPatience(3) }, series: emptySeries() }).settings,
    ).toHaveProperty('Patience', '3');
    expect(settingsTable()).toContain('| Patience | `patience` | 1 to 100, or empty: never | never |');
  });
});
