/**
 * Every request of a browser, seen from outside: a proxy that the whole browser has to use, for this machine's addresses too.
 * Pages, workers, service workers, pictures, preloads and what the browser itself might ask come through here or nowhere.
 */
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Recorder {
  /** For the browser's `proxy`. */
  readonly server: string;
  /** `METHOD address` of what was asked of the allowed origin, in its order. */
  readonly own: readonly string[];
  /** The same of everything else, which was refused; of https and WebSockets only `CONNECT host:port` is seen. */
  readonly foreign: readonly string[];
  readonly close: () => Promise<void>;
}

/** Passes requests for `origin` on, and no others. */
export async function recordRequests(origin: string): Promise<Recorder> {
  const own: string[] = [];
  const foreign: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://proxy.invalid');
    if (url.origin !== origin) {
      foreign.push(`${request.method} ${url}`);
      response.writeHead(403).end();
      return;
    }
    own.push(`${request.method} ${decodeURIComponent(url.pathname)}`);
    const { method, headers } = request;
    const onward = forward(url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  server.on('connect', (request, socket) => {
    foreign.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  server.on('upgrade', (request, socket) => {
    foreign.push(`UPGRADE ${request.url}`);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    own,
    foreign,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
