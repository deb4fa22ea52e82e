/** A large CSV made in the page, of parts that repeat, so that nothing large crosses to it. */
import type { Page } from '@playwright/test';

export interface LargeFile {
  readonly name: string;
  readonly rows: number;
  readonly sizeBytes: number;
}

const rowsPerPart = 10_000;

/** Rows of about 100 bytes, with one of four labels each; every part of the file has the same number of rows of each. */
export async function makeLargeFile(page: Page, name: string, parts: number): Promise<LargeFile> {
  const sizeBytes = await page.evaluate(
    ([fileName, partCount, rows]) => {
      const words = ['slow', 'bright', 'a “quoted”, long', 'naïve', 'fine 🙂'];
      const part = (k: number) =>
        Array.from({ length: rows }, (_, i) => {
          const text = `Text ${k} of row ${i} is ${words[i % 5]} and goes on for a while, as a review of a film would do`;
          return `${i},"${text}",${['north', 'east', 'south', 'west'][i % 4]}\n`;
        }).join('');
      const blobs = Array.from({ length: partCount }, (_, k) => new Blob([part(k)]));
      const file = new File(['id,text,place\n', ...blobs], fileName, { type: 'text/csv' });
      Object.assign(window, { largeFile: file });
      return file.size;
    },
    [name, parts, rowsPerPart] as const,
  );
  const session = await page.context().newCDPSession(page);
  // What the page needed to make the file is no part of what the studio needs.
  await session.send('HeapProfiler.collectGarbage');
  await session.detach();
  return { name, rows: parts * rowsPerPart, sizeBytes };
}

/** Makes one and chooses it. */
export async function chooseLargeFile(page: Page, name: string, parts: number): Promise<LargeFile> {
  const file = await makeLargeFile(page, name, parts);
  await chooseMadeFile(page);
  return file;
}

export async function chooseMadeFile(page: Page): Promise<void> {
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add((window as unknown as { largeFile: File }).largeFile);
    const input = document.querySelector<HTMLInputElement>('#dataset-file')!;
    input.files = data.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
}

/** Folders with rows, and records of data sets: what an import may leave. */
export function keptDatasets(page: Page): Promise<{ readonly folders: number; readonly records: number }> {
  return page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const datasets = await root.getDirectoryHandle('datasets', { create: true });
    let folders = 0;
    for await (const _ of datasets.keys()) folders += 1;
    const records = await new Promise<number>((resolve, reject) => {
      const opening = indexedDB.open('adapter-studio');
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        const store = opening.result.transaction('records').objectStore('records');
        const request = store.count(IDBKeyRange.bound('dataset/', 'dataset/\uffff'));
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          opening.result.close();
          resolve(request.result);
        };
      };
    });
    return { folders, records };
  });
}

/** Bytes that the training worker's heap holds once its garbage is gone, typed arrays included. */
export async function workerHeap(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  const targets = new Map<string, string>();
  session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    targets.set(targetInfo.url, sessionId);
  });
  await session.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
  const sessionId = [...targets].find(([url]) => url.includes('training'))?.[1];
  if (!sessionId) throw new Error(`no training worker among ${[...targets.keys()].join(', ')}`);
  const ask = (id: number, method: string) =>
    new Promise<Record<string, number>>((resolve) => {
      session.on('Target.receivedMessageFromTarget', ({ message }) => {
        const answer = JSON.parse(message) as { id?: number; result?: Record<string, number> };
        if (answer.id === id) resolve(answer.result ?? {});
      });
      void session.send('Target.sendMessageToTarget', {
        sessionId,
        message: JSON.stringify({ id, method, params: {} }),
      });
    });
  await ask(1, 'HeapProfiler.collectGarbage');
  const { usedSize = 0, backingStorageSize = 0 } = await ask(2, 'Runtime.getHeapUsage');
  await session.detach();
  return usedSize + backingStorageSize;
}
