/** Script strings in every place of a model card that comes from elsewhere: rendered as Markdown, they stay text. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import type { AdapterBundle } from '../src/formats/bundle';
import { type CardFormat, type ModelCardRun, modelCard } from '../src/formats/model-card';
import { readAdapter } from '../src/formats/read-adapter';
import { fixturesFolder } from './fixtures-folder';
import { scriptStrings } from './script-strings';

/** As open as a renderer can be: HTML passes, bare addresses become links. */
const renderer = new MarkdownIt({ html: true, linkify: true });
renderer.linkify.set({ fuzzyLink: false });

const folder = join(fixturesFolder(), 'formats/adapterhub/lora/bin');
const files = ['adapter_config.json', 'head_config.json', 'pytorch_adapter.bin', 'pytorch_model_head.bin'];
const bundle = readAdapter(
  new Map(files.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))])),
  'lora',
);

const harmless: ModelCardRun = {
  methodTitle: 'LoRA',
  paper: 'Hu et al. 2021',
  datasetName: 'rows.csv',
  datasetFingerprint: 'f',
  trainingRows: 2,
  validationRows: 1,
  baseRevision: 'main',
  baseFingerprint: 'b',
  baseLicense: 'apache-2.0',
  settings: { method: 'lora' },
  results: { evalLoss: 0.5 },
  curve: [{ step: 1, loss: 0.5, accuracy: 0.5 }],
  steps: 1,
};

/** `text` wherever a card takes one. */
function cardWith(text: string, format: CardFormat): string {
  const named: AdapterBundle = {
    ...bundle,
    name: text,
    base: { ...bundle.base, name: text },
    head: { ...bundle.head, labels: [text, `${text} `] },
  };
  const run = {
    ...harmless,
    datasetName: text,
    baseRevision: text,
    baseLicense: text,
    settings: { head: text },
  };
  return modelCard(named, run, format);
}

const split = (card: string) => {
  const lines = card.split('\n');
  const end = lines.indexOf('---', 1);
  return { front: lines.slice(1, end), body: lines.slice(end + 1).join('\n') };
};

/** Elements of rendered Markdown, in their order; text has no `<` there but as an entity. */
const elements = (html: string) => [...html.matchAll(/<[^>]*>/g)].map(([element]) => element);

/** The front matter's values; null where a line is something else. */
function frontValues(lines: readonly string[]): readonly string[] | null {
  const values = lines.map((line) => {
    const [, value] = /^(?:- |[a-z_]+: )(\w[\w-]*|".*")$|^tags:$/.exec(line) ?? [null, null];
    if (value === null) return null;
    // What JSON reads as a string, YAML reads as the same one.
    return value?.startsWith('"') ? (JSON.parse(value) as string) : (value ?? '');
  });
  return values.every((value) => value !== null) ? values : null;
}

describe.each(['adapterhub', 'peft', 'merged'] as const)('a card of %s', (format) => {
  const word = split(cardWith('word', format));
  const expected = elements(renderer.render(word.body));

  it('has the same elements with a script string everywhere as with a word', () => {
    const broken = scriptStrings.filter(
      (text) => `${elements(renderer.render(split(cardWith(text, format)).body))}` !== `${expected}`,
    );
    expect(broken).toEqual([]);
  });

  it('has the same front matter, with the string as it is', () => {
    for (const text of scriptStrings) {
      const values = frontValues(word.front)!.map((value) => (value === 'word' ? text : value));
      expect(frontValues(split(cardWith(text, format)).front)).toEqual(values);
    }
  });
});

it('the elements do tell a script from text', () => {
  expect(scriptStrings.length).toBeGreaterThanOrEqual(200);
  expect(new Set(scriptStrings).size).toBe(scriptStrings.length);
  const run = scriptStrings.filter((text) => elements(renderer.render(`# ${text}`)).length > 2);
  expect(run.length).toBeGreaterThan(100);
});
