/** Each way in which a hub goes wrong ends in a whole file or in a message that says what to do. */
import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeHub } from '../../../test/fake-hub';
import { StudioError } from '../../errors';
import { hubFetch } from './hub-fetch';
import { fileUrl } from './hub-repo';
import { type FileSink, type TransferOptions, transfer } from './transfer';

class MemorySink implements FileSink {
  bytes = new Uint8Array(0);

  get sizeBytes(): number {
    return this.bytes.byteLength;
  }

  append(part: Uint8Array): void {
    const longer = new Uint8Array(this.sizeBytes + part.byteLength);
    longer.set(this.bytes);
    longer.set(part, this.sizeBytes);
    this.bytes = longer;
  }

  truncate(sizeBytes: number): void {
    this.bytes = this.bytes.slice(0, sizeBytes);
  }

  read(begin: number, end: number): Uint8Array {
    return this.bytes.subarray(begin, end);
  }
}

const size = 300_000;
const path = 'model.safetensors';
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let hub: FakeHub;
let contents: Uint8Array;
let sink: MemorySink;
let waits: { readonly seconds: number; readonly why: string }[];
let etags: string[];
let abort: AbortController;

beforeEach(async () => {
  hub = new FakeHub();
  contents = new Uint8Array(randomBytes(size));
  hub.serve({ name: 'tiny', files: new Map([[path, contents]]) });
  await hub.listen();
  sink = new MemorySink();
  waits = [];
  etags = [];
  abort = new AbortController();
});
afterEach(() => hub.close());

const noSleep = async () => {};

function get(changes: Partial<TransferOptions> = {}, token: string | null = null): Promise<string> {
  const network = {
    fetch: (input: Parameters<typeof fetch>[0], init?: RequestInit) => fetch(input, init),
    sleep: noSleep,
    onWait: (seconds: number, why: string) => waits.push({ seconds, why }),
  };
  return transfer({
    url: fileUrl({ endpoint: hub.endpoint, repo: 'tiny' }, 'main', path),
    path: `tiny/${path}`,
    sizeBytes: size,
    sha256: digest(contents),
    etag: null,
    sink,
    fetch: hubFetch({ endpoint: hub.endpoint, token }, network, abort.signal),
    signal: abort.signal,
    sleep: noSleep,
    onBytes: () => {},
    onEtag: async (etag) => {
      etags.push(etag);
    },
    ...changes,
  });
}

async function errorOf(promise: Promise<unknown>): Promise<StudioError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof StudioError)) throw new Error(`no StudioError but ${error}`);
  return error;
}

const isWhole = () => Buffer.compare(sink.bytes, contents) === 0;
/** Of the requests that brought contents. */
const ranges = () =>
  hub.requests.filter(({ path: asked }) => asked.startsWith('/cdn/')).map(({ range }) => range);

