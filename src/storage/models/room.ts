/** Room for base models: how much there is, and whether some more fits. */
import { StudioError } from '../../errors';

export interface Room {
  readonly usedBytes: number;
  /** What the browser would give in all; null where it does not say. */
  readonly quotaBytes: number | null;
  /** The browser has promised not to clear it on its own. */
  readonly isPersistent: boolean;
}

export async function roomNow(): Promise<Room> {
  const storage = navigator.storage as Partial<StorageManager> | undefined;
  const [estimate, isPersistent] = await Promise.all([
    storage?.estimate?.().catch(() => undefined),
    storage?.persisted?.().catch(() => false),
  ]);
  return {
    usedBytes: estimate?.usage ?? 0,
    quotaBytes: estimate?.quota ?? null,
    isPersistent: isPersistent ?? false,
  };
}

const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;

/** Throws `model-no-room` with the figures where `neededBytes` more would not fit. */
export async function requireRoom(neededBytes: number, name: string): Promise<void> {
  const { usedBytes, quotaBytes } = await roomNow();
  if (quotaBytes === null || usedBytes + neededBytes <= quotaBytes) return;
  throw new StudioError(
    'model-no-room',
    `${name} needs ${megabytes(neededBytes)} more; this browser gives the studio ${megabytes(quotaBytes)} in all, of which ${megabytes(usedBytes)} are taken.`,
    'Delete base models you no longer need, or free disk space: browsers give a share of what is free.',
  );
}
