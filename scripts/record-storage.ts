/**
 * Records what a built studio keeps in a browser: `tsx scripts/record-storage.ts <folder of the studio> <commit> <file>`, where
 * the folder has `dist/`. The story speaks the protocol of commit bdaf26f; later ones may need another.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright';
import { preview } from 'vite';
import { FakeHub, filesOf } from '../test/fake-hub';
import { emptyPage } from '../test/recorded/script';
import { findChromium, softwareWebGpuArguments } from './find-chromium';

const [studio = '.', commit = '', out = 'recording.json.gz'] = process.argv.slice(2);
const site = await preview({
  root: studio,
  configFile: false,
  preview: { port: 0, host: 'localhost' },
  logLevel: 'error',
});
const address = site.resolvedUrls!.local[0]!;
const worker = readdirSync(join(studio, 'dist/assets')).find((name) => name.startsWith('training.worker'));
const tiny = filesOf('public/models/roberta-tiny');
const hub = new FakeHub();
hub.serve({ name: 'someone/roberta-copy', files: tiny });
const shaky = new FakeHub({ bytesPerSecond: 300_000 });
shaky.serve({ name: 'someone/half', files: tiny });
const [hubAddress, shakyAddress] = [await hub.listen(), await shaky.listen()];

const browser = await chromium.launch({ executablePath: findChromium(), args: softwareWebGpuArguments });
const context = await browser.newContext();
const open = async () => {
  const page = await emptyPage(context, address);
  page.on('console', (message) => console.log(message.text()));
  return page;
};

let page = await open();
await page.evaluate(
  async ([script, ...places]) => {
    const story = new recorded.Story(script);
    await story.open();
    await story.everything(...places);
  },
  [`/assets/${worker}`, hubAddress, shakyAddress, '/@fixtures'] as const,
);
// Two runs whose page goes away: the first is interrupted when the studio opens again, the second is found as it was.
const brokenOff: string[] = [];
for (const epochs of [12, 30]) {
  await page.close();
  page = await open();
  const runId = await page.evaluate(
    async ([script, length]) => {
      const story = new recorded.Story(script);
      await story.open();
      return story.train(length);
    },
    [`/assets/${worker}`, epochs] as const,
  );
  brokenOff.push(runId);
}
await page.close();
page = await open();
const sources = [...tiny.keys()].map((name) => `/models/roberta-tiny/${name}`);
const small = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
const kept = await page.evaluate(
  (addresses) => recorded.record(addresses),
  [...sources, ...small.map((name) => `/@fixtures/families/distilbert/${name}`)],
);
const expected = await page.evaluate(
  async ([script, runId]) => {
    const story = new recorded.Story(script);
    await story.open();
    return story.expected(runId);
  },
  [`/assets/${worker}`, brokenOff[0]!] as const,
);
const json = JSON.stringify({ commit, ...kept, expected });
writeFileSync(out, gzipSync(json, { level: 9 }));
console.log(
  `${Object.keys(kept.records).length} records, ${kept.files.length} files, ${json.length} bytes of JSON`,
);
await browser.close();
await Promise.all([hub.close(), shaky.close(), site.close()]);
