import { describe, expect, it } from 'vitest';
import { Database } from './database';

const newName = () => `database-${crypto.randomUUID()}`;

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** A database that is open with a record in it, and how often its deletion was told. */
async function openWithRecord(name: string) {
  const database = new Database(name);
  let told = 0;
  const deleted = new Promise<void>((resolve) => {
    database.whenDeleted(() => {
      told += 1;
      resolve();
    });
  });
  await database.change({ set: [['run/a', { version: 1 }]] });
  return { database, deleted, told: () => told };
}

describe('a database that is deleted from outside', () => {
  it('lets the deletion through, tells every tab once, and can be written to again', async () => {
    const name = newName();
    const tabs = [await openWithRecord(name), await openWithRecord(name)];
    await done(indexedDB.deleteDatabase(name));
    for (const { deleted } of tabs) await deleted;
    expect(await tabs[0]!.database.keys('')).toEqual([]);
    await tabs[1]!.database.change({ set: [['run/b', 2]] });
    expect(await tabs[0]!.database.keys('')).toEqual(['run/b']);
    expect(tabs.map(({ told }) => told())).toEqual([1, 1]);
    await done(indexedDB.deleteDatabase(name));
    await expect.poll(() => tabs.map(({ told }) => told())).toEqual([2, 2]);
  });

  it('is told of one that was made before databases had a mark', async () => {
    const name = newName();
    const request = indexedDB.open(name);
    request.onupgradeneeded = () => request.result.createObjectStore('records');
    (await done(request)).close();
    const { deleted, database } = await openWithRecord(name);
    await done(indexedDB.deleteDatabase(name));
    await deleted;
    expect(await database.keys('')).toEqual([]);
  });

  it('is not told where another version opens it, and nothing is lost', async () => {
    const name = newName();
    const { database, told } = await openWithRecord(name);
    const request = indexedDB.open(name, 2);
    (await done(request)).close();
    expect(await database.keys('')).toEqual(['run/a']);
    expect(told()).toBe(0);
  });
});

it('makes its store in a database that something else has opened first', async () => {
  const name = newName();
  (await done(indexedDB.open(name))).close();
  const database = new Database(name);
  await database.change({ set: [['run/a', 1]] });
  expect(await database.get('run/a')).toBe(1);
});
