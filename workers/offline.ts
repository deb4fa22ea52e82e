/**
 * The service worker: keeps the page itself, so that it opens without a network, and puts the headers of protection on the page
 * and its workers where the server sends none. Base models are none of its business: they are kept where they are read. The build
 * puts the list of files and its version before this text (`scripts/offline-page.ts`).
 */
import { protectionHeaders } from '../src/policy';

declare const self: ServiceWorkerGlobalScope;
/** Paths below the page's folder: what is kept at once, and what is kept when a page has asked for it. */
declare const files: readonly string[];
declare const filesWhenUsed: readonly string[];
/** Another one for any other contents. */
declare const version: string;

const pageUrl = self.registration.scope;
/** With the path between spaces, which no path has: an origin may have several studios, and none may delete another’s page. */
const prefix = `adapter-studio-page ${new URL(pageUrl).pathname} `;
const cacheName = prefix + version;
/** Until version 0.1 a studio had the whole origin, and its caches no path. */
const isOfOldVersion = (name: string) =>
  new URL(pageUrl).pathname === '/' && /^adapter-studio-page-[0-9a-f]{16}$/.test(name);
const addresses = (paths: readonly string[]) => new Set(paths.map((path) => new URL(path, pageUrl).href));
const kept = addresses(files);
const keptWhenUsed = addresses(filesWhenUsed);

/** Asked of the server again, whatever the browser's own cache has. */
const requests = [pageUrl, ...kept].map((url) => new Request(url, { cache: 'no-cache' }));

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(requests)));
});

/** An older page may still be open until then: it finds its files to the end. */
self.addEventListener('activate', (event) => {
  const clear = async () => {
    const names = await caches.keys();
    const old = names.filter(
      (name) => (name.startsWith(prefix) && name !== cacheName) || isOfOldVersion(name),
    );
    await takeOver(old);
    await Promise.all(old.map((name) => caches.delete(name)));
  };
  event.waitUntil(clear());
});

/** What a page has used and this build still has: its name says that its contents are the same. */
async function takeOver(old: readonly string[]): Promise<void> {
  for (const url of keptWhenUsed)
    for (const cacheName of old) {
      const found = await caches.match(url, { cacheName });
      if (found) await keep(url, found);
    }
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || request.headers.has('range')) return;
  const url = request.url.split(/[?#]/)[0]!;
  const answer = () =>
    url.includes('/assets/') && kept.has(url) ? known(request, url) : fresh(request, url);
  // Other pages below this one's path are not its own: another studio may be there.
  const isPage = url === pageUrl || url === `${pageUrl}index.html`;
  if (request.mode === 'navigate' && isPage)
    event.respondWith(fresh(request, pageUrl).then((response) => guarded(response, request)));
  // Also one of another build, which is not kept here: a page that was open before this one came may still start it.
  else if (request.destination === 'worker' && url.startsWith(`${pageUrl}assets/`)) {
    const script = keptWhenUsed.has(url) ? keeping(event, url) : answer();
    event.respondWith(script.then((response) => guarded(response, request)));
  } else if (kept.has(url)) event.respondWith(answer());
  else if (keptWhenUsed.has(url)) event.respondWith(keeping(event, url));
});

/** Built files carry their contents' hash in their names. */
async function known(request: Request, url: string): Promise<Response> {
  const cache = await caches.open(cacheName);
  return (await cache.match(url)) ?? fetch(request);
}

/** As `known`, and kept from now on. */
async function keeping(event: FetchEvent, url: string): Promise<Response> {
  const cache = await caches.open(cacheName);
  const found = await cache.match(url);
  if (found) return found;
  const response = await fetch(event.request);
  if (response.ok) event.waitUntil(keep(url, response.clone()));
  return response;
}

/** Where there is no room for it, it is fetched again when it is used again. */
async function keep(url: string, response: Response): Promise<void> {
  const cache = await caches.open(cacheName);
  await cache.put(url, response).catch(() => undefined);
}

/** From the network while there is one. */
async function fresh(request: Request, url: string): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const cache = await caches.open(cacheName);
    const found = await cache.match(url);
    if (found) return found;
    throw error;
  }
}

/**
 * A policy of the server's own stays: browsers enforce both. That of `npm start` is ours, and was made for the address that the
 * response was kept under, which names no hub.
 */
function guarded(response: Response, { url }: Request): Response {
  // A redirect that the browser is to follow cannot be made anew.
  if (response.type === 'opaqueredirect' || response.type === 'error') return response;
  const headers = new Headers(response.headers);
  const name = 'Content-Security-Policy';
  const there = headers.get(name);
  const isOurs = there === null || there === protectionHeaders(new URL(response.url))[name];
  for (const [key, value] of Object.entries(protectionHeaders(new URL(url)))) headers.set(key, value);
  if (!isOurs) headers.append(name, there);
  const { status, statusText } = response;
  const isEmpty = status === 204 || status === 205 || status === 304;
  return new Response(isEmpty ? null : response.body, { status, statusText, headers });
}
