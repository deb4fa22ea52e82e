/**
 * Requests to a model hub: the token goes to the hub alone, a busy or broken server is asked again after a while, and what
 * cannot be had becomes a `StudioError` with the way out. Knows HTTP; nothing of models.
 */
import { StudioError } from '../../errors';

export interface HubAccess {
  /** Without a slash at its end, e.g. `https://huggingface.co`. */
  readonly endpoint: string;
  /** Never in a message, a record or a log. */
  readonly token: string | null;
}

export interface HubNetwork {
  readonly fetch: typeof fetch;
  /** Rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Told before each wait. */
  readonly onWait: (seconds: number, why: string) => void;
}

/** Whether nobody on the way can read a token that is sent there. */
export function isPrivateWay(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === 'https:' || hostname === 'localhost' || hostname === '127.0.0.1';
}

/** Asked again so often before giving up; the waits double from the first. */
export const maximumRetries = 5;
const firstWaitMs = 1000;
/** A server that asks for more patience than this is given up on. */
const longestWaitMs = 120_000;

export const waitBefore = (retry: number) => firstWaitMs * 2 ** retry;

/**
 * A `fetch` for one hub, with the token on a private way only. Resolves with any answer but 401, 403, 429 and 5xx, which throw `hub-access` at once, `hub-busy`
 * and `hub-broken` after `maximumRetries`; no answer at all throws `hub-unreachable`, and a `StudioError` of the network's comes through. Redirects are followed; browsers drop
 * the token where one leads to another origin.
 */
export function hubFetch(
  { endpoint, token }: HubAccess,
  { fetch: send, sleep, onWait }: HubNetwork,
  signal: AbortSignal,
): typeof fetch {
  const { origin } = new URL(endpoint);
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    if (token && url.origin === origin && isPrivateWay(endpoint))
      headers.set('authorization', `Bearer ${token}`);
    for (let retry = 0; ; retry++) {
      let response: Response;
      try {
        response = await send(url, {
          ...init,
          headers,
          signal,
          credentials: 'omit',
          referrerPolicy: 'no-referrer',
        });
      } catch (cause) {
        signal.throwIfAborted();
        if (cause instanceof StudioError) throw cause;
        if (retry >= maximumRetries) throw unreachable(url, cause);
        await wait(waitBefore(retry), `${url.host} does not answer`);
        continue;
      }
      const problem = problemOf(response, url);
      if (!problem) return response;
      await response.body?.cancel();
      const waitMs = retryAfterMs(response) ?? waitBefore(retry);
      if (problem.code === 'hub-access' || retry >= maximumRetries || waitMs > longestWaitMs) throw problem;
      await wait(waitMs, `${url.host} answered ${response.status}`);
    }
  };

  async function wait(ms: number, why: string): Promise<void> {
    onWait(ms / 1000, why);
    await sleep(ms, signal);
  }
}

function unreachable(url: URL, cause: unknown): StudioError {
  return new StudioError(
    'hub-unreachable',
    `${url.host} could not be reached.`,
    'Check the network and the hub’s address. A mirror must allow other pages to read it (CORS). What was downloaded so far is kept: go on with it later.',
    { cause },
  );
}

function problemOf({ status }: Response, { host }: URL): StudioError | null {
  if (status === 401 || status === 403)
    return new StudioError(
      'hub-access',
      `${host} answered ${status}: there is no such model, or it is private or gated.`,
      'Check the name. For a private or gated model enter an access token whose owner may read it, and accept the model’s terms on its page first.',
    );
  if (status === 429)
    return new StudioError(
      'hub-busy',
      `${host} answered 429: too many requests from here.`,
      'Wait a few minutes and go on with the download; an access token raises the limit.',
    );
  if (status >= 500)
    return new StudioError(
      'hub-broken',
      `${host} answered ${status}: it is in trouble.`,
      'Go on with the download later; what is here already is kept.',
    );
  return null;
}

/** The header's seconds or date; null where there is none, or the hub does not let pages read it. */
function retryAfterMs({ headers }: Response): number | null {
  const value = headers.get('retry-after');
  if (value === null) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}
