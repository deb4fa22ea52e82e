/** The studio as a person sees it: found by the accessible names that automation relies on. */
import { readFile } from 'node:fs/promises';
import { expect, type Locator, type Page } from '@playwright/test';
import type { RunRecord } from '../src/runs/record';
import { joinChunks, type RunSeries, type SeriesChunk } from '../src/runs/series';

/** A run's record and what was measured. */
export type MeasuredRun = RunRecord & RunSeries;

export type Place = 'Data' | 'Train' | 'Compare' | 'Use';

export interface FormInput {
  readonly learningRate?: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly maxLength?: number;
  readonly seed?: number;
  readonly trainingRows?: number | null;
  readonly validationRows?: number | null;
}

const names: Readonly<Record<keyof FormInput, string>> = {
  learningRate: 'Learning rate',
  epochs: 'Epochs',
  batchSize: 'Batch size',
  maxLength: 'Max length',
  seed: 'Seed',
  trainingRows: 'Training rows',
  validationRows: 'Validation rows',
};

export class StudioPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /**
   * With an executor forced, or the page's own choice; waits until the form is there. Where the executor is not the point it is
   * ONNX Runtime with the small base model, which trains several times as fast as a software adapter.
   */
  async open(site = '/', executor?: 'webgpu' | 'onnx' | 'automatic'): Promise<void> {
    const joint = site.includes('?') ? '&' : '?';
    const forced = executor === 'automatic' ? '' : `${joint}executor=${executor ?? 'onnx'}`;
    await this.page.goto(`${site}${forced}`);
    // On a server that sets no headers the page reloads itself once: what is done before would be lost.
    await this.page.locator('.app:not([data-protection="unknown"])').waitFor();
    await this.combobox('Dataset').waitFor();
    if (!executor) await this.chooseTiny();
  }

  /** On ONNX Runtime the form opens with a larger base model than most journeys need. */
  async chooseTiny(): Promise<void> {
    await this.combobox('Base model').selectOption({ label: 'roberta-tiny' });
  }

  /** To another place, by its link. */
  async go(place: Place): Promise<void> {
    await this.page.getByRole('link', { name: place, exact: true }).click();
    await this.page.getByRole('heading', { name: place, level: 1, exact: true }).waitFor();
    // What a place takes may be loaded with the first visit.
    await this.page.locator('.place > h1 + *').waitFor();
  }

  /** Deletes with this button, and does not wait for the way back to pass. */
  async deleteForGood(button: Locator): Promise<void> {
    await button.click();
    const now = this.button('Delete now');
    await now.last().click();
    await expect(now).toHaveCount(0);
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

  /** Opens the part of the form that brings other base models, and sets where they come from. */
  async useHub(endpoint: string, token?: string): Promise<void> {
    await this.page.getByText('Another base model', { exact: true }).click();
    await this.page.getByText('Access token and mirror', { exact: true }).click();
    await this.page.getByRole('textbox', { name: 'Hub address' }).fill(endpoint);
    if (token) await this.page.getByLabel('Access token', { exact: true }).fill(token);
    await this.button('Save').click();
    await expect(this.button('Save')).toBeDisabled();
  }

  async setDropout(on: boolean): Promise<void> {
    await this.page.getByText('Advanced', { exact: true }).click();
    await this.page.getByRole('checkbox', { name: 'Dropout', exact: true }).setChecked(on);
  }

  async trainToTheEnd(timeout = 240_000): Promise<void> {
    await this.button('Train').click();
    // The word of the run before stays until the new one begins.
    await expect(this.status).not.toHaveText('Finished');
    await expect(this.status).toHaveText('Finished', { timeout });
  }

  /** Records as the store holds them, newest first, with what was measured. */
  async runs(): Promise<readonly MeasuredRun[]> {
    const runs = await this.records<RunRecord>('run/');
    const chunks = (await this.page.evaluate(recordsOf, 'series/')) as readonly SeriesChunk[];
    return runs.map((run) => ({
      ...run,
      ...joinChunks(
        chunks.filter(({ runId }) => runId === run.id),
        run.series,
      ),
    }));
  }

  /** sha-256 of the adapters, newest first. */
  async adapterDigests(): Promise<readonly string[]> {
    const adapters = await this.records<{ readonly createdAt: number; readonly sha256: string }>('adapter/');
    return adapters.map(({ sha256 }) => sha256);
  }

  /** Drops files on the page, without a folder around them. */
  async dropFiles(files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const plain = [...files].map(([name, bytes]): [string, string] => [
      name,
      Buffer.from(bytes).toString('base64'),
    ]);
    const transfer = await this.page.evaluateHandle((contents) => {
      const data = new DataTransfer();
      for (const [name, base64] of contents) {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        data.items.add(new File([bytes], name));
      }
      return data;
    }, plain);
    await this.page.locator('.app').dispatchEvent('drop', { dataTransfer: transfer });
  }

  /** Values of the store whose keys begin with `prefix`, newest first where they have dates. */
  async records<T extends { readonly createdAt: number }>(prefix: string): Promise<readonly T[]> {
    const records = await this.page.evaluate(recordsOf, prefix);
    return (records as T[]).sort((a, b) => b.createdAt - a.createdAt);
  }

  /** Clicks what starts a download and gives the file's bytes. */
  async download(
    click: () => Promise<void>,
  ): Promise<{ readonly fileName: string; readonly bytes: Uint8Array }> {
    // Replay files have the logits of all validation rows, for which a software adapter may need minutes.
    const [download] = await Promise.all([this.page.waitForEvent('download', { timeout: 240_000 }), click()]);
    return {
      fileName: download.suggestedFilename(),
      bytes: new Uint8Array(await readFile(await download.path())),
    };
  }
}

/** In the page: values of the store whose keys begin with `prefix`. */
export function recordsOf(prefix: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('adapter-studio');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const store = opening.result.transaction('records').objectStore('records');
      const request = store.getAll(IDBKeyRange.bound(prefix, `${prefix}\uffff`));
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        opening.result.close();
        resolve(request.result);
      };
    };
  });
}
