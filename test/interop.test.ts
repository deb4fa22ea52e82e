/** What we write, the real library loads completely and computes the same with. Skipped where there is no Python for it. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAdapterHub, writeAdapterHub } from '../src/formats/adapterhub';
import { isAdapterSetup, readAdapterSetup, writeAdapterSetup } from '../src/formats/adapterhub-setup';
import { writeZip } from '../src/formats/zip';
import { fixturesFolder } from './fixtures-folder';
import { findPython, type PythonResults, runPythonChecks } from './python';

const python = findPython();
const fixtures = fixturesFolder();
const adapters = join(fixtures, 'formats/adapterhub');

/** The library's own file of direft is noreft's: its reload is another function. */
const leftOut = new Set(['direft']);
const names = existsSync(adapters) ? readdirSync(adapters).filter((name) => !leftOut.has(name)) : [];

describe.skipIf(!python)('AdapterHub exports in Python', () => {
  const folder = mkdtempSync(join(tmpdir(), 'adapter-studio-'));
  const bins: { ours: string; original: string }[] = [];
  let results: PythonResults;

  beforeAll(() => {
    const checks = names.flatMap((name) => {
      const original = join(adapters, name, 'bin');
      const read = new Map(
        readdirSync(original, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
          .map((path) => [relative(original, path), new Uint8Array(readFileSync(path))]),
      );
      const written = isAdapterSetup(read)
        ? writeAdapterSetup(readAdapterSetup(read, name))
        : writeAdapterHub(readAdapterHub(read, name));
      for (const [file, bytes] of written) {
        mkdirSync(dirname(join(folder, name, file)), { recursive: true });
        writeFileSync(join(folder, name, file), bytes);
        if (file.endsWith('.bin'))
          bins.push({ ours: join(folder, name, file), original: join(original, file) });
      }
      writeFileSync(join(folder, `${name}.zip`), writeZip(written));
      const expected = join(adapters, name, 'expected.json');
      const { base_model } = JSON.parse(readFileSync(expected, 'utf8')) as { base_model: string };
      const base = join(fixtures, 'models', base_model);
      return [join(folder, name), join(folder, `${name}.zip`)].map((adapter) => ({
        base,
        adapter,
        inputs: expected,
        expected,
        atol: 1e-4,
      }));
    });
    // So that the checks above mean something: the same export with LoRA's scaling doubled must not pass.
    const lora = checks[2 * names.indexOf('lora')];
    if (lora) {
      const changed = join(folder, 'changed');
      cpSync(lora.adapter, changed, { recursive: true });
      const config = join(changed, 'adapter_config.json');
      writeFileSync(config, readFileSync(config, 'utf8').replace('"alpha": 8', '"alpha": 16'));
      checks.push({ ...lora, adapter: changed });
    }
    results = runPythonChecks(python!, { checks, bins });
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(names.map((name, index) => [name, index] as const))(
    '%s loads from a folder and from a zip',
    (_, index) => {
      for (const check of results.checks.slice(index * 2, index * 2 + 2))
        expect(check, check.output).toMatchObject({ exit_code: 0, problems: [] });
    },
  );

  it('an export with another scaling is found', () => {
    expect(results.checks.at(-1)).toMatchObject({ exit_code: 1 });
    expect(results.checks.at(-1)!.problems.join()).toContain('outside tolerance');
  });

  it('every .bin loads to the same bits', () => {
    expect(results.bins.length).toBeGreaterThanOrEqual(names.length);
    expect(results.bins.flatMap(({ problems }) => problems)).toEqual([]);
  });
});
