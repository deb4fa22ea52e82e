/**
 * The service worker: keeps the page itself, so that it opens without a network. Base models are none of its business: they
 * are kept where they are read. The build puts the list of files and its version before this text (`scripts/offline-page.ts`).
 */
declare const self: ServiceWorkerGlobalScope;
/** Paths below the page's folder. */
declare const files: readonly string[];
/** Another one for any other contents. */
declare const version: string;

const pageUrl = self.registration.scope;
/** With the path between spaces, which no path has: an origin may have several studios, and none may delete another’s page. */
const prefix = `adapter-studio-page ${new URL(pageUrl).pathname} `;
const cacheName = prefix + version;
/** Until version 0.1 a studio had the whole origin, and its caches no path. */
const isOfOldVersion = (name: string) =>
  new URL(pageUrl).pathname === '/' && /^adapter-studio-page-[0-9a-f]{16}$/.test(name);
const kept = new Set(files.map((file) => new URL(file, pageUrl).href));

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
    await Promise.all(old.map((name) => caches.delete(name)));
  };
  event.waitUntil(clear());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || request.headers.has('range')) return;
  const url = request.url.split(/[?#]/)[0]!;
  // Other pages below this one's path are not its own: another studio may be there.
  const isPage = url === pageUrl || url === `${pageUrl}index.html`;
  if (request.mode === 'navigate' && isPage) event.respondWith(fresh(request, pageUrl));
  else if (kept.has(url))
    event.respondWith(url.includes('/assets/') ? known(request, url) : fresh(request, url));
});

/** Built files carry their contents' hash in their names. */
async function known(request: Request, url: string): Promise<Response> {
  const cache = await caches.open(cacheName);
  return (await cache.match(url)) ?? fetch(request);
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

// A module, so that its names are its own; the build takes this line away.
export {};