describe('a file from the hub', () => {
  it('comes through the redirect to the CDN, hashed on its way', async () => {
    expect(await get()).toBe(digest(contents));
    expect(isWhole()).toBe(true);
    expect(ranges()).toEqual([null]);
    expect(etags).toHaveLength(1);
  });

  it('goes on by a range from what is on the disk', async () => {
    sink.append(contents.subarray(0, 100_000));
    expect(await get()).toBe(digest(contents));
    expect(isWhole()).toBe(true);
    expect(ranges()).toEqual(['bytes=100000-']);
  });

  it('is not asked for again where it is whole', async () => {
    sink.append(contents);
    expect(await get()).toBe(digest(contents));
    expect(hub.requests).toEqual([]);
  });

  it('goes on where the connection was cut, again and again', async () => {
    hub.fault(`tiny/${path}`, { kind: 'cut', afterBytes: 70_000, times: 3 });
    expect(await get()).toBe(digest(contents));
    expect(isWhole()).toBe(true);
    const begins = ranges().map((range) => Number(/\d+/.exec(range ?? '0')?.[0]));
    expect(begins).toHaveLength(4);
    expect(begins).toEqual([...begins].sort((a, b) => a - b));
    expect(new Set(begins).size).toBe(4);
  });

  it('is given up on where every connection breaks at once, and what is there is kept', async () => {
    sink.append(contents.subarray(0, 1000));
    hub.fault(`tiny/${path}`, { kind: 'cut', afterBytes: 0 });
    const error = await errorOf(get());
    expect(error.code).toBe('model-file-incomplete');
    expect(error.message).toContain(`1000 of ${size} bytes`);
    expect(sink.sizeBytes).toBe(1000);
  });

  it('is taken whole from a server without ranges', async () => {
    sink.append(contents.subarray(0, 100_000));
    hub.fault(`tiny/${path}`, { kind: 'noRanges' });
    expect(await get()).toBe(digest(contents));
    expect(isWhole()).toBe(true);
  });

  it('begins anew where its ETag is another one', async () => {
    sink.append(new Uint8Array(100_000));
    expect(await get({ etag: '"that of yesterday"' })).toBe(digest(contents));
    expect(isWhole()).toBe(true);
    expect(ranges()).toEqual(['bytes=100000-', null]);
    expect(etags).toHaveLength(1);
  });

  it('without a sha-256 goes on where the ETag is the same, in whatever form', async () => {
    await get({ sha256: null });
    const etag = etags[0]!;
    sink.truncate(100_000);
    expect(await get({ sha256: null, etag: `W/${etag.replace(/"$/, '-gzip"')}` })).toBe(digest(contents));
    expect(ranges()).toEqual([null, 'bytes=100000-']);
  });

  it('without a sha-256 has changed where its ETag is not the one that was named', async () => {
    for (const begun of [0, 100_000]) {
      sink.truncate(0);
      sink.append(new Uint8Array(begun));
      const error = await errorOf(get({ sha256: null, etag: '"that of yesterday"' }));
      expect(error.code).toBe('model-changed');
      expect(error.message).toContain('another ETag');
      expect(sink.sizeBytes).toBe(0);
    }
  });

  it('with neither a sha-256 nor an ETag begins anew: nothing says that a part belongs to it', async () => {
    sink.append(new Uint8Array(100_000));
    expect(await get({ sha256: null })).toBe(digest(contents));
    expect(isWhole()).toBe(true);
    expect(ranges()).toEqual([null]);
  });

  it('without a sha-256 is not put together from parts of which one has no ETag', async () => {
    await get({ sha256: null });
    const etag = etags[0]!;
    sink.truncate(0);
    sink.append(new Uint8Array(100_000));
    hub.fault(`tiny/${path}`, { kind: 'noEtag' });
    expect(await get({ sha256: null, etag })).toBe(digest(contents));
    expect(isWhole()).toBe(true);
    expect(ranges()).toEqual([null, 'bytes=100000-', null]);
  });

  it('that can only begin anew is given up on where it never comes further', async () => {
    hub.fault(`tiny/${path}`, { kind: 'cut', afterBytes: 70_000 });
    const without: typeof fetch = async (input, init) => {
      const { body, status } = await fetch(input, init);
      return new Response(body, { status });
    };
    expect((await errorOf(get({ sha256: null, fetch: without }))).code).toBe('model-file-incomplete');
    expect(new Set(ranges())).toEqual(new Set([null]));
  });

  it('has changed where it has another size between two ranges', async () => {
    sink.append(contents.subarray(0, 100_000));
    hub.serve({ name: 'tiny', files: new Map([[path, contents.slice(0, 200_000)]]) });
    const error = await errorOf(get());
    expect(error.code).toBe('model-changed');
    expect(error.message).toContain(`200000 bytes instead of ${size}`);
    expect(sink.sizeBytes).toBe(0);
  });

  it('has changed where it ends before what is on the disk', async () => {
    sink.append(contents.subarray(0, 100_000));
    hub.serve({ name: 'tiny', files: new Map([[path, contents.slice(0, 50_000)]]) });
    expect((await errorOf(get())).code).toBe('model-changed');
    expect(sink.sizeBytes).toBe(0);
  });

  it('is refused with another sha-256, and nothing of it stays', async () => {
    hub.fault(`tiny/${path}`, { kind: 'damage' });
    const error = await errorOf(get());
    expect(error.code).toBe('model-checksum');
    expect(error.message).toContain(digest(contents).slice(0, 12));
    expect(sink.sizeBytes).toBe(0);
  });

  it('is refused where what is on the disk was damaged', async () => {
    sink.append(new Uint8Array(100_000));
    expect((await errorOf(get())).code).toBe('model-checksum');
    expect(await get()).toBe(digest(contents));
  });

  it('is no page', async () => {
    hub.fault(`tiny/${path}`, { kind: 'html' });
    expect((await errorOf(get())).code).toBe('file-html');
    expect(sink.sizeBytes).toBe(0);
  });

  it('that is not there is named', async () => {
    const url = fileUrl({ endpoint: hub.endpoint, repo: 'tiny' }, 'main', 'other.safetensors');
    const error = await errorOf(get({ url, path: 'tiny/other.safetensors' }));
    expect(error.code).toBe('model-file-missing');
    expect(error.message).toContain('tiny/other.safetensors');
  });
});

