/** The studio as a person sees it: found by the accessible names that automation relies on. */
import { readFile } from 'node:fs/promises';
import { expect, type Page } from '@playwright/test';
import type { RunRecord } from '../src/protocol/records';

export interface FormInput {
  readonly learningRate?: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly maxLength?: number;
  readonly seed?: number;
  readonly trainingRows?: number | null;
}

const names: Readonly<Record<keyof FormInput, string>> = {
  learningRate: 'Learning rate',
  epochs: 'Epochs',
  batchSize: 'Batch size',
  maxLength: 'Max length',
  seed: 'Seed',
  trainingRows: 'Training rows',
};

export class StudioPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** With the WebGPU executor forced; waits until the form is there. */
  async open(): Promise<void> {
    await this.page.goto('/?executor=webgpu');
    await this.combobox('Dataset').waitFor();
  }

  combobox(name: string) {
    return this.page.getByRole('combobox', { name, exact: true });
  }

  button(name: string) {
    return this.page.getByRole('button', { name, exact: true });
  }

  region(name: string) {
    return this.page.getByRole('region', { name, exact: true });
  }

  get status() {
    return this.page.getByRole('status');
  }

  async fill(input: FormInput): Promise<void> {
    for (const [key, value] of Object.entries(input)) {
      await this.page
        .getByRole('spinbutton', { name: names[key as keyof FormInput] })
        .fill(value === null ? '' : String(value));
    }
  }

  async setDropout(on: boolean): Promise<void> {
    await this.page.getByText('Advanced', { exact: true }).click();
    await this.page.getByRole('checkbox', { name: 'Dropout', exact: true }).setChecked(on);
  }

  async trainToTheEnd(timeout = 240_000): Promise<void> {
    await this.button('Train').click();
    await expect(this.status).toHaveText('Finished', { timeout });
  }

  /** Records as the store holds them, newest first. */
  runs(): Promise<readonly RunRecord[]> {
    return this.page.evaluate(async () => {
      const records = await new Promise<unknown[]>((resolve, reject) => {
        const opening = indexedDB.open('adapter-studio');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const request = opening.result
            .transaction('records')
            .objectStore('records')
            .getAll(IDBKeyRange.bound('run/', 'run/\uffff'));
          request.onsuccess = () => {
            opening.result.close();
            resolve(request.result);
          };
        };
      });
      return (records as { createdAt: number }[]).sort((a, b) => b.createdAt - a.createdAt);
    }) as Promise<unknown> as Promise<readonly RunRecord[]>;
  }

  /** sha-256 of the adapters, newest first. */
  adapterDigests(): Promise<readonly string[]> {
    return this.page.evaluate(async () => {
      const records = await new Promise<{ createdAt: number; sha256: string }[]>((resolve, reject) => {
        const opening = indexedDB.open('adapter-studio');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const request = opening.result
            .transaction('records')
            .objectStore('records')
            .getAll(IDBKeyRange.bound('adapter/', 'adapter/\uffff'));
          request.onsuccess = () => {
            opening.result.close();
            resolve(request.result);
          };
        };
      });
      return records.sort((a, b) => b.createdAt - a.createdAt).map(({ sha256 }) => sha256);
    });
  }

  /** Clicks what starts a download and gives the file's bytes. */
  async download(
    click: () => Promise<void>,
  ): Promise<{ readonly fileName: string; readonly bytes: Uint8Array }> {
    const [download] = await Promise.all([this.page.waitForEvent('download'), click()]);
    return {
      fileName: download.suggestedFilename(),
      bytes: new Uint8Array(await readFile(await download.path())),
    };
  }
}
