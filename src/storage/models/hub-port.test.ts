import { afterEach, expect, it } from 'vitest';
import { answerRequests, fetchThrough } from './hub-port';

const ends: MessagePort[] = [];
afterEach(() => {
  for (const port of ends.splice(0)) port.close();
});

/** Both ends, joined as a worker and its maker are. */
function joined(send: typeof fetch, violations = new EventTarget()) {
  const { port1, port2 } = new MessageChannel();
  ends.push(port1, port2);
  for (const port of [port1, port2]) port.start();
  answerRequests(port2, violations, send);
  return fetchThrough(port1);
}

/** What fetch would give for a file that comes in pieces. */
function answered(body: BodyInit | null, url: string, init?: ResponseInit): Response {
  const response = new Response(body, init);
  Object.defineProperty(response, 'url', { value: url });
  return response;
}

it('carries address, headers, status, body and the address it came from', async () => {
  const asked: [string, RequestInit][] = [];
  const { fetch } = joined(async (input, init) => {
    asked.push([String(input), init!]);
    return answered('weights', 'https://cdn.example/file', { status: 206, headers: { etag: '"x"' } });
  });
  const response = await fetch('https://hub.example/file', {
    headers: { range: 'bytes=5-', authorization: 'Bearer t' },
    cache: 'no-store',
  });
  expect(asked).toMatchObject([
    [
      'https://hub.example/file',
      {
        cache: 'no-store',
        credentials: 'omit',
        headers: [
          ['authorization', 'Bearer t'],
          ['range', 'bytes=5-'],
        ],
      },
    ],
  ]);
  expect([response.status, response.url, response.headers.get('etag')]).toEqual([
    206,
    'https://cdn.example/file',
    '"x"',
  ]);
  expect(await response.text()).toBe('weights');
});

it.each([
  ['a listing', { 'content-type': 'application/json; charset=utf-8' }, 'ArrayBuffer'],
  ['a small file', { 'content-type': 'application/octet-stream', 'content-length': '2' }, 'ArrayBuffer'],
  ['a large file', { 'content-type': 'text/plain', 'content-length': '2000000' }, 'ReadableStream'],
  ['a file of unknown length', { 'content-type': 'application/octet-stream' }, 'ReadableStream'],
])('sends %s as what it is read as', async (_, headers, kind) => {
  const { port1, port2 } = new MessageChannel();
  ends.push(port1, port2);
  answerRequests(port2, new EventTarget(), async () => answered('{}', 'https://hub.example/', { headers }));
  port2.start();
  const answer = new Promise<MessageEvent>((resolve) => {
    port1.onmessage = resolve;
  });
  port1.postMessage({ id: 0, url: 'https://hub.example/', headers: [], cache: undefined });
  const { body } = (await answer).data;
  expect(body.constructor.name).toBe(kind);
  expect(await new Response(body).text()).toBe('{}');
});

it('sends no more than is read', async () => {
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      pulled += 1;
      controller.enqueue(new Uint8Array(1000));
    },
  });
  const { fetch } = joined(async () => answered(endless, 'https://hub.example/'));
  const reader = (await fetch('https://hub.example/')).body!.getReader();
  for (let i = 0; i < 5; i++) expect((await reader.read()).value?.byteLength).toBe(1000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(pulled).toBeLessThan(12);
  await reader.cancel();
});

it('passes an abort on, before the answer and in the middle of the body', async () => {
  const signals: AbortSignal[] = [];
  const { fetch } = joined((_, init) => {
    signals.push(init!.signal!);
    return signals.length > 1
      ? Promise.resolve(answered(new ReadableStream(), 'https://hub.example/'))
      : new Promise((_resolve, reject) => {
          init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason));
        });
  });
  const first = new AbortController();
  const waiting = fetch('https://hub.example/', { signal: first.signal });
  const reason = new Error('paused');
  await expect.poll(() => signals.length).toBe(1);
  first.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect.poll(() => signals[0]!.aborted).toBe(true);

  const second = new AbortController();
  await fetch('https://hub.example/', { signal: second.signal });
  second.abort(reason);
  await expect.poll(() => signals[1]!.aborted).toBe(true);
  await expect(fetch('https://hub.example/', { signal: second.signal })).rejects.toBe(reason);
});

it('tells a refusal by the policy from a network that does not answer', async () => {
  const violations = new EventTarget();
  const { fetch } = joined(async (input) => {
    const blockedURI = new URL(String(input)).origin;
    if (String(input).endsWith('refused'))
      violations.dispatchEvent(Object.assign(new Event('securitypolicyviolation'), { blockedURI }));
    throw new TypeError('Failed to fetch');
  }, violations);
  await expect(fetch('https://hub.example/refused')).rejects.toMatchObject({
    code: 'hub-host-blocked',
    message: expect.stringContaining('hub.example'),
  });
  await expect(fetch('https://hub.example/gone')).rejects.toThrow(TypeError);
});
