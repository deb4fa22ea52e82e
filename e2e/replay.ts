/** Replays an exported run with the reference trainer, by the command line of the run's own README. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readZip } from '../src/formats/zip';
import type { StudioPage } from './studio-page';

export interface PythonRun {
  readonly steps: readonly { readonly loss: number; readonly grad_norm: number }[];
  readonly train_loss: number;
  readonly train_runtime: number;
  readonly train_samples_per_second: number;
  readonly final_eval_logits: readonly (readonly number[])[];
  readonly eval: readonly {
    readonly step: number;
    readonly loss: number;
    readonly accuracy: number;
    /** Of the other tasks, instead of the accuracy. */
    readonly pearson?: number;
    readonly mse?: number;
    readonly micro_f1?: number;
    readonly exact_match?: number;
  }[];
}

/** Downloads the newest run's replay files and unpacks them; gives the folder. */
export async function downloadReplay(studio: StudioPage): Promise<string> {
  await studio.go('Compare');
  const button = studio.page.getByRole('button', { name: /^Replay files/ }).first();
  const { fileName, bytes } = await studio.download(() => button.click());
  const folder = mkdtempSync(join(tmpdir(), 'adapter-studio-replay-'));
  for (const [path, content] of readZip(bytes, fileName)) writeFileSync(join(folder, path), content);
  return folder;
}

/** `baseFolder` is where the base model's files are; an embedded one is found. */
export function replay(python: string, folder: string, extraOptions = '', baseFolder?: string): PythonRun {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  const base = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')).settings.baseModel as string;
  const command = /```\n(python [\s\S]*?)\n```/
    .exec(readme)![1]!
    .replaceAll('\\\n', ' ')
    .replace('python reference_train.py', `${python} ${join(process.cwd(), 'interop/reference_train.py')}`)
    .replace(/--base \S+/, `--base ${baseFolder ?? join(process.cwd(), 'public/models', base)}`);
  execFileSync('bash', ['-c', `${command} ${extraOptions}`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return JSON.parse(readFileSync(join(folder, 'replay.json'), 'utf8')) as PythonRun;
}
