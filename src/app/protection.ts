/**
 * Whether the walls are up: the policy in the page and in its worker, and isolation. On a server that sets no headers the service
 * worker brings them, from the first reload on; docs/security.md.
 */
import { isUnsafeToLeave } from './store/state';
import type { Studio } from './store/studio';

/** Not known yet; up; up after a reload; nothing brings them up here. */
export type Protection = 'unknown' | 'protected' | 'after-reload' | 'none';

export const offlineScript = `${import.meta.env.BASE_URL}offline.js`;

/** In the session's storage, so that a page which stays unprotected does not reload for ever. */
const reloadedKey = 'adapter-studio-reloaded';

/**
 * Registers the service worker, which also keeps the page for a visit without a network. Not while developing: it would serve
 * yesterday's build. Reloads the page once where that brings the walls up and nobody has touched it.
 */
export async function protectPage(studio: Studio, pageIsUnderPolicy: boolean | null): Promise<void> {
  if (!import.meta.env.PROD) return;
  const untouched = watchTouch();
  const readiness = bringServiceWorker();
  const workerIsUnderPolicy = await workerPolicy(studio);
  // A browser without Trusted Types cannot be asked: there isolation, which comes in the same answers, tells of the policy.
  const isUnderPolicy =
    (pageIsUnderPolicy ?? crossOriginIsolated) && (workerIsUnderPolicy ?? crossOriginIsolated);
  if (isUnderPolicy && crossOriginIsolated) {
    studio.setProtection('protected');
    remember(null);
  } else if (!(await readiness) || wasReloaded()) studio.setProtection(isUnderPolicy ? 'protected' : 'none');
  else if (untouched() && !isUnsafeToLeave(studio.store.getState()) && remember('yes')) location.reload();
  else studio.setProtection('after-reload');
}

/** Whether the next load goes through an active service worker. */
async function bringServiceWorker(): Promise<boolean> {
  if (!('serviceWorker' in navigator)) return false;
  try {
    // Undefined where a test blocks it.
    const registration: ServiceWorkerRegistration | undefined =
      await navigator.serviceWorker.register(offlineScript);
    if (!registration) return false;
    if (registration.active) return true;
    const worker = registration.installing ?? registration.waiting;
    return await new Promise((resolve) => {
      const look = () => {
        if (worker?.state === 'activated') resolve(true);
        if (!worker || worker.state === 'redundant') resolve(false);
      };
      worker?.addEventListener('statechange', look);
      look();
    });
  } catch {
    // A private window, no https, site data blocked: the page needs the network, and says that it is unprotected.
    return false;
  }
}

/** As the worker tells; where it could not open it has no data to lose either. */
function workerPolicy(studio: Studio): Promise<boolean | null> {
  return new Promise((resolve) => {
    const look = () => {
      const { description, openError } = studio.store.getState();
      if (!description && !openError) return;
      stop();
      resolve(description ? description.isUnderPolicy : true);
    };
    const stop = studio.store.subscribe(look);
    look();
  });
}

/** Whether nobody has typed, clicked or dropped anything since. */
function watchTouch(): () => boolean {
  let isTouched = false;
  for (const type of ['pointerdown', 'keydown', 'input', 'drop'])
    addEventListener(type, () => (isTouched = true), { capture: true, once: true });
  return () => !isTouched;
}

function wasReloaded(): boolean {
  try {
    return sessionStorage.getItem(reloadedKey) !== null;
  } catch {
    return true;
  }
}

/** False where the browser gives no storage. */
function remember(value: string | null): boolean {
  try {
    if (value === null) sessionStorage.removeItem(reloadedKey);
    else sessionStorage.setItem(reloadedKey, value);
    return true;
  } catch {
    return false;
  }
}
