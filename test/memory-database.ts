/** A database in memory, for tests without a browser: whole changes, values cloned as IndexedDB clones them. */
import { type Change, Database } from '../src/storage/database';

export class MemoryDatabase extends Database {
  readonly #values = new Map<string, unknown>();

  override async get(key: string): Promise<unknown> {
    return structuredClone(this.#values.get(key));
  }

  override async getMany(keys: readonly string[]): Promise<unknown[]> {
    return keys.map((key) => structuredClone(this.#values.get(key)));
  }

  override async entries(prefix: string): Promise<(readonly [string, unknown])[]> {
    const keys = await this.keys(prefix);
    return keys.map((key) => [key, structuredClone(this.#values.get(key))] as const);
  }

  override async each(prefix: string, visit: (key: string, value: unknown) => void): Promise<void> {
    for (const [key, value] of await this.entries(prefix)) visit(key, value);
  }

  override async keys(prefix: string): Promise<string[]> {
    return [...this.#values.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  override async change({ set = [], delete: deleted = [], deleteUnder = [] }: Change): Promise<void> {
    const cloned = structuredClone(set);
    for (const key of deleted) this.#values.delete(key);
    for (const prefix of deleteUnder) for (const key of await this.keys(prefix)) this.#values.delete(key);
    for (const [key, value] of cloned) this.#values.set(key, value);
  }
}
