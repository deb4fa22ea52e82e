/** Drawn adapters on roberta-tiny as the ONNX downloads that the host makes of them, and what the reference executor says of texts. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadTokenizer } from '../src/data/tokenizer';
import type { AdapterBundle, HeadConfig } from '../src/formats/bundle';
import type { Precision } from '../src/formats/onnx/precision';
import { readZip } from '../src/formats/zip';
import { type ClassifierScript, OnnxExports } from '../src/host/adapters/onnx-exports';
import type { LoadedBaseModel } from '../src/host/models/base-models';
import type { AdapterRecord } from '../src/protocol/records';
import { logitsOf } from './drawn-adapters';
import { loadBaseModel } from './golden/base-model';

const tinyFolder = fileURLToPath(new URL('../public/models/roberta-tiny', import.meta.url));

export const severalLabels: Partial<HeadConfig> = {
  headType: 'multilabel_classification',
  numLabels: 3,
  labels: ['money', 'sport', 'weather'],
};

export const oneNumber: Partial<HeadConfig> = { numLabels: 1, labels: ['stars'] };

const bytesOf = (name: string) => new Uint8Array(readFileSync(join(tinyFolder, name)));
const json = (name: string) =>
  JSON.parse(readFileSync(join(tinyFolder, name), 'utf8')) as Record<string, unknown>;
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

const padToken = 1;

export async function onnxDownloads(maxLength: number, script?: ClassifierScript) {
  const base = await loadBaseModel(
    { bytes: async (path) => bytesOf(path.split('/').at(-1)!) },
    'roberta-tiny',
  );
  const tokenizer = loadTokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
  const companions = async (_: string, length: number) => ({
    config: json('config.json'),
    tokenizer: new Map([
      ['tokenizer.json', bytesOf('tokenizer.json')],
      ['tokenizer_config.json', encode({ ...json('tokenizer_config.json'), model_max_length: length })],
    ]),
  });
  const exports = new OnnxExports({ companions }, script);
  const identity = { name: 'roberta-tiny', revision: null, fingerprint: 'of-weights' };
  const loaded: LoadedBaseModel = { ...base, id: 'roberta-tiny', identity, storage: 'checkpoint', tokenizer };
  const recordOf = (bundle: AdapterBundle, name = bundle.name) =>
    ({ id: name, bundle, name, maxLength, baseStorage: 'checkpoint' }) as AdapterRecord;
  const idsOf = (texts: readonly string[]): number[][] => {
    const ids = texts.map((text) => [...tokenizer.encode(text, maxLength)]);
    const longest = Math.max(...ids.map((row) => row.length));
    return ids.map((row) => [...row, ...new Array<number>(longest - row.length).fill(padToken)]);
  };
  return {
    base,
    exports,
    loaded,
    recordOf,
    /** Token ids [texts, longest], padded. */
    idsOf,
    /** [texts, labels] */
    logits: async (bundle: AdapterBundle, texts: readonly string[]): Promise<number[][]> => {
      const flat = [...(await logitsOf(base, bundle, idsOf(texts)))];
      const width = bundle.head.numLabels;
      return texts.map((_, i) => flat.slice(width * i, width * (i + 1)));
    },
    /** Unpacks the download into `folder` and gives its files' sizes. */
    unpack: async (
      bundle: AdapterBundle,
      precisions: readonly Precision[],
      folder: string,
    ): Promise<ReadonlyMap<string, number>> => {
      const { bytes, fileName } = await exports.download(recordOf(bundle), null, loaded, precisions);
      const files = readZip(bytes, fileName);
      for (const [name, content] of files) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), content);
      }
      return new Map([...files].map(([name, content]) => [name, content.byteLength]));
    },
  };
}
