/**
 * What the page and its workers may do, as headers: the Content Security Policy of each, and the isolation of all. The one
 * place for it: `npm start`, the service worker and the tests take it from here. docs/security.md says what it stops.
 */

/**
 * Who a response is for: the page, the workers that have the person's data (the second runs exported models), a thread of that worker's ONNX Runtime, a worker
 * that tries how many of those are the fastest, the worker that talks to the hub, the service worker.
 */
export type PolicyRole = 'page' | 'training' | 'thread' | 'gauge' | 'hub' | 'offline';

/** Nothing but what is named. Relative addresses stay relative, no form is sent, no other page frames this one. */
const closed = {
  'default-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
  // The default policy is `guardScripts`': it admits the workers of the build and nothing else.
  'require-trusted-types-for': "'script'",
  'trusted-types': 'default',
};

const ofRole: Readonly<Record<PolicyRole, Readonly<Record<string, string>>>> = {
  page: {
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self'",
    'connect-src': "'self'",
    'worker-src': "'self'",
    'manifest-src': "'self'",
  },
  // WebAssembly hashes models and runs ONNX Runtime. Its threads are workers of one of the build's own scripts: `blob:` stays out
  // of worker-src.
  training: {
    'script-src': "'self' 'wasm-unsafe-eval'",
    'connect-src': "'self'",
    'worker-src': "'self'",
  },
  // Shares its worker's memory, with all data in it: it is handed compiled WebAssembly, and loads and reaches nothing at all.
  // Firefox asks the policy again where a module that came compiled is started.
  thread: { 'trusted-types': "'none'", 'script-src': "'wasm-unsafe-eval'" },
  // Computes with numbers of its own, and is one script.
  gauge: { 'trusted-types': "'none'" },
  // `connect-src` is added: the hub and its download hosts.
  hub: { 'script-src': "'self'" },
  offline: { 'script-src': "'self'", 'connect-src': "'self'" },
};

/** Directives that a `<meta>` may not have. */
const headerOnly = ['frame-ancestors'];

/** The value of the header. `connect` is for the hub's worker: what is no source by `isConnectSource` is left out. */
export function policyOf(role: PolicyRole, connect: readonly string[] = []): string {
  const sources = connect.filter(isConnectSource).join(' ') || "'none'";
  return textOf({ ...closed, ...ofRole[role], ...(role === 'hub' ? { 'connect-src': sources } : {}) });
}

/** The page's policy as a `<meta>` can have it: for the first visit to a server that sets no headers. */
export function metaPolicy(): string {
  const directives = Object.entries({ ...closed, ...ofRole.page });
  return textOf(Object.fromEntries(directives.filter(([name]) => !headerOnly.includes(name))));
}

const textOf = (directives: Readonly<Record<string, string>>) =>
  Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');

/** Gives SharedArrayBuffer, and with it the threads of onnxruntime-web. */
export const isolationHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** All headers of protection for what is at an address of the studio. The hub's worker names its sources in `?connect=`. */
export function protectionHeaders({ pathname, searchParams }: URL): Readonly<Record<string, string>> {
  return {
    'Content-Security-Policy': policyOf(roleOf(pathname), searchParams.getAll('connect')),
    ...isolationHeaders,
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
}

/** By the names that the build gives; `workers/*.worker.ts` in development. */
function roleOf(pathname: string): PolicyRole {
  const name = pathname.slice(pathname.lastIndexOf('/') + 1);
  if (/^(training|classifier)\.worker[-.][\w.-]*$/.test(name)) return 'training';
  if (/^ort-wasm-simd-threaded-[\w-]+\.js$/.test(name)) return 'thread';
  if (/^gauge\.worker[-.][\w.-]*$/.test(name)) return 'gauge';
  if (/^hub\.worker[-.][\w.-]*$/.test(name)) return 'hub';
  return name === 'offline.js' ? 'offline' : 'page';
}

const label = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const host = `${label}(?:\\.${label})*`;
const connectSource = new RegExp(
  `^(?:https?://${host}(?::\\d{1,5})?|https://\\*\\.${label}\\.${host}(?::\\d{1,5})?|http://(?:localhost|127\\.0\\.0\\.1):\\*)$`,
);

/**
 * An origin of http or https, `https://*.` before a domain of two labels or more, or every port of this machine. A policy has
 * no way to name an IPv6 address.
 */
export function isConnectSource(source: string): boolean {
  return connectSource.test(source);
}
