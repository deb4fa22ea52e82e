/** A model library to call from a test that runs in a page: files are written by workers only, so it lives in one. */
import type { LibraryAnswer, LibraryCalls } from './model-library.worker';

export type CallLibrary = <N extends keyof LibraryCalls>(
  method: N,
  ...args: Parameters<LibraryCalls[N]>
) => Promise<Awaited<ReturnType<LibraryCalls[N]>>>;

export function startLibrary(): CallLibrary {
  const worker = new Worker(new URL('./model-library.worker.ts', import.meta.url), { type: 'module' });
  return callerOf<LibraryAnswer>(worker);
}

/** Calls the methods of a worker by name; each answer has the number of its call. */
export function callerOf<
  A extends { readonly id: number; readonly value?: unknown; readonly error?: unknown },
>(worker: Worker): (method: string, ...args: readonly unknown[]) => Promise<never> {
  let calls = 0;
  return (method, ...args) => {
    const id = calls++;
    return new Promise((resolve, reject) => {
      const listen = ({ data }: MessageEvent<A>) => {
        if (data.id !== id) return;
        worker.removeEventListener('message', listen);
        if (data.error) reject(data.error);
        else resolve(data.value as never);
      };
      worker.addEventListener('message', listen);
      worker.postMessage({ id, method, args });
    });
  };
}

/** The files of the smallest embedded model. */
export async function tinyFiles(): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']) {
    const response = await fetch(`/models/roberta-tiny/${name}`);
    files.set(name, new Uint8Array(await response.arrayBuffer()));
  }
  return files;
}

/** What a promise is rejected with. */
export async function errorOf(
  promise: Promise<unknown>,
): Promise<{ readonly code: string; readonly message: string }> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!error) throw new Error('nothing was refused');
  return error as { readonly code: string; readonly message: string };
}
