import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { readPackage } from './licences';

const folderOf = (name: string) => fileURLToPath(new URL(`../node_modules/${name}`, import.meta.url));

it('has ONNX Runtime’s licence with the notices of whose work its WebAssembly holds', () => {
  const { version, licence, text } = readPackage(folderOf('onnxruntime-web'));
  expect(version).toBe(packageJson.dependencies['onnxruntime-web']);
  expect(licence).toBe('MIT');
  expect(text).toMatch(/^MIT License/);
  for (const name of [
    'abseil-cpp',
    'Eigen',
    'google/flatbuffers',
    'Microsoft GSL',
    'nlohmann/json',
    'emsdk',
    'musl',
  ])
    expect(text, name).toContain(name);
  expect(text).toContain('THIRD PARTY SOFTWARE NOTICES AND INFORMATION');
});

it('has a text for every package that runs an exported model', () => {
  for (const name of [
    'onnxruntime-common',
    '@xenova/transformers',
    '@huggingface/jinja',
    '@huggingface/tokenizers',
  ])
    expect(readPackage(folderOf(name)).text, name).toMatch(/permission|licen[cs]e/i);
});