describe('a hub in trouble', () => {
  it('that asks to wait is asked again after as long', async () => {
    hub.fault(`tiny/${path}`, { kind: 'status', status: 429, retryAfter: '7', times: 2 });
    expect(await get()).toBe(digest(contents));
    expect(waits.map(({ seconds }) => seconds)).toEqual([7, 7]);
    expect(waits[0]?.why).toContain('429');
  });

  it('that asks for too much patience is given up on at once', async () => {
    hub.fault(`tiny/${path}`, { kind: 'status', status: 429, retryAfter: '3600' });
    expect((await errorOf(get())).code).toBe('hub-busy');
    expect(waits).toEqual([]);
  });

  it('that fails is asked again, ever later', async () => {
    hub.fault(`tiny/${path}`, { kind: 'status', status: 500, times: 3 });
    expect(await get()).toBe(digest(contents));
    expect(waits.map(({ seconds }) => seconds)).toEqual([1, 2, 4]);
  });

  it('that goes on failing is given up on', async () => {
    hub.fault(`tiny/${path}`, { kind: 'status', status: 503 });
    expect((await errorOf(get())).code).toBe('hub-broken');
    expect(waits).toHaveLength(5);
  });

  it('that is not reached is told', async () => {
    const gone = new FakeHub();
    const endpoint = await gone.listen();
    await gone.close();
    const error = await errorOf(get({ url: fileUrl({ endpoint, repo: 'tiny' }, 'main', path) }));
    expect(error.code).toBe('hub-unreachable');
    expect(error.hint).toContain('network');
    expect(waits).toHaveLength(5);
  });

  it('gets the token alone, and no message has it', async () => {
    const token = 'hf_secret';
    hub.serve({ name: 'tiny', files: new Map([[path, contents]]), token });
    const refused = await errorOf(get());
    expect(refused.code).toBe('hub-access');
    const wrong = await errorOf(get({}, 'hf_wrong'));
    expect(wrong.code).toBe('hub-access');
    expect(JSON.stringify([wrong.message, wrong.hint])).not.toContain('hf_wrong');
    expect(await get({}, token)).toBe(digest(contents));
    const other = new FakeHub();
    other.serve({ name: 'tiny', files: new Map([[path, contents]]) });
    await other.listen();
    sink.truncate(0);
    await get({ url: fileUrl({ endpoint: other.endpoint, repo: 'tiny' }, 'main', path) }, token);
    expect(other.requests.map(({ authorization }) => authorization)).toEqual([null, null]);
    await other.close();
  });

  it('gets the token over https, or on this machine', async () => {
    const sent = async (endpoint: string) => {
      const seen: (string | null)[] = [];
      const network = {
        fetch: async (_: unknown, init?: RequestInit) => {
          seen.push(new Headers(init?.headers).get('authorization'));
          return new Response('');
        },
        sleep: noSleep,
        onWait: () => {},
      };
      await hubFetch({ endpoint, token: 'hf_secret' }, network, abort.signal)(`${endpoint}/tiny`);
      return seen;
    };
    expect(await sent('https://mirror.example')).toEqual(['Bearer hf_secret']);
    expect(await sent('http://localhost:8080')).toEqual(['Bearer hf_secret']);
    expect(await sent('http://127.0.0.1:8080')).toEqual(['Bearer hf_secret']);
    expect(await sent('http://mirror.example')).toEqual([null]);
    expect(await sent('http://localhost.example')).toEqual([null]);
  });

  it('is left when the download is paused', async () => {
    hub.fault(`tiny/${path}`, { kind: 'cut', afterBytes: 70_000, times: 1 });
    const paused = new StudioError('download-paused', 'Paused.', 'Go on at any time.');
    const getting = get({
      sleep: async () => abort.abort(paused),
      onBytes: (done) => done > 0 && abort.abort(paused),
    });
    expect(await errorOf(getting)).toBe(paused);
    expect(sink.sizeBytes).toBeGreaterThan(0);
    abort = new AbortController();
    expect(await get()).toBe(digest(contents));
  });
});
