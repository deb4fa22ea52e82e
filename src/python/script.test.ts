/** What a script says; that Python does it is `test/python-script.test.ts`. */
import { describe, expect, it } from 'vitest';
import { adapterMethods } from '../adapters/registry';
import type { Setting, SettingValue } from '../runs/setting';
import { settingRows } from '../runs/setting-table';
import { defaultSettings, type RunSettings } from '../runs/settings';
import { configCall } from './adapter-config';
import { literal } from './literal';
import { pythonScript } from './script';
import type { ScriptSource } from './source';

const settings: RunSettings = {
  ...defaultSettings,
  method: 'lora',
  methodConfig: adapterMethods.find(({ id }) => id === 'lora')!.defaultConfig!,
};

const source: ScriptSource = {
  settings,
  methods: adapterMethods,
  dataset: { name: 'Rotten Tomatoes', task: 'classification', labels: ['👎', '👍'], trainRows: 8530 },
  base: { name: 'roberta-base', revision: 'e2da8e2', modelType: 'roberta' },
  saved: new Map([
    ['a', { name: 'amber', method: 'lora' }],
    ['p', { name: 'peach', method: 'peft_lora' }],
    ['f', { name: 'fig', method: 'full' }],
    ['h', { name: 'heron', method: 'head_only' }],
    ['s', { name: 'stack', method: 'lora', composed: { type: 'Stack' as const } }],
  ]),
};

const scriptWith = (changes: Partial<RunSettings>, others: Partial<ScriptSource> = {}) =>
  pythonScript({ ...source, ...others, settings: { ...settings, ...changes } });

/** Another value than the one it has. */
function changed(row: Setting, value: SettingValue): SettingValue {
  switch (row.kind) {
    case 'number':
      return value === row.minimum ? row.minimum + (row.integer ? 1 : 0.25) : row.minimum;
    case 'choice':
      return row.options.map((option) => option.value).find((option) => option !== value)!;
    case 'switch':
      return !value;
    default:
      return row satisfies never;
  }
}

describe('every setting is in the script', () => {
  // Two batches a step, without which there is nothing to add or to average, and rows that are left for the end.
  const accumulating = { gradientAccumulationSteps: 2, trainingRows: 8192, validationRows: 100 };

  it.each(settingRows.map((row) => [row.key, row] as const))('%s', (key, row) => {
    expect(row.python).toBeDefined();
    const before = scriptWith(accumulating);
    const values = { ...settings, ...accumulating } as unknown as Record<string, SettingValue>;
    // What the file holds, in 32 bits, is what Python computes with as it is.
    const value = key === 'baseStorage' ? 'int8' : changed(row, values[key]!);
    expect(scriptWith({ ...accumulating, [key]: value })).not.toBe(before);
  });

  it.each([{ layers: 3 }, { activationFunction: null }, { bias: false }, { usePooler: true }])(
    'head %j',
    (head) => {
      expect(scriptWith({ head: { ...settings.head, ...head } })).not.toBe(scriptWith({}));
    },
  );
});

it('is what one would write oneself', () => {
  const script = scriptWith({ methodConfig: { ...settings.methodConfig, r: 4, alpha: 16 } });
  expect(script).toContain('model.add_adapter(name, config=LoRAConfig(r=4, alpha=16))');
  expect(script).toContain('from adapters import AdapterTrainer, AutoAdapterModel, LoRAConfig\n');
  expect(script).toContain('model = AutoAdapterModel.from_pretrained(base, revision="e2da8e2")');
  expect(script).toContain('name = "rotten_tomatoes"');
  expect(script).not.toMatch(/\n{4}|[ \t]\n|\r/);
});

it('names the saved adapters by the folders that their downloads unpack to', () => {
  expect(scriptWith({ composition: { type: 'Stack', adapterIds: ['a', 'gone'] } })).toContain(
    [
      'model.load_adapter("amber", load_as="rotten_tomatoes_part1", with_head=False)',
      'model.load_adapter(',
      '    "FOLDER_OF_THE_SAVED_ADAPTER",',
      '    load_as="rotten_tomatoes_part2",',
      '    with_head=False,',
      ')',
      '',
    ].join('\n'),
  );
  expect(scriptWith({ startFrom: 'a' })).toContain('name = model.load_adapter("amber")');
  expect(scriptWith({ startFrom: 'h' })).toContain('_, name = model.load_head("heron")');
  expect(scriptWith({ startFrom: 's' })).toContain('setup, name = model.load_adapter_setup("stack")');
  expect(scriptWith({ startFrom: 'f' })).toContain('base = "fig-merged"');
  expect(scriptWith({ startFrom: 'p' })).toContain('PeftModel.from_pretrained(model, "peach-peft"');
});

it('tells where the trainer’s steps are others than the studio’s', () => {
  const rows = { ...source.dataset, trainRows: 10 };
  const told = (epochs: number) =>
    scriptWith({ epochs, batchSize: 2, gradientAccumulationSteps: 2 }, { dataset: rows });
  // Five batches an epoch in twos: in the studio 15 make 8 steps, the trainer makes 3 in each epoch.
  expect(told(3)).toMatch(
    /5 batches an epoch in steps of 2: the trainer makes 9 steps .*\n# the studio makes 8 /,
  );
  expect(told(1)).not.toContain('the trainer makes');
});

it('no text of somebody else’s leaves its string or its comment', () => {
  const text = 'x"\n\'\'\'\r\nimport os\u2028#\u202e"""';
  const script = scriptWith(
    { startFrom: 'a' },
    {
      dataset: { ...source.dataset, name: text, labels: [text, 'b'] },
      base: { ...source.base, name: text, revision: text },
      saved: new Map([['a', { name: text, method: 'lora' }]]),
    },
  );
  const said = literal(text);
  expect(said).toBe(String.raw`"x\"\n'''\r\nimport os\u2028#\u202e\"\"\""`);
  expect(script.split('\n').filter((line) => line.includes('import os') && !line.includes(said))).toEqual([]);
});

it('literals are Python’s', () => {
  expect(literal({ a: [true, false, null, 1e-7, 'é'] })).toBe('{"a": [True, False, None, 1e-7, "é"]}');
});

it('a configuration is the call that differs least from it', () => {
  const call = (config: Parameters<typeof configCall>[0]) => configCall(config, 'union', adapterMethods);
  const defaults = (id: string) => adapterMethods.find((method) => method.id === id)!.defaultConfig!;
  expect(call({ ...defaults('compacter++'), leave_out: [0] }).text).toBe(
    'CompacterPlusPlusConfig(leave_out=[0])',
  );
  // Python asks whether they are floats.
  expect(call({ ...defaults('vera'), vera_d: 1 }).text).toBe('VeraConfig(vera_d=1.0)');
  expect(call({ ...defaults('seq_bn'), reduction_factor: { default: 16, '1': 2 } }).text).toBe(
    'SeqBnConfig(reduction_factor={"1": 2, "default": 16})',
  );
  expect(call({ ...defaults('lora'), other: 1 }).unknown).toEqual(['other']);
});
