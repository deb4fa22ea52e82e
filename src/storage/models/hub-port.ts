/**
 * `fetch` through a port: the worker that asks sees data and may reach nobody, the worker that answers may reach the hub and
 * sees no data. Both ends are here. Knows HTTP and messages; nothing of models.
 */
import { StudioError } from '../../errors';

/** As a `Worker`, a `MessagePort` and a worker's own scope have it. */
interface Port {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

type Ask =
  | {
      readonly id: number;
      readonly url: string;
      readonly headers: readonly (readonly [string, string])[];
      readonly cache: RequestCache | undefined;
    }
  | { readonly id: number; readonly isAborted: true };

type Answer =
  | {
      readonly id: number;
      readonly url: string;
      readonly status: number;
      readonly headers: readonly (readonly [string, string])[];
      readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | ArrayBuffer | null;
    }
  | { readonly id: number; readonly failure: string; readonly isBlocked: boolean };

/** How long a refusal by the policy may be told after the request has failed. */
const reportMs = 100;

/**
 * The end that asks nobody else: a `fetch` of GET requests. Rejects with `hub-host-blocked` where the policy of the other end
 * refused a redirect, with a TypeError where there was no answer, with the signal's reason where it is aborted.
 */
export function fetchThrough(port: Port): {
  readonly fetch: typeof fetch;
  /** Rejects all that is waiting. */
  readonly fail: (error: unknown) => void;
} {
  type Waiting = {
    readonly resolve: (response: Response) => void;
    readonly reject: (error: unknown) => void;
  };
  const waiting = new Map<number, Waiting & { readonly host: string }>();
  let asked = 0;
  port.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
    const ask = waiting.get(data.id);
    waiting.delete(data.id);
    if (!ask) return;
    if (!('failure' in data)) ask.resolve(responseOf(data));
    else ask.reject(data.isBlocked ? blocked(ask.host) : new TypeError(data.failure));
  });
  const fetch: typeof globalThis.fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const id = asked++;
    const signal = init?.signal;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      waiting.set(id, { resolve, reject, host: url.host });
      signal?.addEventListener(
        'abort',
        () => {
          port.postMessage({ id, isAborted: true } satisfies Ask);
          waiting.delete(id);
          reject(signal.reason);
        },
        { once: true },
      );
      const headers = [...new Headers(init?.headers)];
      port.postMessage({ id, url: url.href, headers, cache: init?.cache } satisfies Ask);
    });
  };
  return {
    fetch,
    fail: (error) => {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
}

function responseOf({ url, status, headers, body }: Extract<Answer, { readonly status: number }>): Response {
  const response = new Response(body, { status, headers: headers.map(([name, value]) => [name, value]) });
  // Where the file came from in the end: the hub's client tells by it whose ETag it has.
  Object.defineProperty(response, 'url', { value: url });
  return response;
}

function blocked(host: string): StudioError {
  return new StudioError(
    'hub-host-blocked',
    `${host} sends this download on to another host, which is none of the download hosts.`,
    'Add that host under “Access token and mirror”; the browser’s developer tools name it. Many mirrors of huggingface.co send on to `https://*.hf.co`.',
  );
}

/** The end that reaches the hub. `violations` tells of requests that the policy refused. */
export function answerRequests(port: Port, violations: EventTarget, send: typeof fetch = fetch): void {
  const aborts = new Map<number, AbortController>();
  port.addEventListener('message', async ({ data }: MessageEvent<Ask>) => {
    const { id } = data;
    if ('isAborted' in data) {
      aborts.get(id)?.abort();
      return;
    }
    const abort = new AbortController();
    aborts.set(id, abort);
    const refusal = refusalOf(data.url, violations);
    try {
      const response = await send(data.url, {
        headers: data.headers.map(([name, value]) => [name, value]),
        signal: abort.signal,
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        ...(data.cache ? { cache: data.cache } : {}),
      });
      const { url, status, headers } = response;
      const body = isReadWhole(response) ? await response.arrayBuffer() : response.body;
      const answer: Answer = { id, url, status, headers: [...headers], body };
      port.postMessage(answer, body ? [body] : []);
    } catch (error) {
      const isBlocked = !abort.signal.aborted && (await refusal.isThere());
      port.postMessage({ id, failure: String(error), isBlocked } satisfies Answer);
    } finally {
      refusal.end();
    }
  });
}

const mostWhole = 2 ** 20;

/**
 * What is small or a listing goes in one message: a transferred stream is a port that nothing else holds, and such ports were lost where
 * the worker at the other end was busy for seconds (`next-task.ts`).
 */
function isReadWhole({ body, headers }: Response): boolean {
  if (body === null) return false;
  const length = headers.get('content-length');
  if (length !== null) return Number(length) <= mostWhole;
  return /^(text\/|application\/json)/.test(headers.get('content-type') ?? '');
}

/** Whether the policy refused a request to this address: a redirect's target is not told, only whose request it was. */
function refusalOf(url: string, violations: EventTarget) {
  const { origin } = new URL(url);
  let note = () => {};
  const told = new Promise<boolean>((resolve) => {
    note = () => resolve(true);
  });
  const listen = (event: Event) => {
    const { blockedURI = '' } = event as Partial<SecurityPolicyViolationEvent>;
    if (URL.canParse(blockedURI) && new URL(blockedURI).origin === origin) note();
  };
  violations.addEventListener('securitypolicyviolation', listen);
  return {
    isThere: () =>
      Promise.race([told, new Promise<boolean>((resolve) => setTimeout(() => resolve(false), reportMs))]),
    end: () => violations.removeEventListener('securitypolicyviolation', listen),
  };
}
