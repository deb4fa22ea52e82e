/**
 * Once there is something to lose, the browser is asked not to evict it. It may refuse; nothing depends on it. Workers
 * cannot ask (`persist` is exposed to pages only), so a page that stores through a worker calls this itself.
 */
export async function askToPersist(): Promise<void> {
  const storage = navigator.storage as Partial<StorageManager> | undefined;
  if (!storage?.persist || !storage.persisted) return;
  if (await storage.persisted().catch(() => true)) return;
  await storage.persist().catch(() => false);
}
