import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixturesFolder } from '../../test/fixtures-folder';
import { codeOf, expectErrorOr, mutations } from '../../test/hostile';
import { StudioError } from '../errors';
import { readAdapterHub, writeAdapterHub } from './adapterhub';
import type { AdapterBundle } from './bundle';
import { sha256OfBundle } from './bundle-digest';
import { readZip, writeZip } from './zip';

const root = join(fixturesFolder(), 'formats/adapterhub');

function folder(...path: string[]): Map<string, Uint8Array> {
  const at = join(root, ...path);
  const names = readdirSync(at, { withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(names.map(({ name }) => [name, new Uint8Array(readFileSync(join(at, name)))]));
}

const unreadable = new Map([
  ['fusion', 'adapter-unsupported'],
  ['stack', 'adapter-unsupported'],
]);
const cases = existsSync(root) ? readdirSync(root) : [];
const readable = cases.filter((name) => !unreadable.has(name));

describe('AdapterHub folders', () => {
  it.each(readable)('writes %s again as the library wrote it', (name) => {
    const files = folder(name, 'bin');
    const written = writeAdapterHub(readAdapterHub(files, name));
    expect([...written.keys()].sort()).toEqual([...files.keys()].sort());
    for (const [file, bytes] of files) {
      if (file.endsWith('.json')) expect(textOf(written.get(file)!)).toBe(textOf(bytes));
      else expect(written.get(file)!.length).toBe(bytes.length);
    }
  });

  it.each(readable)('reads %s from safetensors to the same bundle', (name) => {
    const bin = readAdapterHub(folder(name, 'bin'), name);
    const safetensors = readAdapterHub(folder(name, 'safetensors'), name);
    const { tensors, ...rest } = safetensors;
    expect({ ...bin, tensors: undefined }).toEqual({ ...rest, tensors: undefined });
    for (const [tensorName, tensor] of tensors)
      expect([tensorName, bin.tensors.get(tensorName)]).toEqual([tensorName, tensor]);
  });

  it.each([...unreadable])('names what %s is', (name, code) => {
    if (existsSync(join(root, name)))
      expect(codeOf(() => readAdapterHub(folder(name, 'bin'), name))).toBe(code);
  });

  it('reads a zip with a folder in it', () => {
    const files = new Map([...folder('lora', 'bin')].map(([name, bytes]) => [`my adapter/${name}`, bytes]));
    const read = readAdapterHub(readZip(writeZip(files), 'a.zip'), 'a.zip');
    expect(read).toEqual(readAdapterHub(folder('lora', 'bin'), 'lora'));
  });

  it('keeps class names of every kind', () => {
    const bundle = lora();
    const labels = ['good 🙂', '__proto__'];
    const files = writeAdapterHub({ ...bundle, head: { ...bundle.head, labels } });
    expect(textOf(files.get('head_config.json')!)).toContain('"good \\ud83d\\ude42": 0');
    expect(readAdapterHub(files, 'a').head.labels).toEqual(labels);
  });

  it('writes floats as floats', () => {
    const bundle = readAdapterHub(folder('seq_bn', 'bin'), 'seq_bn');
    const text = textOf(
      writeAdapterHub({
        ...bundle,
        config: { ...bundle.config, scaling: 4, dropout: 0.00001, reduction_factor: 8 },
      }).get('adapter_config.json')!,
    );
    expect(text).toContain('"scaling": 4.0');
    expect(text).toContain('"dropout": 1e-05');
    expect(text).toContain('"reduction_factor": 8,');
    expect(text).toContain('"phm_dim": 4,');
  });

  it.each([
    ['a name with a dot', (b: AdapterBundle) => ({ ...b, name: 'a.b' }), 'adapter-name'],
    ['a name with a comma', (b: AdapterBundle) => ({ ...b, name: 'a,b' }), 'adapter-name'],
    [
      'equal class names',
      (b: AdapterBundle) => ({ ...b, head: { ...b.head, labels: ['x', 'x'] } }),
      'adapter-labels',
    ],
    [
      'too few class names',
      (b: AdapterBundle) => ({ ...b, head: { ...b.head, labels: ['x'] } }),
      'adapter-labels',
    ],
  ])('does not write %s', (_, change, code) => {
    expect(codeOf(() => writeAdapterHub(change(lora())))).toBe(code);
  });

  const layer2 = 'roberta.encoder.layer.2.attention.self.value.loras.main';
  it.each([
    ['nothing', () => new Map(), 'adapter-file', 'adapter_config.json'],
    ['no head', without('head_config.json'), 'adapter-file', 'head_config.json'],
    ['no adapter weights', without('pytorch_adapter.bin'), 'adapter-file', 'pytorch_adapter.bin'],
    ['no head weights', without('pytorch_model_head.bin'), 'adapter-file', 'pytorch_model_head.bin'],
    ['broken JSON', edited('adapter_config.json', () => '{'), 'adapter-json', 'adapter_config.json'],
    [
      'no config',
      edited('adapter_config.json', (text) => text.replace('"config"', '"x"')),
      'adapter-field',
      '`config`',
    ],
    [
      'no name',
      edited('head_config.json', (text) => text.replace('"name"', '"x"')),
      'adapter-field',
      '`name`',
    ],
    [
      'label2id that is a number',
      edited('head_config.json', (text) => text.replace('"label2id"', '"label2id": 3, "x"')),
      'adapter-field',
      '`label2id`',
    ],
    [
      'a billion outputs without names',
      edited('head_config.json', (text) =>
        text.replace('"label2id"', '"x"').replace(/"num_labels": \d+/, '"num_labels": 1000000000'),
      ),
      'adapter-field',
      '`num_labels`',
    ],
    [
      'a billion layers',
      edited('head_config.json', (text) => text.replace(/"layers": \d+/, '"layers": 1000000000')),
      'adapter-field',
      '`layers` is 1000000000',
    ],
    [
      'a label twice',
      edited('head_config.json', (text) => text.replace('"positive": 1', '"positive": 0')),
      'adapter-field',
      '"positive"',
    ],
    [
      'a billion labels',
      edited('head_config.json', (text) => text.replace('"num_labels": 2', '"num_labels": 9000000000000000')),
      'adapter-field',
      '`num_labels`',
    ],
    [
      'another model class',
      edited('head_config.json', (text) => text.replace('RobertaA', 'BertA')),
      'adapter-unsupported',
      'BertAdapterModel',
    ],
    [
      'an unknown architecture',
      edited('adapter_config.json', (text) => text.replace('"lora",', '"magic",')),
      'adapter-unsupported',
      '"magic"',
    ],
    [
      'a PEFT folder',
      edited('adapter_config.json', (text) => text.replace('"name"', '"peft_type": "LORA", "name"')),
      'adapter-unsupported',
      'peft_type',
    ],
    [
      'different names',
      edited('adapter_config.json', (text) => text.replace('"main"', '"other"')),
      'adapter-field',
      '`other`',
    ],
    ['a lost tensor', tensorsWithout(`${layer2}.lora_B`), 'adapter-tensor', `${layer2}.lora_B`],
    [
      'a lost kind of tensor',
      tensorsWithout('value', 'lora_B'),
      'adapter-tensor',
      'layer.0.attention.self.value.loras.main.lora_B',
    ],
    ['a lost layer', tensorsWithout('layer.1.'), 'adapter-tensor', 'layer.1.'],
    ['a lost head tensor', headWithout('heads.main.4.bias'), 'adapter-tensor', 'heads.main.4.bias'],
  ])('names what is wrong with %s', (_, files: () => Map<string, Uint8Array>, code, named) => {
    try {
      readAdapterHub(files(), 'the folder');
    } catch (error) {
      if (!(error instanceof StudioError)) throw error;
      expect(error.code).toBe(code);
      expect(error.message).toContain(named);
      return;
    }
    throw new Error('it was read');
  });

  it('repairs what the library repairs in old files', () => {
    const old = edited('adapter_config.json', (text) =>
      text.replace('adapters.1.3.0', 'adapters.1.0.1').replace('"alpha": 8', '"alpha": 16'),
    )();
    expect(readAdapterHub(old, 'a').config).toMatchObject({ r: 8, alpha: 8 });
    const today = edited('adapter_config.json', (text) => text.replace('"alpha": 8', '"alpha": 16'))();
    expect(readAdapterHub(today, 'a').config).toMatchObject({ r: 8, alpha: 16 });
  });

  it('ends every damaged folder in a bundle or a StudioError', () => {
    const files = folder('lora', 'bin');
    const damaged = fc.oneof(
      ...[...files].map(([name, bytes]) =>
        mutations(bytes).map((mutated) => new Map(files).set(name, mutated)),
      ),
    );
    fc.assert(
      fc.property(damaged, (given) => {
        expectErrorOr(
          () => readAdapterHub(given, 'a'),
          (bundle) => expect(bundle.headTensors.size).toBe(4),
        );
      }),
      { numRuns: 1000, seed: 13 },
    );
  });

  it('has a fingerprint that tells tensors, not files', async () => {
    const bundle = lora();
    const digest = await sha256OfBundle(bundle);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(await sha256OfBundle(readAdapterHub(folder('lora', 'safetensors'), 'lora'))).toBe(digest);
    const tensors = new Map(bundle.tensors);
    const [name, { shape, data }] = [...tensors][3]!;
    tensors.set(name, { shape, data: data.map((value, i) => (i === 5 ? -value : value)) });
    expect(await sha256OfBundle({ ...bundle, tensors })).not.toBe(digest);
  });
});

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function lora(): AdapterBundle {
  return readAdapterHub(folder('lora', 'bin'), 'lora');
}

function without(file: string) {
  return () => {
    const files = folder('lora', 'bin');
    files.delete(file);
    return files;
  };
}

function edited(file: string, edit: (text: string) => string) {
  return () => {
    const files = folder('lora', 'bin');
    files.set(file, new TextEncoder().encode(edit(textOf(files.get(file)!))));
    return files;
  };
}

function tensorsWithout(...parts: string[]) {
  return () => {
    const bundle = lora();
    const kept = [...bundle.tensors].filter(([name]) => !parts.every((part) => name.includes(part)));
    return writeAdapterHub({ ...bundle, tensors: new Map(kept) });
  };
}

function headWithout(lost: string) {
  return () => {
    const bundle = lora();
    return writeAdapterHub({
      ...bundle,
      headTensors: new Map([...bundle.headTensors].filter(([name]) => name !== lost)),
    });
  };
}
