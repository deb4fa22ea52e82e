/**
 * The recorded database of commit bdaf26f with a bad record of every kind in it, through the worker: all else is in place, each
 * bad one is named, can be taken away without loss, and deleted.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FileDownload, StudioDescription } from '../src/protocol/types';
import { defaultDownloadHosts } from '../src/storage/models/hub-hosts';
import { decodeValue, encodeValue, type Json } from '../src/storage/record-file';
import { OpenStudio } from './recorded/open-studio';
import {
  changeRecords,
  clearStorage,
  type Recording,
  readRecording,
  restore,
  storedFiles,
  storedRecords,
} from './recorded/recording';

type Fields = Readonly<Record<string, unknown>>;

let recording: Recording;
/** By key: a whole record that the bad one is made of. */
let whole: Readonly<Record<string, Fields>>;
let inPlace: Awaited<ReturnType<typeof everything>>;
/** What stood under these keys before. */
let before: ReadonlyMap<string, unknown>;
let textsBefore: ReadonlyMap<string, string>;
let filesBefore: readonly string[];
const adapterId = 'copied';

/** What is wrong with a whole record deep inside. */
const deepFaults: Readonly<Record<string, (record: Fields) => unknown>> = {
  run: (run) => ({ ...run, trainLoss: 7 }),
  adapter: (adapter) => ({ ...adapter, labels: 'x' }),
  bundle: (record) => ({ ...record, bundle: { ...(record.bundle as Fields), tensors: new Map([['x', 5]]) } }),
  checkpoint: (checkpoint) => ({ ...checkpoint, parameters: [1, 2, Number.NaN, undefined] }),
  dataset: (dataset) => ({ ...dataset, labelNames: [new Date(0)] }),
  setting: () => ({ version: 1, value: { of: new Map([['nothing', -0]]) } }),
  model: (model) => ({ ...model, files: [{ path: 5 }] }),
  download: (download) => ({ ...download, origin: { kind: 'hub', endpoint: 'nowhere' } }),
};

const faults: readonly (readonly [name: string, (key: string) => unknown])[] = [
  ['a number', () => 5],
  ['null', () => null],
  ['a text', () => 'garbage'],
  ['an empty object', () => ({})],
  ['a list', () => []],
  ['an old version without settings', () => ({ version: 1, id: 'bad', name: 'old one' })],
  ['a newer version', (key) => ({ ...whole[key], version: 99 })],
  ['a wrong type deep inside', (key) => deepFaults[kindOf(key)]!(whole[key]!)],
  ['the record of another', (key) => ({ ...whole[key], id: 'x', runId: 'x', bundle: {}, value: 'ftp://x' })],
];

const kindOf = (key: string) => key.slice(0, key.indexOf('/'));

beforeAll(async () => {
  recording = await readRecording('/@fixtures/storage/bdaf26f.json.gz');
  await restore(recording);
  const first = (prefix: string) => {
    const [, value] = Object.entries(recording.records).find(([key]) => key.startsWith(prefix))!;
    return decodeValue(value) as Fields;
  };
  const [slot] = Object.keys(recording.records).filter((key) => /^checkpoint\/.*\/b$/.test(key));
  whole = {
    'run/bad': { ...first('run/'), id: 'bad' },
    'adapter/bad': { ...first('adapter/'), id: 'bad' },
    [`bundle/${adapterId}`]: first('bundle/'),
    [slot!]: decodeValue(recording.records[slot!]!) as Fields,
    'dataset/bad': { ...first('dataset/'), id: 'bad' },
    'setting/hub-endpoint': { version: 1, value: 'https://mirror.example' },
    'model/bad': { ...first('model/'), id: 'bad' },
    'download/half': { ...first('download/'), id: 'half' },
  };
  // Once, so that what an opening itself changes is no difference later.
  const studio = new OpenStudio();
  inPlace = await everything(studio, await studio.open('reference'));
  studio.close();
  before = await storedRecords();
  textsBefore = await textsOf(before);
  filesBefore = [...(await storedFiles()).keys()].sort();
});

afterAll(clearStorage);

/** Each record as a text: comparing large arrays number by number takes seconds. */
async function textsOf(records: ReadonlyMap<string, unknown>): Promise<ReadonlyMap<string, string>> {
  const texts = [...records].map(
    async ([key, value]) => [key, JSON.stringify(await encodeValue(value))] as const,
  );
  return new Map(await Promise.all(texts));
}

