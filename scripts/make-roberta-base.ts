/**
 * A checkpoint of roberta-base's size, and what torch computes on it with the weights of each storage: `.cache/roberta-base`,
 * which `test/roberta-base.gpu.test.ts` reads. Half a minute, 0.9 GB of disk while it works.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));
const folder = join(repository, '.cache/roberta-base');

/** What is there already is not made again. Throws where a script fails. */
export function makeRobertaBase(python: string): void {
  const script = join(repository, 'interop/make_roberta_base.py');
  const run = (command: string, args: readonly string[]) => {
    const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], cwd: repository });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
  };
  const isMade = (tag: string) => existsSync(join(folder, `reference.${tag}.safetensors`));
  if (!isMade('f32')) run(python, ['-B', script, folder, '--tokenizer', 'public/models/roberta-tiny']);
  for (const storage of ['f16', 'int8']) {
    if (isMade(storage)) continue;
    const stored = join(folder, `stored.${storage}.safetensors`);
    run('npx', ['tsx', 'scripts/stored-weights.ts', folder, storage, stored]);
    run(python, ['-B', script, folder, '--weights', stored, '--tag', storage]);
    rmSync(stored);
  }
}
