/** AdapterHub's `adapters` on the same workload, by interop/reference_train.py, started by the test server. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPython } from '../test/python.ts';
import { lengthsOf } from './lengths.ts';
import type { Workload } from './workload';

export interface ReferenceRun {
  /** Milliseconds a step, the mean of a run that begins with the process's first step. */
  readonly stepMs: number;
  readonly versions: string;
}

/** Null where no Python with `adapters` is installed. `padTo` pads every row as AdapterHub's users do. */
export async function referenceTrain(
  _context: unknown,
  { model, sequences, length, dropout }: Workload,
  steps: number,
  padTo: number | null,
): Promise<ReferenceRun | null> {
  const python = findPython();
  if (!python) return null;
  const folder = mkdtempSync(join(tmpdir(), 'adapter-studio-bench-'));
  const at = (name: string) => join(folder, name);
  try {
    // " the" is one token; two more are the sequence's ends.
    const texts = lengthsOf(sequences, length).map((tokens) =>
      Array(tokens - 2)
        .fill('the')
        .join(' '),
    );
    const rows = Array.from(
      { length: sequences * steps },
      (_, i) => `${texts[i % sequences]},${i % 2 ? 'pos' : 'neg'}`,
    );
    writeFileSync(at('train.csv'), `text,label\n${rows.join('\n')}\n`);
    const flags = {
      base: `public/models/${model}`,
      csv: at('train.csv'),
      method: 'lora',
      out: at('run.json'),
    };
    const options = {
      'batch-size': sequences,
      'max-steps': steps,
      'max-length': padTo ?? 80,
      padding: padTo ? 'max_length' : 'longest',
      dropout: dropout ? 'on' : 'off',
      threads: 2,
      attention: 'sdpa',
    };
    const argumentsOf = Object.entries({ ...flags, ...options }).flatMap(([name, value]) => [
      `--${name}`,
      String(value),
    ]);
    execFileSync(python, ['interop/reference_train.py', ...argumentsOf], { stdio: 'ignore' });
    const run = JSON.parse(readFileSync(at('run.json'), 'utf8'));
    const { adapters, torch } = run.versions;
    return {
      stepMs: 1000 / run.train_steps_per_second,
      versions: `adapters ${adapters}, torch ${torch}, 2 threads`,
    };
  } finally {
    if (existsSync(folder)) rmSync(folder, { recursive: true });
  }
}

declare module 'vitest/browser' {
  interface BrowserCommands {
    referenceTrain(workload: Workload, steps: number, padTo: number | null): Promise<ReferenceRun | null>;
  }
}