/** All lists of the page. */
async function everything(studio: OpenStudio, { datasets, library, methods }: StudioDescription) {
  const [runs, adapters] = await Promise.all([studio.send('listRuns', {}), studio.send('listAdapters', {})]);
  const { storage: _s, hub: _h, ...models } = library;
  return { datasets, models, methods: methods.length, runs, adapters };
}

async function leaveFile(folder: string): Promise<void> {
  const models = await (await navigator.storage.getDirectory()).getDirectoryHandle('models');
  const file = await (await models.getDirectoryHandle(folder, { create: true })).getFileHandle('file', {
    create: true,
  });
  const writable = await file.createWritable();
  await writable.write('x');
  await writable.close();
}

it.each(faults)('%s under every prefix', { timeout: 60_000 }, async (_, faultOf) => {
  const bad = new Map(Object.keys(whole).map((key) => [key, faultOf(key)]));
  const adapter = { ...whole['adapter/bad'], id: adapterId };
  await changeRecords(new Map([...bad, [`adapter/${adapterId}`, adapter]]));
  await Promise.all(['bad', 'half'].map(leaveFile));

  const studio = new OpenStudio();
  const description = await studio.open('reference');
  expect(description.library.hub).toEqual({
    endpoint: 'https://huggingface.co',
    hasToken: false,
    downloadHosts: defaultDownloadHosts('https://huggingface.co'),
  });
  const expected = [...bad.keys()].map((key) => key.replace('bundle/', 'adapter/')).sort();
  await studio.send('listSetAside', {});
  // Tensors and checkpoints are looked at after the opening.
  const found = await studio.until((event) =>
    event.type === 'setAside' && event.records.length === expected.length ? event.records : undefined,
  );
  expect(found.map(({ key }) => key).sort()).toEqual(expected);
  expect(await everything(studio, description)).toEqual(inPlace);
  for (const { key, reason, kind } of found) {
    expect(reason, key).toMatch(/./);
    expect(kind, key).toBe(kindOf(key));
  }
  // As they were, and their files too.
  const stored = await textsOf(await storedRecords());
  const texts = await textsOf(bad);
  for (const [key, text] of texts) expect(stored.get(key), key).toBe(text);
  expect([...(await storedFiles()).keys()]).toEqual(
    expect.arrayContaining(['models/bad/file', 'models/half/file']),
  );

  for (const { key, keys } of found) {
    const { fileName, bytes }: FileDownload = await studio.send('downloadSetAside', { key });
    expect(fileName).toMatch(/^[\w.@-]+\.json$/);
    const { records } = JSON.parse(new TextDecoder().decode(bytes)) as { records: Record<string, Json> };
    const there = keys.filter((one) => stored.has(one));
    expect(Object.keys(records)).toEqual(there);
    for (const one of there) {
      expect(JSON.stringify(records[one]), one).toBe(stored.get(one));
      decodeValue(records[one]!);
    }
    await studio.send('deleteSetAside', { key });
    await expect(studio.send('deleteSetAside', { key })).rejects.toMatchObject({ code: 'not-set-aside' });
  }
  expect(await studio.send('listSetAside', {})).toEqual([]);
  studio.close();

  // All else is as it was.
  const after = await textsOf(await storedRecords());
  expect([...after.keys()].sort()).toEqual([...textsBefore.keys()].filter((key) => !bad.has(key)).sort());
  for (const [key, text] of after) expect(text === textsBefore.get(key), key).toBe(true);
  expect([...(await storedFiles()).keys()].sort()).toEqual(filesBefore);
  await changeRecords(new Map([...bad.keys()].map((key) => [key, before.get(key)])));
});

it('a run whose checkpoints cannot be read says so when it is resumed, and begins nothing', async () => {
  const { runId } = recording.expected.resumed;
  const keys = ['a', 'b'].map((slot) => `checkpoint/${runId}/${slot}`);
  await changeRecords(new Map(keys.map((key) => [key, { version: 1, garbage: true }])));
  const studio = new OpenStudio();
  await studio.open('reference');
  await studio.send('resume', { runId });
  const run = await studio.ended(runId);
  expect([run.status, run.error?.code]).toEqual(['interrupted', 'checkpoint-damaged']);
  const recorded = decodeValue(recording.records[`run/${runId}`]!) as Fields;
  expect(run).toMatchObject({ step: recorded.step, trainLoss: recorded.trainLoss });
  studio.close();
});
