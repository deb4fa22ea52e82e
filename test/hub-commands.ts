/** Fake hubs for tests that run in a browser: the test server holds them, by their base addresses. */
import { FakeHub, type FakeHubOptions, type FakeRepo, type Fault, type HubRequest } from './fake-hub.ts';

/** Files travel to the test server as base64. */
type SentRepo = Omit<FakeRepo, 'files' | 'large'> & { readonly files: Readonly<Record<string, string>> };

const hubs = new Map<string, FakeHub>();

const at = (endpoint: string): FakeHub => {
  const hub = hubs.get(endpoint);
  if (!hub) throw new Error(`no hub at ${endpoint}`);
  return hub;
};

function serve(endpoint: string, { files, ...repo }: SentRepo): void {
  const bytes = Object.entries(files).map(([name, base64]): [string, Uint8Array] => [
    name,
    new Uint8Array(Buffer.from(base64, 'base64')),
  ]);
  // A server that names no commits is a plain one: it names no sha-256 either.
  at(endpoint).serve({ ...repo, files: new Map(bytes), ...(repo.commit === null ? { large: /$^/ } : {}) });
}

export const hubCommands = {
  async startHub(_: unknown, options: FakeHubOptions): Promise<string> {
    const hub = new FakeHub(options);
    const endpoint = await hub.listen();
    hubs.set(endpoint, hub);
    return endpoint;
  },
  serveRepo: (_: unknown, endpoint: string, repo: SentRepo) => serve(endpoint, repo),
  /** The repository is another one as soon as this file was sent. */
  moveRepoAfter: (_: unknown, endpoint: string, path: string, repo: SentRepo) =>
    at(endpoint).onceSent(`${repo.name}/${path}`, () => serve(endpoint, repo)),
  hubFault: (_: unknown, endpoint: string, path: string, fault: Fault) => at(endpoint).fault(path, fault),
  hubRequests: (_: unknown, endpoint: string): readonly HubRequest[] => at(endpoint).requests,
  async stopHubs(): Promise<void> {
    for (const hub of hubs.values()) await hub.close();
    hubs.clear();
  },
};

declare module 'vitest/browser' {
  interface BrowserCommands {
    startHub(options: FakeHubOptions): Promise<string>;
    serveRepo(endpoint: string, repo: SentRepo): Promise<void>;
    moveRepoAfter(endpoint: string, path: string, repo: SentRepo): Promise<void>;
    hubFault(endpoint: string, path: string, fault: Fault): Promise<void>;
    hubRequests(endpoint: string): Promise<readonly HubRequest[]>;
    stopHubs(): Promise<void>;
  }
}
